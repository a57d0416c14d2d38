// DescribeTransactions (key 65): the state of transactional ids at their coordinator. KIP-664.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, int64, string } from '../wire/types.ts'

export const describeTransactionsRequest = message(
  { name: 'DescribeTransactionsRequest', versions: '0', flexible: '0+' },
  {
    transactionalIds: array(string),
  },
)

export const describeTransactionsResponse = message(
  { name: 'DescribeTransactionsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    transactionStates: array({
      errorCode: int16,
      transactionalId: string,
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int64,
      producerId: int64,
      producerEpoch: int16,
      topics: array({
        topic: string,
        partitions: array(int32),
      }),
    }),
  },
)
