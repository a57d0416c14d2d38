# A confluent-kafka producer (idempotent, acks=all) and a consumer group of it, at work through whatever
# happens to the brokers, that tell what they sent, were acknowledged, read and committed.
# Usage: chaos_clients.py BOOTSTRAP TOPIC PARTITIONS NAME
#
# Output, a line each:  S partition number            a record is handed over, with the key NAME:number
#                       A partition number offset     its acknowledgement
#                       D partition number            the same, where it is not told the offset
#                       F partition number reason     the producer gave it up
#                       P assignment partition offset key    a record read by the group
#                       C partition offset            a commit's acknowledgement
#                       H                             the consumer does not close, and is left behind
#                       E                             the producer has ended, everything flushed
# Ends when standard input ends. SIGUSR1 writes the stacks of all threads to standard error.

import faulthandler
import os
import signal
import sys
import threading
import time

from closing import closes
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

bootstrap, topic, partitions, name = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
faulthandler.register(signal.SIGUSR1)
stopping = threading.Event()
write_lock = threading.Lock()
payload = b"x" * 300
common = {
    "bootstrap.servers": bootstrap,
    "reconnect.backoff.max.ms": 200,
    "socket.timeout.ms": 5000,
    "topic.metadata.refresh.interval.ms": 2000,
    "log_level": 0,
}


def tell(line):
    with write_lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def delivered(number):
    def on_delivery(error, message):
        if error is None and message.offset() is None:
            tell(f"D {message.partition()} {number}")
        elif error is None:
            tell(f"A {message.partition()} {number} {message.offset()}")
        else:
            tell(f"F {message.partition()} {number} {error.name()}")

    return on_delivery


def produce():
    producer = Producer(
        {
            **common,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 5,
            "compression.type": "lz4",
            # Never give up: the run decides when it is over.
            "message.timeout.ms": 0,
            "queue.buffering.max.messages": 20000,
        }
    )
    number = 0
    while not stopping.is_set():
        for partition in range(partitions):
            key = f"{name}:{number}"
            tell(f"S {partition} {number}")
            while not stopping.is_set():
                try:
                    producer.produce(
                        topic, payload, key, partition, on_delivery=delivered(number)
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
        number += 1
        producer.poll(0)
        time.sleep(0.02)
    producer.flush(30)
    tell("E")


def consume():
    # One at a time: of several, one that is sent again would come after the later ones.
    is_committing = False

    def committed(error, offsets):
        nonlocal is_committing
        is_committing = False
        for result in offsets if error is None else []:
            if result.error is None:
                tell(f"C {result.partition} {result.offset}")

    consumer = Consumer(
        {
            **common,
            "group.id": f"{name}-group",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 10000,
            "on_commit": committed,
        }
    )
    assignment = 0

    def assigned(_, __):
        nonlocal assignment
        assignment += 1

    consumer.subscribe([topic], on_assign=assigned, on_revoke=assigned, on_lost=assigned)
    last_commit = time.monotonic()
    while not stopping.is_set():
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            key = message.key().decode()
            tell(f"P {assignment} {message.partition()} {message.offset()} {key}")
        if not is_committing and time.monotonic() - last_commit > 0.5:
            last_commit = time.monotonic()
            try:
                # Never waited for: one that is under way while all brokers die may never end.
                consumer.commit(asynchronous=True)
                is_committing = True
            except KafkaException:
                # Nothing to commit, or a coordinator that is away: the next turn tries again.
                pass
    if not closes(consumer):
        tell("H")


threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
for thread in threads:
    thread.start()
sys.stdin.read()
stopping.set()
for thread in threads:
    thread.join()
# Past a consumer that was left behind.
os._exit(0)
