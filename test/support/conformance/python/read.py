# Reads a topic with confluent-kafka in a consumer group until `count` records have come, commits, and
# writes them to standard output in the frames of records.ts.
# Usage: read.py BOOTSTRAP TOPIC GROUP COUNT

import sys
import time

from confluent_kafka import Consumer, KafkaException

bootstrap, topic, group, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
deadline = time.monotonic() + 120
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "check.crcs": True,
    }
)
consumer.subscribe([topic])
out = sys.stdout.buffer
received = 0
while received < count:
    if time.monotonic() > deadline:
        sys.exit(f"read {received} of {count} records in time")
    for message in consumer.consume(num_messages=1000, timeout=0.5):
        if message.error():
            raise KafkaException(message.error())
        out.write(b"%d\x1f%d\x1f" % (message.partition(), message.offset()))
        out.write(message.key() + b"\x1f" + message.value() + b"\x1e")
        received += 1
# Says "no offset stored" when nothing was read.
if received > 0:
    consumer.commit(asynchronous=False)
consumer.close()
