// DescribeQuorum (key 55): leader, voters and observers of the controller quorum and how far each
// has come. KIP-595, KIP-836 fetch times (v1), KIP-853 directory ids and endpoints (v2).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, nullable, string, uint16, uuid } from '../wire/types.ts'

export const describeQuorumRequest = message(
  { name: 'DescribeQuorumRequest', versions: '0-2', flexible: '0+' },
  {
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
)

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: field(uuid, { since: 2, ignorable: true }),
  logEndOffset: int64,
  lastFetchTimestamp: field(int64, { since: 1, default: -1, ignorable: true }),
  lastCaughtUpTimestamp: field(int64, { since: 1, default: -1, ignorable: true }),
}

export const describeQuorumResponse = message(
  { name: 'DescribeQuorumResponse', versions: '0-2', flexible: '0+' },
  {
    errorCode: int16,
    errorMessage: field(nullable(string), { since: 2, ignorable: true }),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: field(nullable(string), { since: 2, ignorable: true }),
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: int64,
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: field(
      array({
        nodeId: int32,
        listeners: array({
          name: string,
          host: string,
          port: uint16,
        }),
      }),
      { since: 2, ignorable: true },
    ),
  },
)
