# Reads every partition of a topic from its beginning to where it ends when asked (confluent-kafka, outside
# of any group), while others may go on writing to it. Prints a line a record: partition, offset, key.
# Usage: read_keys.py BOOTSTRAP TOPIC PARTITIONS

import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

bootstrap, topic, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
deadline = time.monotonic() + 120
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "check.crcs": True})
ends = {}
for partition in range(partitions):
    _, ends[partition] = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
unread = {partition for partition, end in ends.items() if end > 0}
consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in unread])
lines = []
while unread:
    if time.monotonic() > deadline:
        sys.exit(f"partitions {unread} were not read to their ends in time")
    for message in consumer.consume(num_messages=5000, timeout=0.5):
        if message.error():
            raise KafkaException(message.error())
        partition, offset = message.partition(), message.offset()
        if partition not in unread:
            continue
        lines.append(b"%d %d %s\n" % (partition, offset, message.key()))
        if offset >= ends[partition] - 1:
            unread.discard(partition)
sys.stdout.buffer.writelines(lines)
consumer.close()
