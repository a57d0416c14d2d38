// OffsetCommit (key 8), versions 2-10: a group's offsets, answered once they are durable. Metadata
// of at most offset.metadata.max.bytes; KIP-320 leader epochs (v6), KIP-345 static members (v7),
// KIP-848 member epochs (v9), topic ids instead of names (v10). Commits without a generation are
// for groups without members. Differs from Kafka: one request may have 50,000 partitions at most.

import type { MetadataImage, TopicImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'

type AskedTopic = RequestOf<'offsetCommit'>['topics'][number]
type AnsweredTopic = ResponseOf<'offsetCommit'>['topics'][number]

const topicIdsSince = 10

export const offsetCommit: Handler<'offsetCommit'> = async (request, services, context) => {
  const image = services.metadata()
  const usesIds = context.apiVersion >= topicIdsSince
  const topics: AskedTopic[] = []
  const refused = new Map<AskedTopic, AnsweredTopic>()
  for (const asked of request.topics) {
    const topic = topicOf(asked, image, usesIds)
    const { existing, answer } = sort(asked, topic, usesIds)
    if (answer.partitions.length > 0) refused.set(asked, answer)
    if (topic === undefined || existing.length === 0) continue
    topics.push({ name: topic.name, topicId: topic.id, partitions: existing })
  }
  if (topics.length === 0) return { topics: [...refused.values()] }
  const response = await services.groups.commitOffsets({ ...request, topics }, context)
  return { topics: merged([...refused.values(), ...response.topics], usesIds) }
}

function topicOf(
  { name, topicId }: AskedTopic,
  image: MetadataImage,
  usesIds: boolean,
): TopicImage | undefined {
  return usesIds ? image.topicsById.get(topicId) : image.topicsByName.get(name)
}

/** The partitions that exist, and the answer for those that do not. */
function sort(asked: AskedTopic, topic: TopicImage | undefined, usesIds: boolean) {
  const unknownTopic = usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const errorCode = topic === undefined ? unknownTopic : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  const indexes = new Set(topic?.partitions.map(({ index }) => index))
  const existing = asked.partitions.filter(({ partitionIndex }) => indexes.has(partitionIndex))
  const missing = asked.partitions.filter(({ partitionIndex }) => !indexes.has(partitionIndex))
  const answer: AnsweredTopic = {
    name: asked.name,
    topicId: asked.topicId,
    partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
  return { existing, answer }
}

/** One row for each topic, in the order in which they come. */
function merged(topics: readonly AnsweredTopic[], usesIds: boolean): AnsweredTopic[] {
  const rows = new Map<string, AnsweredTopic>()
  for (const topic of topics) {
    const key = (usesIds ? topic.topicId : topic.name) ?? ''
    const row = rows.get(key)
    const partitions =
      row === undefined ? topic.partitions : [...row.partitions, ...topic.partitions]
    rows.set(key, { ...topic, partitions })
  }
  return [...rows.values()]
}
