# Reads a topic and writes each record to another one, in transactions of which every third is aborted
# and done again (confluent-kafka). Ends when all of the input is through.
# Usage: transact.py BOOTSTRAP INPUT OUTPUT COUNT

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer

bootstrap, source, target, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
deadline = time.monotonic() + 150
timeout = 30
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": f"transact-{target}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
)
consumer.subscribe([source])
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"transact-{target}"})
producer.init_transactions(timeout)


def transact(messages, commits):
    producer.begin_transaction()
    for message in messages:
        producer.produce(target, key=message.key(), value=message.value())
    positions = consumer.position(consumer.assignment())
    producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), timeout)
    if commits:
        producer.commit_transaction(timeout)
    else:
        producer.abort_transaction(timeout)


done = 0
turn = 0
while done < count:
    if time.monotonic() > deadline:
        sys.exit(f"{done} of {count} records in time")
    messages = consumer.consume(num_messages=100, timeout=0.5)
    for message in messages:
        if message.error():
            raise KafkaException(message.error())
    if not messages:
        continue
    turn += 1
    if turn % 3 == 0:
        transact(messages, commits=False)
    transact(messages, commits=True)
    done += len(messages)
consumer.close()
