// OffsetDelete (key 47), version 0: removes offsets that a group has committed (KIP-496), unless
// its members are subscribed to the topic. Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

export const offsetDelete: Handler<'offsetDelete'> = async (request, services, context) => {
  const image = services.metadata()
  const sorted = request.topics.map(({ name, partitions }) => {
    const indexes = new Set(image.topicsByName.get(name)?.partitions.map(({ index }) => index))
    return {
      name,
      existing: partitions.filter(({ partitionIndex }) => indexes.has(partitionIndex)),
      missing: partitions.filter(({ partitionIndex }) => !indexes.has(partitionIndex)),
    }
  })
  const topics = sorted
    .filter(({ existing }) => existing.length > 0)
    .map(({ name, existing }) => ({ name, partitions: existing }))
  const response = await services.groups.deleteOffsets({ ...request, topics }, context)
  if (response.errorCode !== errorCodes.NONE) return response
  const answered = new Map(response.topics.map(({ name, partitions }) => [name, partitions]))
  return {
    errorCode: errorCodes.NONE,
    topics: sorted.map(({ name, missing }) => ({
      name,
      partitions: [
        ...missing.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        })),
        ...(answered.get(name) ?? []),
      ],
    })),
  }
}
