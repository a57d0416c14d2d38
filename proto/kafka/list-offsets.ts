// ListOffsets (key 2): the offset at a timestamp or at an end of the log, of many partitions.
// KIP-98 isolation (v2), KIP-320 leader epochs (v4), KIP-734 max timestamp (v7), KIP-405 local log
// start (v8), KIP-1005 last tiered offset (v9), KIP-1075 timeout (v10), KIP-1023 earliest pending
// upload (v11).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, int64, saturatedInt64, string } from '../wire/types.ts'

export const listOffsetsRequest = message(
  { name: 'ListOffsetsRequest', versions: '1-11', flexible: '6+' },
  {
    replicaId: int32,
    isolationLevel: field(int8, { since: 2 }),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: field(int32, { since: 4, default: -1, ignorable: true }),
        // Below 0 an end of the log: -1 latest, -2 earliest, -3 that of the largest timestamp, -4
        // earliest on local disk, -5 last tiered, -6 earliest not yet tiered.
        timestamp: saturatedInt64,
      }),
    }),
    timeoutMs: field(int32, { since: 10, ignorable: true }),
  },
)

export const listOffsetsResponse = message(
  { name: 'ListOffsetsResponse', versions: '1-11', flexible: '6+' },
  {
    throttleTimeMs: field(int32, { since: 2, ignorable: true }),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: field(int64, { default: -1 }),
        offset: field(int64, { default: -1 }),
        leaderEpoch: field(int32, { since: 4, default: -1, ignorable: true }),
      }),
    }),
  },
)
