// Produce (key 0): appends record batches to partitions. KIP-98 transactions and idempotence,
// KIP-110 zstd (v7), KIP-467 record errors (v8), KIP-951 leader hints (v10), KIP-890 implicit
// AddPartitionsToTxn (v12), KIP-516 topic ids instead of names (v13).

import { message } from '../wire/message.ts'
import {
  array,
  field,
  int16,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  tagged,
  uuid,
} from '../wire/types.ts'

export const produceRequest = message(
  { name: 'ProduceRequest', versions: '3-13', flexible: '9+' },
  {
    transactionalId: field(nullable(string), { default: null }),
    // 0: no response at all; 1: the leader has the records; -1: all in-sync replicas have them.
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: field(string, { until: 12, ignorable: true }),
      topicId: field(uuid, { since: 13, ignorable: true }),
      partitionData: array({
        index: int32,
        records: nullable(records),
      }),
    }),
  },
)

export const produceResponse = message(
  { name: 'ProduceResponse', versions: '3-13', flexible: '9+' },
  {
    responses: array({
      name: field(string, { until: 12, ignorable: true }),
      topicId: field(uuid, { since: 13, ignorable: true }),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        // The time the broker gave the records, or -1 where they keep the time of the producer.
        logAppendTimeMs: field(int64, { default: -1 }),
        logStartOffset: field(int64, { since: 5, default: -1, ignorable: true }),
        recordErrors: field(
          array({
            batchIndex: int32,
            batchIndexErrorMessage: field(nullable(string), { default: null }),
          }),
          { since: 8, ignorable: true },
        ),
        errorMessage: field(nullable(string), { since: 8, default: null, ignorable: true }),
        currentLeader: tagged(
          0,
          struct({
            leaderId: field(int32, { default: -1 }),
            leaderEpoch: field(int32, { default: -1 }),
          }),
          { since: 10 },
        ),
      }),
    }),
    throttleTimeMs: field(int32),
    nodeEndpoints: tagged(
      0,
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: field(nullable(string), { default: null }),
      }),
      { since: 10 },
    ),
  },
)
