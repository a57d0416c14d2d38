# What confluent-kafka (librdkafka) does with a broker: admin, producer and groups, step by step.
# Usage: matrix.py BOOTSTRAP
# Prints "ok NAME" or "not ok NAME: reason" for each step, and "1..N" at the end; exits 0 when it got there.

import sys
import time
import traceback

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    ConsumerGroupTopicPartitions,
    ConsumerGroupState,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

bootstrap = sys.argv[1]
admin = AdminClient({"bootstrap.servers": bootstrap})
steps = []


def step(function):
    steps.append(function)
    return function


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def within(seconds, what, probe):
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")


def result(futures):
    return {key: future.result(30) for key, future in futures.items()}


def create(topic, partitions, **config):
    settings = {name.replace("_", "."): value for name, value in config.items()}
    result(admin.create_topics([NewTopic(topic, partitions, -1, config=settings)]))
    within(10, "the topic", lambda: topic in admin.list_topics(timeout=10).topics)


def produce(topic, values, partition=0, **config):
    settings = {name.replace("_", "."): value for name, value in config.items()}
    producer = Producer({"bootstrap.servers": bootstrap, **settings})
    reports = []
    for value in values:
        producer.produce(
            topic, value, partition=partition, on_delivery=lambda error, m: reports.append((error, m))
        )
    expect(producer.flush(30), 0)
    for error, _ in reports:
        if error is not None:
            raise KafkaException(error)
    return [message.offset() for _, message in reports]


def consumer(group, **config):
    settings = {name.replace("_", "."): value for name, value in config.items()}
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 10000,
            "check.crcs": True,
            **settings,
        }
    )


def poll(member, count, seconds=30):
    messages = []
    deadline = time.monotonic() + seconds
    while len(messages) < count and time.monotonic() < deadline:
        message = member.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        messages.append(message)
    expect(len(messages), count)
    return messages


def assigned(members, counts):
    """Polls all members until they hold as many partitions as wanted."""

    def probe():
        for member in members:
            member.poll(0.1)
        return sorted(len(member.assignment()) for member in members) == sorted(counts)

    within(60, f"assignments of {counts}", probe)


@step
def creates_widens_and_deletes_topics():
    create("py-made", 2)
    result(admin.create_partitions([NewPartitions("py-made", 5)]))
    described = within(
        10,
        "five partitions",
        lambda: len(admin.list_topics("py-made", timeout=10).topics["py-made"].partitions) == 5,
    )
    expect(described, True)
    result(admin.delete_topics(["py-made"]))
    within(10, "the topic to go", lambda: "py-made" not in admin.list_topics(timeout=10).topics)


@step
def refuses_a_topic_that_exists():
    create("py-once", 1)
    try:
        create("py-once", 1)
    except KafkaException as exception:
        expect(exception.args[0].name(), "TOPIC_ALREADY_EXISTS")
        return
    raise AssertionError("created twice")


@step
def describes_the_cluster():
    cluster = admin.describe_cluster().result(30)
    nodes = sorted((node.id, f"{node.host}:{node.port}") for node in cluster.nodes)
    expect(nodes, list(enumerate(bootstrap.split(","), 1)))
    expect(len(cluster.cluster_id), 22)


@step
def describes_and_alters_configs():
    create("py-configured", 1, retention_ms="5000")
    resource = ConfigResource(ResourceType.TOPIC, "py-configured")
    described = result(admin.describe_configs([resource]))[resource]
    expect(described["retention.ms"].value, "5000")
    expect(described["cleanup.policy"].is_default, True)
    change = ConfigEntry("retention.ms", "6000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(
        ResourceType.TOPIC, "py-configured", incremental_configs=[change]
    )
    result(admin.incremental_alter_configs([resource]))
    resource = ConfigResource(ResourceType.TOPIC, "py-configured")
    # Another broker may answer, and hear of it a moment later.
    within(
        10,
        "the change",
        lambda: result(admin.describe_configs([resource]))[resource]["retention.ms"].value
        == "6000",
    )


@step
def produces_in_each_compression_and_reads_back():
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
        topic = f"py-{codec}"
        create(topic, 1)
        values = [b"%d:" % n + b"x" * 300 for n in range(500)]
        offsets = produce(topic, values, enable_idempotence=True, compression_type=codec)
        expect(offsets, list(range(500)))
        reader = consumer("py-unused")
        reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        messages = poll(reader, 500)
        expect([m.value() for m in messages], values)
        expect([m.offset() for m in messages], list(range(500)))
        reader.close()


@step
def produces_with_each_acks():
    for acks in ["all", "1", "0"]:
        topic = f"py-acks-{acks}"
        create(topic, 1)
        produce(topic, [b"%d" % n for n in range(20)], acks=acks)
        reader = consumer("py-unused")
        reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        expect([m.value() for m in poll(reader, 20)], [b"%d" % n for n in range(20)])
        reader.close()


@step
def refuses_a_record_that_is_too_large():
    create("py-small", 1, max_message_bytes="1000")
    try:
        produce("py-small", [b"x" * 2000])
    except KafkaException as exception:
        expect(exception.args[0].name(), "MSG_SIZE_TOO_LARGE")
        return
    raise AssertionError("took a record larger than max.message.bytes")


