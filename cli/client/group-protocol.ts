// What members of a consumer group tell each other through the broker, which does not read it: the
// subscription that each brings to JoinGroup and the assignment that the leader gives out by
// SyncGroup (ConsumerProtocol). Both open with a version; a reader takes the fields it knows and
// leaves what newer versions append.

import { message } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import { array, bytes, field, int32, nullable, string } from '@samsa/proto/wire/types'
import { Writer } from '@samsa/proto/wire/writer'
import type { TopicPartition } from './offsets.ts'
import { groupByTopic } from './offsets.ts'

const topicPartitions = array({ topic: string, partitions: array(int32) })

const subscription = message(
  { name: 'ConsumerProtocolSubscription', versions: '0-1', flexible: 'none' },
  {
    topics: array(string),
    userData: field(nullable(bytes), { default: null }),
    ownedPartitions: field(topicPartitions, { since: 1 }),
  },
)

const assignment = message(
  { name: 'ConsumerProtocolAssignment', versions: '0-1', flexible: 'none' },
  { assignedPartitions: topicPartitions, userData: field(nullable(bytes), { default: null }) },
)

const writtenVersion = 0

export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new Writer()
  writer.int16(writtenVersion)
  subscription.encode(writer, { topics }, writtenVersion)
  return writer.toBuffer()
}

/** The topics that a member subscribes to. Throws DecodeError when the bytes say something else. */
export function decodeSubscription(data: Buffer): string[] {
  const reader = new Reader(data)
  reader.int16()
  return subscription.decode(reader, writtenVersion).topics
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const writer = new Writer()
  writer.int16(writtenVersion)
  const assignedPartitions = groupByTopic(partitions).map(([topic, list]) => ({
    topic,
    partitions: list.map(({ partition }) => partition),
  }))
  assignment.encode(writer, { assignedPartitions }, writtenVersion)
  return writer.toBuffer()
}

/**
 * An empty assignment may be no bytes at all. Throws DecodeError when the bytes say something else.
 */
export function decodeAssignment(data: Buffer): TopicPartition[] {
  if (data.length === 0) return []
  const reader = new Reader(data)
  reader.int16()
  const { assignedPartitions } = assignment.decode(reader, writtenVersion)
  return assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}
