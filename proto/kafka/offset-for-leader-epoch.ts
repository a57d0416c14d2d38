// OffsetForLeaderEpoch (key 23): where an epoch ends in the leader's log, to find where logs part.
// KIP-101, KIP-279, KIP-320 for consumers (v3).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, string } from '../wire/types.ts'

export const offsetForLeaderEpochRequest = message(
  { name: 'OffsetForLeaderEpochRequest', versions: '2-4', flexible: '4+' },
  {
    // -1: consumer; -2: debugging, which may see past the high watermark.
    replicaId: field(int32, { since: 3, default: -2, ignorable: true }),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: field(int32, { default: -1 }),
        leaderEpoch: int32,
      }),
    }),
  },
)

export const offsetForLeaderEpochResponse = message(
  { name: 'OffsetForLeaderEpochResponse', versions: '2-4', flexible: '4+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: field(int32, { default: -1 }),
        endOffset: field(int64, { default: -1 }),
      }),
    }),
  },
)
