// DescribeTransactions (key 65), version 0: where the transactions of transactional ids stand, from
// their coordinator (KIP-664). Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

export const describeTransactions: Handler<'describeTransactions'> = async (request, services) => {
  const states = request.transactionalIds.map(async (transactionalId) => {
    const found = await services.transactions.describe(transactionalId)
    if (typeof found === 'string') {
      return {
        errorCode: errorCodes[found],
        transactionalId,
        transactionState: '',
        transactionTimeoutMs: 0,
        transactionStartTimeMs: 0,
        producerId: 0,
        producerEpoch: 0,
        topics: [],
      }
    }
    return {
      errorCode: errorCodes.NONE,
      transactionalId,
      transactionState: found.state,
      transactionTimeoutMs: found.timeoutMs,
      transactionStartTimeMs: found.startMs,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      topics: Array.from(found.partitions, ([topic, partitions]) => ({
        topic,
        partitions: [...partitions],
      })),
    }
  })
  return { transactionStates: await Promise.all(states) }
}
