// EndTxn (key 26): commits or aborts a transaction. KIP-98, KIP-588 PRODUCER_FENCED (v2), KIP-890
// abortable errors (v4) and a new epoch in the response (v5).

import { message } from '../wire/message.ts'
import { boolean, field, int16, int32, int64, string } from '../wire/types.ts'

export const endTxnRequest = message(
  { name: 'EndTxnRequest', versions: '0-5', flexible: '3+' },
  {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    // True commits, false aborts.
    committed: boolean,
  },
)

export const endTxnResponse = message(
  { name: 'EndTxnResponse', versions: '0-5', flexible: '3+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    producerId: field(int64, { since: 5, default: -1, ignorable: true }),
    producerEpoch: field(int16, { since: 5, default: -1, ignorable: true }),
  },
)
