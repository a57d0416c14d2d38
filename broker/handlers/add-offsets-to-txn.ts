// AddOffsetsToTxn (key 25), versions 0-4: a transaction is going to commit offsets of a group: the
// partition of `__consumer_offsets` that keeps them becomes a part of it (KIP-98). KIP-588
// PRODUCER_FENCED (v2). Differs from Kafka: nothing known.

import { offsetsTopic } from '@samsa/controller/topic-names'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { fencedError } from './shared/fenced-error.ts'

const fencedSince = 2

export const addOffsetsToTxn: Handler<'addOffsetsToTxn'> = async (request, services, context) => {
  const { groupId, ...producer } = request
  if (groupId === '') return { errorCode: errorCodes.INVALID_GROUP_ID }
  const partitions = new Map([[offsetsTopic, new Set([services.groups.partitionFor(groupId)])]])
  const error = await services.transactions.addPartitions({ ...producer, partitions })
  return { errorCode: errorCodes[context.apiVersion >= fencedSince ? error : fencedError(error)] }
}
