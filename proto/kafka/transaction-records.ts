// The records of __transaction_state in Kafka's own format: a transactional id, and where its
// producer and its transaction stand. Both start with an int16, the type 0 of a key and the
// version of a value; encodeVersioned and decodeVersioned of versioned.ts handle it.

import { message } from '../wire/message.ts'
import { array, int8, int16, int32, int64, nullable, string, tagged } from '../wire/types.ts'

export const transactionLogKey = message(
  { name: 'TransactionLogKey', versions: '0', flexible: 'none' },
  {
    transactionalId: string,
  },
)

const valueIsIn = { name: 'TransactionLogValue', versions: '0-1', flexible: '1+' } as const

const valueFields = {
  producerId: int64,
  previousProducerId: tagged(0, int64, { since: 1, default: -1 }),
  nextProducerId: tagged(1, int64, { since: 1, default: -1 }),
  producerEpoch: int16,
  nextProducerEpoch: tagged(3, int16, { since: 1, default: -1 }),
  transactionTimeoutMs: int32,
  // 0: empty; 1: ongoing; 2: prepare commit; 3: prepare abort; 4: complete commit; 5: complete
  // abort; 6: dead; 7: prepare epoch fence.
  transactionStatus: int8,
  transactionPartitions: nullable(
    array({
      topic: string,
      partitionIds: array(int32),
    }),
  ),
  transactionLastUpdateTimestampMs: int64,
  transactionStartTimestampMs: int64,
  clientTransactionVersion: tagged(2, int16, { since: 1 }),
} as const

export const transactionLogValue = message(valueIsIn, valueFields)

/** With a tagged field of our own, far away from Kafka's; whoever does not know it passes it over. */
export const ownTransactionLogValue = message(valueIsIn, {
  ...valueFields,
  // The epoch before, where its producer may ask again for the one it was given (KIP-360).
  lastProducerEpoch: tagged(10_000, int16, { since: 1, default: -1 }),
})
