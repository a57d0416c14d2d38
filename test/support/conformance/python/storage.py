"""The storage API by grpcio, from the .proto file alone: storage.py ADDRESS PROTO TOPIC.

Prints what it saw as one line of JSON.
"""

import json
import sys
import tempfile

import grpc
from grpc_tools import protoc

address, proto, topic = sys.argv[1:4]

with tempfile.TemporaryDirectory() as out:
    folder, _, name = proto.rpartition("/")
    if protoc.main(["", f"-I{folder}", f"--python_out={out}", f"--grpc_python_out={out}", name]):
        sys.exit("protoc failed")
    sys.path.insert(0, out)
    import storage_pb2 as api
    import storage_pb2_grpc

    channel = grpc.insecure_channel(address)
    storage = storage_pb2_grpc.StorageStub(channel)
    producer = storage.InitProducer(api.InitProducerRequest())

    def append(sequence):
        return api.AppendRequest(
            topic=topic,
            records=api.Records(
                records=[api.Record(key=b"k", value=f"v{sequence}".encode())],
                producer=api.Producer(
                    id=producer.producer_id,
                    epoch=producer.producer_epoch,
                    base_sequence=sequence,
                ),
            ),
        )

    def stream():
        # Each is sent twice: the second time it is known already.
        for sequence in range(100):
            for attempt in range(2):
                one = api.StreamAppend(id=2 * sequence + attempt, append=append(sequence))
                yield api.AppendStreamRequest(appends=[one])

    offsets = {}
    for response in storage.AppendStream(stream()):
        for result in response.results:
            offsets[result.id] = result.appended.base_offset

    values = []
    reading = storage.Read(api.ReadRequest(topic=topic))
    for response in reading:
        values += [record.value.decode() for record in response.records]
        if len(values) >= 100:
            reading.cancel()
            break

    latest = api.OffsetQuery(partition=0, position=api.POSITION_LATEST)
    listed = storage.ListOffsets(api.ListOffsetsRequest(topic=topic, partitions=[latest]))

    try:
        storage.Append(append(500))
        failure = None
    except grpc.RpcError as error:
        [details] = [
            value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"
        ]
        # The Failure is in a google.protobuf.Any in a google.rpc.Status: its name is in there.
        failure = [error.code().name, b"OUT_OF_ORDER_SEQUENCE_NUMBER" in details]

    print(
        json.dumps(
            {
                "offsets": [offsets[id] for id in sorted(offsets)],
                "values": values,
                "latest": listed.partitions[0].offset,
                "failure": failure,
            }
        )
    )
