# Produces numbered records for as long as it is let (confluent-kafka, idempotent, acks=all) and commits
# offsets for a group all the while, through any number of broker crashes. Tells what was acknowledged.
# Usage: produce_and_commit.py BOOTSTRAP TOPIC PARTITIONS GROUP
#
# Output, a line each:  A partition number offset   the record's acknowledgement
#                       C partition offset          the commit's acknowledgement
#                       E                           all that was sent is acknowledged; the end
# Ends when standard input ends. Any other failure ends it with a reason on standard error.

import os
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

bootstrap, topic, partitions, group = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
stopping = threading.Event()
write_lock = threading.Lock()
payload = b"x" * 200
# Some thousand records a second: enough to be in the middle of a batch at any time, few enough to read the
# whole topic again after each crash.
records_per_turn = 10
seconds_per_turn = 0.02


def tell(line):
    with write_lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def fail(reason):
    print(reason, file=sys.stderr, flush=True)
    # A thread cannot end the program by sys.exit.
    os._exit(1)


def acknowledged(number):
    def on_delivery(error, message):
        if error is not None:
            fail(f"record {number} of partition {message.partition()} was given up: {error}")
        tell(f"A {message.partition()} {number} {message.offset()}")

    return on_delivery


def produce():
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 2,
            "compression.type": "lz4",
            # Never give up: the test decides when it is over.
            "message.timeout.ms": 0,
            "reconnect.backoff.max.ms": 200,
            "queue.buffering.max.messages": 20000,
        }
    )
    number = 0
    while not stopping.is_set():
        for _ in range(records_per_turn):
            for partition in range(partitions):
                key = b"%d:%d" % (partition, number)
                while True:
                    try:
                        producer.produce(
                            topic, payload, key, partition, on_delivery=acknowledged(number)
                        )
                        break
                    except BufferError:
                        producer.poll(0.1)
            number += 1
        producer.poll(0)
        time.sleep(seconds_per_turn)
    left = producer.flush(120)
    if left > 0:
        fail(f"{left} records were never acknowledged")


def commit():
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "reconnect.backoff.max.ms": 200,
        }
    )
    offset = 0
    while not stopping.is_set():
        offset += 1
        offsets = [TopicPartition(topic, partition, offset) for partition in range(partitions)]
        while not stopping.is_set():
            try:
                for result in consumer.commit(offsets=offsets, asynchronous=False):
                    if result.error is not None:
                        raise KafkaException(result.error)
                    tell(f"C {result.partition} {result.offset}")
                break
            except KafkaException:
                # The broker is down or coming up: the same offsets are committed again.
                time.sleep(0.05)
        time.sleep(seconds_per_turn)
    consumer.close()


threads = [threading.Thread(target=produce), threading.Thread(target=commit)]
for thread in threads:
    thread.start()
sys.stdin.read()
stopping.set()
for thread in threads:
    thread.join()
tell("E")
