// ListPartitionReassignments (key 46), version 0: the moves of partitions that are under way, all
// of them or those of the partitions named; what there is not is left out (KIP-455). Answered from
// this broker's view of the metadata.
// Differs from Kafka: nothing known.

import type { PartitionImage, TopicImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestOf } from './handler.ts'

export const listPartitionReassignments: Handler<'listPartitionReassignments'> = (
  request,
  services,
) => {
  const topics = wanted(request, services).flatMap(({ topic, indexes }) => {
    const partitions = topic.partitions.filter(
      (one) => isMoving(one) && (indexes === null || indexes.has(one.index)),
    )
    return partitions.length === 0 ? [] : [{ name: topic.name, partitions: partitions.map(rowOf) }]
  })
  return { errorCode: errorCodes.NONE, errorMessage: null, topics }
}

function wanted(
  { topics }: RequestOf<'listPartitionReassignments'>,
  services: Services,
): { topic: TopicImage; indexes: ReadonlySet<number> | null }[] {
  const { topicsByName } = services.metadata()
  if (topics === null) {
    return [...topicsByName.values()].map((topic) => ({ topic, indexes: null }))
  }
  return topics.flatMap(({ name, partitionIndexes }) => {
    const topic = topicsByName.get(name)
    return topic === undefined ? [] : [{ topic, indexes: new Set(partitionIndexes) }]
  })
}

function isMoving({ addingReplicas, removingReplicas }: PartitionImage): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

function rowOf({ index, replicas, addingReplicas, removingReplicas }: PartitionImage) {
  return { partitionIndex: index, replicas, addingReplicas, removingReplicas }
}
