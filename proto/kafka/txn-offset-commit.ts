// TxnOffsetCommit (key 28): commits offsets of a group as a part of a transaction. KIP-98, KIP-320
// leader epoch (v2), KIP-447 member and generation (v3), KIP-890 abortable errors (v4) and
// implicit AddOffsetsToTxn (v5).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, nullable, string } from '../wire/types.ts'

export const txnOffsetCommitRequest = message(
  { name: 'TxnOffsetCommitRequest', versions: '0-5', flexible: '3+' },
  {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: field(int32, { since: 3, default: -1 }),
    memberId: field(string, { since: 3 }),
    groupInstanceId: field(nullable(string), { since: 3, default: null }),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: field(int32, { since: 2, default: -1, ignorable: true }),
        committedMetadata: nullable(string),
      }),
    }),
  },
)

export const txnOffsetCommitResponse = message(
  { name: 'TxnOffsetCommitResponse', versions: '0-5', flexible: '3+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
)
