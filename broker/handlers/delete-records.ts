// DeleteRecords (key 21), versions 0-2: moves the start of partitions forward (KIP-107). Offset -1
// means the high watermark. Answers once the new start survives a crash; the files go with
// retention.
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Handler } from './handler.ts'

const toHighWatermark = -1

export const deleteRecords: Handler<'deleteRecords'> = async (request, services) => {
  const topics = request.topics.map(async ({ name, partitions }) => {
    const results = partitions.map(async ({ partitionIndex, offset }) => {
      try {
        const lowWatermark = await deleteBefore(services, name, partitionIndex, offset)
        return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE }
      } catch (error) {
        return { partitionIndex, lowWatermark: -1, errorCode: errorCodeOf(error) }
      }
    })
    return { name, partitions: await Promise.all(results) }
  })
  return { topics: await Promise.all(topics) }
}

async function deleteBefore(services: Services, name: string, index: number, offset: number) {
  const topic = services.metadata().topicsByName.get(name)
  const partition = services.replicas.leader(topic, index)
  if (typeof partition === 'string') throw new BrokerError(partition, partition)
  if (!services.topicConfig(name).cleanupPolicy.delete) {
    throw new BrokerError('POLICY_VIOLATION', `cleanup.policy of ${name} does not include delete`)
  }
  const log = await partition.openLog()
  const target = offset === toHighWatermark ? log.highWatermark : offset
  if (target < log.logStartOffset && offset >= 0) return log.logStartOffset
  if (target < 0 || target > log.highWatermark) {
    throw new BrokerError('OFFSET_OUT_OF_RANGE', `offset ${offset} is not in ${name}-${index}`)
  }
  const logStartOffset = await log.deleteRecords(target)
  partition.leading?.logStartMoved()
  return logStartOffset
}
