// DescribeTopics of the storage API: topics, partitions, leaders, and where the brokers' gRPC is,
// from this broker's metadata image.

import type { MetadataImage, PartitionImage, TopicImage } from '@samsa/controller/image'
import { isInternalTopic } from '@samsa/controller/topic-names'
import type {
  BrokerInit,
  DescribeTopicsRequest,
  DescribeTopicsResponseInit,
  TopicInit,
} from '@samsa/proto/grpc/gen/storage'
import { failureOf, StorageError } from './failure.ts'
import { itemsMax, pageSizeDefault } from './limits.ts'
import { grpcAddress, topicNamed } from './partitions.ts'

export function describeTopics(
  image: MetadataImage,
  request: DescribeTopicsRequest,
): DescribeTopicsResponseInit {
  const { topics, pageSize, pageToken } = request
  if (topics.length > itemsMax) {
    throw new StorageError('INVALID_REQUEST', `more than ${itemsMax} topics in a request`)
  }
  if (pageSize < 0) throw new StorageError('INVALID_REQUEST', `page_size is ${pageSize}`)
  const common = { clusterId: image.clusterId, brokers: brokersOf(image) }
  if (topics.length > 0) {
    return { ...common, topics: topics.map((name) => named(image, name)), nextPageToken: '' }
  }
  const size = pageSize === 0 ? pageSizeDefault : Math.min(pageSize, pageSizeDefault)
  const names = [...image.topicsByName.keys()].filter((name) => name > pageToken).toSorted()
  const page = names.slice(0, size)
  return {
    ...common,
    topics: page.map((name) => named(image, name)),
    nextPageToken: names.length > size ? (page.at(-1) ?? '') : '',
  }
}

function brokersOf(image: MetadataImage): BrokerInit[] {
  const alive = [...image.brokers.values()].filter(({ fenced }) => !fenced)
  return alive.map(({ id, rack }) => ({ nodeId: id, rack, ...grpcAddress(image, id) }))
}

function named(image: MetadataImage, name: string): TopicInit {
  try {
    return topicOf(image, topicNamed(image, { topic: name, topicId: '' }))
  } catch (error) {
    return { name, error: failureOf(error) }
  }
}

function topicOf(image: MetadataImage, { name, id, partitions }: TopicImage): TopicInit {
  const partition = ({ index, leader, leaderEpoch, replicas, isr }: PartitionImage) => ({
    partition: index,
    leader: image.brokers.get(leader)?.fenced === false ? leader : -1,
    leaderEpoch,
    replicas,
    inSyncReplicas: isr,
  })
  return {
    name,
    topicId: id,
    internal: isInternalTopic(name),
    partitions: partitions.map(partition),
  }
}
