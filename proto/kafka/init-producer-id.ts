// InitProducerId (key 22): a producer id and epoch, and the fencing of older producers of the same
// transactional id. KIP-98, KIP-360 recovery by the producer itself (v3), KIP-588 PRODUCER_FENCED
// (v4), KIP-890 abortable errors (v5).

import { message } from '../wire/message.ts'
import { field, int16, int32, int64, nullable, string } from '../wire/types.ts'

export const initProducerIdRequest = message(
  { name: 'InitProducerIdRequest', versions: '0-5', flexible: '2+' },
  {
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    // The id and epoch that a producer wants to go on with, or -1 (KIP-360).
    producerId: field(int64, { since: 3, default: -1 }),
    producerEpoch: field(int16, { since: 3, default: -1 }),
  },
)

export const initProducerIdResponse = message(
  { name: 'InitProducerIdResponse', versions: '0-5', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    producerId: field(int64, { default: -1 }),
    producerEpoch: int16,
  },
)
