// DescribeProducers (key 61), version 0: the idempotent producers that a partition's leader
// remembers (KIP-664).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Handler } from './handler.ts'

export const describeProducers: Handler<'describeProducers'> = async (request, services) => {
  const topics = request.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(partitionIndexes.map((index) => describe(services, name, index))),
  }))
  return { topics: await Promise.all(topics) }
}

async function describe(services: Services, name: string, partitionIndex: number) {
  const topic = services.metadata().topicsByName.get(name)
  const partition = services.replicas.leader(topic, partitionIndex)
  try {
    if (typeof partition === 'string') throw new BrokerError(partition, partition)
    const log = await partition.openLog()
    return { partitionIndex, errorCode: errorCodes.NONE, activeProducers: log.activeProducers() }
  } catch (error) {
    const errorMessage = error instanceof Error ? error.message : null
    return { partitionIndex, errorCode: errorCodeOf(error), errorMessage, activeProducers: [] }
  }
}
