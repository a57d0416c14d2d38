// AddOffsetsToTxn (key 25): tells the coordinator that a transaction will commit offsets of a
// group. KIP-98, KIP-588 PRODUCER_FENCED (v2), KIP-890 abortable errors (v4).

import { message } from '../wire/message.ts'
import { field, int16, int32, int64, string } from '../wire/types.ts'

export const addOffsetsToTxnRequest = message(
  { name: 'AddOffsetsToTxnRequest', versions: '0-4', flexible: '3+' },
  {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
)

export const addOffsetsToTxnResponse = message(
  { name: 'AddOffsetsToTxnResponse', versions: '0-4', flexible: '3+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
  },
)
