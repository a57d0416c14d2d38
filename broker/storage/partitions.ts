// Finds the partition that a request names, led by this broker; where another one leads it, the
// error says who and where.

import type { MetadataImage, PartitionImage, TopicImage } from '@samsa/controller/image'
import type { LeaderInit } from '@samsa/proto/grpc/gen/storage'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import { StorageError } from './failure.ts'

/** The listener by which brokers tell each other, and storage clients, where their gRPC is. */
export const grpcListener = 'SAMSA_GRPC'

export interface PartitionName {
  readonly topic: string
  /** Empty: whichever topic has the name. */
  readonly topicId: string
  readonly partition: number
}

export type PartitionServices = Pick<Services, 'metadata' | 'replicas'>

export function ledPartition(services: PartitionServices, name: PartitionName): Partition {
  const topic = topicNamed(services.metadata(), name)
  const found = services.replicas.leader(topic, name.partition)
  if (typeof found !== 'string') return found
  const text = `${name.topic}-${name.partition}: ${texts.get(found) ?? found}`
  throw new StorageError(found, text, {
    context: { leader: leaderOf(services.metadata(), topic.partitions[name.partition]) },
  })
}

const texts: ReadonlyMap<string, string> = new Map([
  ['NOT_LEADER_OR_FOLLOWER', 'this broker does not lead it'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'the topic has no such partition'],
])

export function topicNamed(
  image: MetadataImage,
  { topic: name, topicId }: Pick<PartitionName, 'topic' | 'topicId'>,
): TopicImage {
  if (name === '' && topicId === '') throw new StorageError('INVALID_REQUEST', 'no topic is named')
  const topic = topicId === '' ? image.topicsByName.get(name) : image.topicsById.get(topicId)
  if (topic === undefined && topicId !== '') {
    throw new StorageError('UNKNOWN_TOPIC_ID', `there is no topic with the id ${topicId}`)
  }
  if (topic === undefined) {
    throw new StorageError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
  }
  if (name !== '' && topic.name !== name) {
    throw new StorageError('INCONSISTENT_TOPIC_ID', `the topic with id ${topicId} is not ${name}`)
  }
  return topic
}

/** Null when nobody leads. */
export function leaderOf(
  image: MetadataImage,
  partition: PartitionImage | undefined,
): LeaderInit | null {
  if (partition === undefined || partition.leader < 0) return null
  const { leader: nodeId, leaderEpoch } = partition
  return { nodeId, leaderEpoch, ...grpcAddress(image, nodeId) }
}

/** Where a broker's storage API is; empty and 0 when it is not alive or has none. */
export function grpcAddress(image: MetadataImage, nodeId: number): { host: string; port: number } {
  const broker = image.brokers.get(nodeId)
  const endpoint = broker?.endpoints.find(({ listener }) => listener === grpcListener)
  if (broker === undefined || broker.fenced || endpoint === undefined) return { host: '', port: 0 }
  return { host: endpoint.host, port: endpoint.port }
}
