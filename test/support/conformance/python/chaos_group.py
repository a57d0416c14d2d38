# Members of one consumer group (confluent-kafka) that come and go through whatever happens to the
# brokers, and tell what they own, read and commit.
# Usage: chaos_group.py BOOTSTRAP TOPIC GROUP PROTOCOL SEED     PROTOCOL is classic or consumer
#
# Output, a line each, where a member is a number that is used once:
#   O member partition            the partition is the member's
#   R member partition            the member gives it back
#   L member partition            the member was told that it has lost it
#   P member partition first last records are read, with all offsets from the first to the last
#   C member partition offset     a commit's acknowledgement
#   X member                      the member has left
#   H member                      the member does not close, and is left behind
# Ends when standard input ends. SIGUSR1 writes the stacks of all threads to standard error.

import faulthandler
import itertools
import os
import random
import signal
import sys
import threading
import time

from closing import closes
from confluent_kafka import Consumer, KafkaException

bootstrap, topic, group, protocol, seed = sys.argv[1:6]
faulthandler.register(signal.SIGUSR1)
stopping = threading.Event()
write_lock = threading.Lock()
numbers = itertools.count(1)
members_at_once = 3


def tell(line):
    with write_lock:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def settings():
    common = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "group.protocol": protocol,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 200,
        "socket.timeout.ms": 5000,
        "topic.metadata.refresh.interval.ms": 2000,
        "log_level": 0,
    }
    if protocol == "consumer":
        return common
    strategy = "cooperative-sticky"
    classic = {"session.timeout.ms": 8000, "heartbeat.interval.ms": 1000}
    return {**common, **classic, "partition.assignment.strategy": strategy}


def runs(messages):
    """Offsets that follow one another, in the order in which they came."""
    open_runs = {}
    for message in messages:
        if message.error() is not None:
            continue
        partition, offset = message.partition(), message.offset()
        first, last = open_runs.get(partition, (offset, offset - 1))
        if offset != last + 1:
            yield partition, first, last
            first = offset
        open_runs[partition] = (first, offset)
    for partition, (first, last) in open_runs.items():
        yield partition, first, last


def member(chance):
    number = next(numbers)

    def each(kind):
        def on_change(_, partitions):
            for one in partitions:
                tell(f"{kind} {number} {one.partition}")

        return on_change

    # One at a time: of several, one that is sent again would come after the later ones.
    is_committing = False

    def committed(error, offsets):
        nonlocal is_committing
        is_committing = False
        for result in offsets if error is None else []:
            if result.error is None and result.offset >= 0:
                tell(f"C {number} {result.partition} {result.offset}")

    consumer = Consumer({**settings(), "on_commit": committed})
    consumer.subscribe([topic], on_assign=each("O"), on_revoke=each("R"), on_lost=each("L"))
    ends = time.monotonic() + 5 + 20 * chance.random()
    last_commit = time.monotonic()
    while not stopping.is_set() and time.monotonic() < ends:
        for partition, first, last in runs(consumer.consume(num_messages=500, timeout=0.1)):
            tell(f"P {number} {partition} {first} {last}")
        if not is_committing and time.monotonic() - last_commit > 0.3:
            last_commit = time.monotonic()
            try:
                # Never waited for: one that is under way while all brokers die may never end.
                consumer.commit(asynchronous=True)
                is_committing = True
            except KafkaException:
                # Nothing to commit, a rebalance, or a coordinator that is away.
                pass
    tell(f"{'X' if closes(consumer) else 'H'} {number}")


def members(turn):
    chance = random.Random(f"{seed}/{turn}")
    while not stopping.is_set():
        member(chance)
        time.sleep(chance.random())


threads = [threading.Thread(target=members, args=[turn]) for turn in range(members_at_once)]
for thread in threads:
    thread.start()
sys.stdin.read()
stopping.set()
for thread in threads:
    thread.join()
# Past those that were left behind.
os._exit(0)
