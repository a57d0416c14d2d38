// What a change of partitions must know of the cluster around them: who is in service, which
// directories are online, and which partitions a broker has replicas of.

import { zeroUuid } from '@samsa/proto/wire/types'
import type { TopicDefaults } from '../decision.ts'
import {
  type BrokerId,
  type BrokerImage,
  isReservedDirectory,
  lostDirectoryId,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from '../image.ts'
import type { Surroundings } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

/** The directory of a replica that its broker has yet to choose (KIP-858). */
export const unassignedDirectory = zeroUuid

export function isActive(broker: BrokerImage | undefined): boolean {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** Whether the broker may use what it has in the directory. */
export function isOnline(broker: BrokerImage, directoryId: string): boolean {
  if (directoryId === lostDirectoryId) return false
  // One that has none told of none, and answers for itself.
  if (broker.logDirs.length === 0 || isReservedDirectory(directoryId)) return true
  return broker.logDirs.includes(directoryId)
}

/** With one log directory there is no choice; with more the broker makes it. */
export function defaultDirectory(broker: BrokerImage | undefined): string {
  const [first, ...others] = broker?.logDirs ?? []
  return first !== undefined && others.length === 0 ? first : unassignedDirectory
}

/** The broker's log directory of its replica; undefined when it has none of the partition. */
export function directoryOfReplica(
  partition: PartitionImage,
  brokerId: BrokerId,
): string | undefined {
  return partition.directories[partition.replicas.indexOf(brokerId)]
}

export interface Changed {
  /** Not to be elected, whatever the image says of it. */
  readonly without?: BrokerId
  /** May be elected, whatever the image says of it. */
  readonly with?: BrokerId
}

/** For the partitions of one topic. */
export function surroundingsOf(
  image: MetadataImage,
  topic: TopicImage,
  defaults: TopicDefaults,
  changed: Changed = {},
): Surroundings {
  return {
    topicId: topic.id,
    rules: topicRules(image, topic.name, defaults),
    mayLead: (partition, brokerId) =>
      brokerId !== changed.without &&
      (brokerId === changed.with || isActive(image.brokers.get(brokerId))) &&
      hasOnline(image, partition, brokerId),
    mayStay: (partition, brokerId) =>
      brokerId !== changed.without &&
      image.brokers.get(brokerId)?.fenced === false &&
      hasOnline(image, partition, brokerId),
    directoryOf: (brokerId) => defaultDirectory(image.brokers.get(brokerId)),
  }
}

function hasOnline(image: MetadataImage, partition: PartitionImage, brokerId: BrokerId): boolean {
  const broker = image.brokers.get(brokerId)
  const directoryId = directoryOfReplica(partition, brokerId) ?? unassignedDirectory
  return broker !== undefined && isOnline(broker, directoryId)
}

export interface PlacedPartition {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

/** The partitions that the broker has a replica of. */
export function* partitionsOn(
  image: MetadataImage,
  brokerId: BrokerId,
): Generator<PlacedPartition, undefined> {
  for (const topicId of image.replicaCounts.get(brokerId)?.keys() ?? []) {
    const topic = image.topicsById.get(topicId)
    for (const partition of topic?.partitions ?? []) {
      if (topic !== undefined && partition.replicas.includes(brokerId)) yield { topic, partition }
    }
  }
}
