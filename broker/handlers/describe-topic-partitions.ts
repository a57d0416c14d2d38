// DescribeTopicPartitions (key 75), version 0: partitions of topics in the order of their names, a
// page at a time, with eligible leader replicas (KIP-966). A page has as many partitions as the
// client asked for, at most max.request.partition.size.limit; the cursor says where the next
// begins.
// Differs from Kafka: nothing known.

import type { TopicImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { allTopicOperations } from './shared/authorized-operations.ts'
import { ListenerView, missingTopicFields, topicFields } from './shared/topic-view.ts'

type Request = RequestOf<'describeTopicPartitions'>
type Response = ResponseOf<'describeTopicPartitions'>
type Topic = Response['topics'][number]

export const describeTopicPartitions: Handler<'describeTopicPartitions'> = (
  request,
  services,
  { listener },
) => {
  const image = services.metadata()
  const { cursor } = request
  const wantsAll = request.topics.length === 0
  const asked = wantsAll ? image.topicsByName.keys() : request.topics.map(({ name }) => name)
  const names = [...new Set(asked)].filter((name) => name >= (cursor?.topicName ?? '')).sort()
  if (isBadCursor(request, names)) return refused(request)

  const view = new ListenerView(image, listener)
  const page: Topic[] = []
  let room = pageSize(request, services.config().maxRequestPartitionSizeLimit)
  for (const topicName of names) {
    if (room === 0) return { topics: page, nextCursor: { topicName, partitionIndex: 0 } }
    const topic = image.topicsByName.get(topicName)
    if (topic === undefined) {
      if (!wantsAll) page.push(missing(topicName))
      continue
    }
    const first = topicName === cursor?.topicName ? cursor.partitionIndex : 0
    const described = describe(view, topic, first, room)
    page.push(described)
    const next = first + described.partitions.length
    if (next < topic.partitions.length) {
      return { topics: page, nextCursor: { topicName, partitionIndex: next } }
    }
    room -= described.partitions.length
  }
  return { topics: page, nextCursor: null }
}

function pageSize({ responsePartitionLimit }: Request, limit: number): number {
  return Math.max(1, Math.min(limit, responsePartitionLimit))
}

/** A cursor must stand in one of the topics asked for. */
function isBadCursor({ topics, cursor }: Request, names: readonly string[]): boolean {
  if (cursor === null) return false
  return cursor.partitionIndex < 0 || (topics.length > 0 && !names.includes(cursor.topicName))
}

function refused({ topics }: Request): Response {
  return {
    topics: topics.map(({ name }) => ({
      errorCode: errorCodes.INVALID_REQUEST,
      name,
      topicId: zeroUuid,
      partitions: [],
    })),
  }
}

function missing(name: string): Topic {
  return {
    ...missingTopicFields(name),
    partitions: [],
    topicAuthorizedOperations: allTopicOperations,
  }
}

function describe(view: ListenerView, topic: TopicImage, first: number, countMax: number): Topic {
  const partitions = topic.partitions.slice(first, first + countMax).map((image) => ({
    ...view.partition(image),
    // The leader of -1 says it; Kafka gives no error here.
    errorCode: errorCodes.NONE,
    eligibleLeaderReplicas: image.elr,
    lastKnownElr: image.lastKnownElr,
  }))
  return { ...topicFields(topic), partitions, topicAuthorizedOperations: allTopicOperations }
}
