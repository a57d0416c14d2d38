// AddPartitionsToTxn (key 24): tells the coordinator which partitions a transaction writes to.
// KIP-98; KIP-890 several transactions and verify-only, from broker to coordinator (v4), abortable
// errors (v5).

import { message } from '../wire/message.ts'
import { array, boolean, field, int16, int32, int64, string } from '../wire/types.ts'

const addPartitionsToTxnTopic = {
  name: string,
  partitions: array(int32),
}

export const addPartitionsToTxnRequest = message(
  { name: 'AddPartitionsToTxnRequest', versions: '0-5', flexible: '3+' },
  {
    transactions: field(
      array({
        transactionalId: string,
        producerId: int64,
        producerEpoch: int16,
        // Asks whether the partitions are in the transaction and adds none.
        verifyOnly: field(boolean),
        topics: array(addPartitionsToTxnTopic),
      }),
      { since: 4 },
    ),
    v3AndBelowTransactionalId: field(string, { until: 3 }),
    v3AndBelowProducerId: field(int64, { until: 3 }),
    v3AndBelowProducerEpoch: field(int16, { until: 3 }),
    v3AndBelowTopics: field(array(addPartitionsToTxnTopic), { until: 3 }),
  },
)

const addPartitionsToTxnTopicResult = {
  name: string,
  resultsByPartition: array({
    partitionIndex: int32,
    partitionErrorCode: int16,
  }),
}

export const addPartitionsToTxnResponse = message(
  { name: 'AddPartitionsToTxnResponse', versions: '0-5', flexible: '3+' },
  {
    throttleTimeMs: field(int32),
    errorCode: field(int16, { since: 4, ignorable: true }),
    resultsByTransaction: field(
      array({
        transactionalId: string,
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: field(array(addPartitionsToTxnTopicResult), { until: 3 }),
  },
)
