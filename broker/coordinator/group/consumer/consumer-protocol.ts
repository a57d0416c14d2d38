// The embedded protocol of classic consumers, between names and the ids that the coordinator goes
// by: subscriptions and what they say to own, and assignments in the version that the member
// speaks.

import {
  consumerProtocolAssignment,
  decodeConsumerAssignment,
  decodeConsumerSubscription,
} from '@samsa/proto/kafka/consumer-protocol'
import { encodeVersioned } from '@samsa/proto/kafka/versioned'
import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import type { TopicsView } from '../topics-view.ts'
import type { AssignedPartitions, Partitions, TopicPartitions } from './partitions.ts'

const versionMax = consumerProtocolAssignment.versions.max

export interface ClassicSubscription {
  readonly topics: readonly string[]
  readonly rackId: string | null
  readonly owned: readonly TopicPartitions[]
}

/** null for metadata that cannot be read. */
export function readSubscription(metadata: Buffer, topics: TopicsView): ClassicSubscription | null {
  const subscription = orNull(() => decodeConsumerSubscription(metadata))
  if (subscription === null) return null
  const { rackId, ownedPartitions } = subscription
  return {
    topics: subscription.topics,
    rackId: rackId === '' ? null : rackId,
    owned: withIds(ownedPartitions, topics),
  }
}

/**
 * What a classic member was assigned: 'custom' when it has data of an assignor of its own, which
 * would be lost; null when it cannot be read.
 */
export function readAssignment(
  assignment: Buffer,
  topics: TopicsView,
): Partitions | 'custom' | null {
  if (assignment.length === 0) return new Map()
  const read = orNull(() => decodeConsumerAssignment(assignment))
  if (read === null) return null
  if (read.userData !== null && read.userData.length > 0) return 'custom'
  const assigned = withIds(read.assignedPartitions, topics)
  return new Map(assigned.map(({ topicId, partitions }) => [topicId, new Set(partitions)]))
}

/** In the version of the member's own metadata. */
export function writeAssignment(
  partitions: Partitions | AssignedPartitions,
  metadata: Buffer,
  topics: TopicsView,
): Buffer {
  const version = orNull(() => new Reader(metadata).int16()) ?? 0
  const assignedPartitions = [...partitions].flatMap(([topicId, indexes]) => {
    const topic = topics.byId(topicId)?.name
    const sorted = [...indexes.keys()].sort((a, b) => a - b)
    return topic === undefined ? [] : [{ topic, partitions: sorted }]
  })
  const within = Math.min(Math.max(version, 0), versionMax)
  return encodeVersioned(consumerProtocolAssignment, { assignedPartitions }, within)
}

function withIds(
  named: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: TopicsView,
): TopicPartitions[] {
  return named.flatMap(({ topic, partitions }) => {
    const topicId = topics.byName(topic)?.id
    return topicId === undefined ? [] : [{ topicId, partitions }]
  })
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}