@step
def finds_offsets():
    create("py-timed", 1)
    before = int(time.time() * 1000) - 1000
    produce("py-timed", [b"a", b"b", b"c"])
    partition = TopicPartition("py-timed", 0)
    reader = consumer("py-unused")
    expect(reader.get_watermark_offsets(partition, timeout=10), (0, 3))
    at = reader.offsets_for_times([TopicPartition("py-timed", 0, before)], timeout=10)
    expect([entry.offset for entry in at], [0])
    late = reader.offsets_for_times([TopicPartition("py-timed", 0, before + 3600000)], timeout=10)
    expect([entry.offset for entry in late], [OFFSET_END])
    reader.close()
    for spec, offset in [
        (OffsetSpec.earliest(), 0),
        (OffsetSpec.latest(), 3),
        (OffsetSpec.max_timestamp(), None),
    ]:
        listed = result(admin.list_offsets({partition: spec}))[partition]
        if offset is not None:
            expect(listed.offset, offset)
        else:
            expect(0 <= listed.offset < 3, True)


@step
def deletes_records():
    create("py-trimmed", 1)
    produce("py-trimmed", [b"a", b"b", b"c", b"d"])
    partition = TopicPartition("py-trimmed", 0, 3)
    deleted = list(result(admin.delete_records([partition])).values())
    expect(deleted[0].low_watermark, 3)


@step
def shares_partitions_eagerly():
    shares_partitions("range")


@step
def shares_partitions_cooperatively():
    shares_partitions("cooperative-sticky")


def shares_partitions(strategy):
    topic = f"py-shared-{strategy}"
    create(topic, 4)
    config = {"partition_assignment_strategy": strategy}
    first, second = consumer(f"g-{strategy}", **config), consumer(f"g-{strategy}", **config)
    first.subscribe([topic])
    assigned([first], [4])
    second.subscribe([topic])
    assigned([first, second], [2, 2])
    group = result(admin.describe_consumer_groups([f"g-{strategy}"]))[f"g-{strategy}"]
    expect(group.state, ConsumerGroupState.STABLE)
    expect(group.partition_assignor, strategy)
    expect(len(group.members), 2)
    for partition in range(4):
        produce(topic, [b"a", b"b"], partition)
    expect(len(poll(first, 4)) + len(poll(second, 4)), 8)
    first.commit(asynchronous=False)
    second.commit(asynchronous=False)
    second.close()
    assigned([first], [4])
    committed = first.committed([TopicPartition(topic, p) for p in range(4)], timeout=10)
    expect([entry.offset for entry in committed], [2, 2, 2, 2])
    first.close()
    listed = admin.list_consumer_groups().result(30).valid
    expect(f"g-{strategy}" in [entry.group_id for entry in listed], True)
    result(admin.delete_consumer_groups([f"g-{strategy}"]))


@step
def keeps_the_place_of_a_static_member():
    create("py-static", 2)
    config = {"group_instance_id": "instance-1"}
    first = consumer("g-static", **config)
    first.subscribe(["py-static"])
    assigned([first], [2])
    # A static member does not leave the group when it closes.
    first.close()
    group = result(admin.describe_consumer_groups(["g-static"]))["g-static"]
    expect([member.group_instance_id for member in group.members], ["instance-1"])
    started = time.monotonic()
    again = consumer("g-static", **config)
    again.subscribe(["py-static"])
    assigned([again], [2])
    # Had the group to rebalance, it would wait for the first member's session of ten seconds.
    expect(time.monotonic() - started < 9, True)
    again.close()


@step
def alters_and_lists_the_offsets_of_a_group():
    create("py-offsets", 2)
    offsets = [TopicPartition("py-offsets", 0, 7), TopicPartition("py-offsets", 1, 9)]
    request = ConsumerGroupTopicPartitions("g-altered", offsets)
    result(admin.alter_consumer_group_offsets([request]))
    asked = ConsumerGroupTopicPartitions("g-altered")
    listed = result(admin.list_consumer_group_offsets([asked]))["g-altered"]
    pairs = sorted((entry.partition, entry.offset) for entry in listed.topic_partitions)
    expect(pairs, [(0, 7), (1, 9)])


@step
def pauses_seeks_and_resumes():
    create("py-seek", 1)
    produce("py-seek", [b"%d" % n for n in range(10)])
    reader = consumer("g-seek")
    reader.subscribe(["py-seek"])
    expect([m.value() for m in poll(reader, 3)], [b"0", b"1", b"2"])
    partition = TopicPartition("py-seek", 0)
    reader.pause([partition])
    expect(reader.poll(0.5), None)
    reader.resume([partition])
    reader.seek(TopicPartition("py-seek", 0, 8))
    expect([m.value() for m in poll(reader, 2)], [b"8", b"9"])
    reader.close()


@step
def creates_the_topic_it_writes_to():
    expect(produce("py-made-on-the-way", [b"first"]), [0])


for function in steps:
    name = function.__name__
    try:
        function()
        print(f"ok {name}", flush=True)
    except Exception as exception:
        reason = f"{type(exception).__name__}: {exception}".replace("\n", " ")
        print(f"not ok {name}: {reason}", flush=True)
        traceback.print_exc()
print(f"1..{len(steps)}", flush=True)
