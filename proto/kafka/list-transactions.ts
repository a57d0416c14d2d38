// ListTransactions (key 66): the transactions that this broker coordinates. KIP-664, KIP-994
// filter by duration (v1), KIP-1152 by pattern of the transactional id (v2).

import { message } from '../wire/message.ts'
import {
  array,
  field,
  int16,
  int32,
  int64,
  nullable,
  saturatedInt64,
  string,
} from '../wire/types.ts'

export const listTransactionsRequest = message(
  { name: 'ListTransactionsRequest', versions: '0-2', flexible: '0+' },
  {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    // In ms: only transactions that have run longer. Below 0: all.
    durationFilter: field(saturatedInt64, { since: 1, default: -1 }),
    transactionalIdPattern: field(nullable(string), { since: 2, default: null }),
  },
)

export const listTransactionsResponse = message(
  { name: 'ListTransactionsResponse', versions: '0-2', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({
      transactionalId: string,
      producerId: int64,
      transactionState: string,
    }),
  },
)
