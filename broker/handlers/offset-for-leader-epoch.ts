// OffsetForLeaderEpoch (key 23), versions 2-4: where an epoch ends in the leader's log, so that a
// client can see that what it read was truncated (KIP-101, KIP-279, KIP-320).
// Differs from Kafka: a leader that is cut off does not call an epoch unknown that it cannot know.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestOf } from './handler.ts'

type Asked = RequestOf<'offsetForLeaderEpoch'>['topics'][number]['partitions'][number]

export const offsetForLeaderEpoch: Handler<'offsetForLeaderEpoch'> = async (request, services) => {
  const topics = request.topics.map(async ({ topic, partitions }) => ({
    topic,
    partitions: await Promise.all(partitions.map((asked) => lookUp(services, topic, asked))),
  }))
  return { topics: await Promise.all(topics) }
}

async function lookUp(services: Services, name: string, asked: Asked) {
  try {
    const topic = services.metadata().topicsByName.get(name)
    const partition = services.replicas.leader(topic, asked.partition)
    if (typeof partition === 'string') throw new BrokerError(partition, partition)
    const epochError = partition.epochError(asked.currentLeaderEpoch)
    if (epochError !== null) throw new BrokerError(epochError, epochError)
    const { log } = await partition.lead()
    const { epoch, endOffset } = log.endOffsetForEpoch(asked.leaderEpoch)
    if (endOffset < 0 && !services.replicas.inContact) {
      throw new BrokerError('NOT_LEADER_OR_FOLLOWER', 'another may lead and know that epoch')
    }
    return {
      partition: asked.partition,
      errorCode: errorCodes.NONE,
      leaderEpoch: epoch,
      endOffset,
    }
  } catch (error) {
    return { partition: asked.partition, errorCode: errorCodeOf(error) }
  }
}
