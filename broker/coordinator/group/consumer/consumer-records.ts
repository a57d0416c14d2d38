// The records of groups of the consumer protocol as this coordinator means them: one union, to and
// from the bytes of `__consumer_offsets`. Owns no state.

import {
  consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataValue,
  consumerGroupMetadataValue,
  consumerGroupRegularExpressionValue,
  consumerGroupTargetAssignmentMemberValue,
  consumerGroupTargetAssignmentMetadataValue,
} from '@samsa/proto/kafka/consumer-group-records'
import {
  encodeGroupRecordKey,
  type GroupRecordKey,
  type GroupRecordName,
} from '@samsa/proto/kafka/group-records'
import { decodeVersioned, encodeVersioned } from '@samsa/proto/kafka/versioned'
import type { Message } from '@samsa/proto/wire/message'
import { assertNever } from '../../../assert.ts'
import type { KeyValueRecord } from '../../partition-writer.ts'
import type { ResolvedRegex } from './consumer-group.ts'
import { type ConsumerMember, memberStates, sortedTopics } from './consumer-member.ts'
import {
  type AssignedPartitions,
  type Partitions,
  toPartitions,
  toTopicPartitions,
} from './partitions.ts'

type Subscription = Pick<
  ConsumerMember,
  | 'instanceId'
  | 'rackId'
  | 'clientId'
  | 'clientHost'
  | 'rebalanceTimeoutMs'
  | 'subscribedTopics'
  | 'subscribedRegex'
  | 'serverAssignor'
  | 'classic'
>

type CurrentAssignment = Pick<
  ConsumerMember,
  'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'
>

/** `value` null removes what the record is about. */
export type ConsumerGroupRecord = { readonly groupId: string } & (
  | {
      readonly type: 'epoch'
      readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null
    }
  | { readonly type: 'member'; readonly memberId: string; readonly value: Subscription | null }
  | {
      readonly type: 'targetEpoch'
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null
    }
  | { readonly type: 'target'; readonly memberId: string; readonly value: Partitions | null }
  | {
      readonly type: 'current'
      readonly memberId: string
      readonly value: CurrentAssignment | null
    }
  | { readonly type: 'regex'; readonly regex: string; readonly value: ResolvedRegex | null }
  /** From before Kafka 4.1; nothing is read from it. */
  | { readonly type: 'partitionMetadata'; readonly value: 'present' | null }
)

const version = 0

export function encodeConsumerRecord(record: ConsumerGroupRecord): KeyValueRecord {
  return { key: encodeKey(record), value: record.value === null ? null : encodeValue(record) }
}

function encodeKey(record: ConsumerGroupRecord): Buffer {
  const { groupId } = record
  switch (record.type) {
    case 'epoch':
      return encodeGroupRecordKey('consumerGroupMetadata', { groupId })
    case 'member':
      return memberKey('consumerGroupMemberMetadata', groupId, record.memberId)
    case 'targetEpoch':
      return encodeGroupRecordKey('consumerGroupTargetAssignmentMetadata', { groupId })
    case 'target':
      return memberKey('consumerGroupTargetAssignmentMember', groupId, record.memberId)
    case 'current':
      return memberKey('consumerGroupCurrentMemberAssignment', groupId, record.memberId)
    case 'regex':
      return encodeGroupRecordKey('consumerGroupRegularExpression', {
        groupId,
        regularExpression: record.regex,
      })
    case 'partitionMetadata':
      return encodeGroupRecordKey('consumerGroupPartitionMetadata', { groupId })
    default:
      return assertNever(record)
  }
}

function memberKey(
  name:
    | 'consumerGroupMemberMetadata'
    | 'consumerGroupTargetAssignmentMember'
    | 'consumerGroupCurrentMemberAssignment',
  groupId: string,
  memberId: string,
): Buffer {
  return encodeGroupRecordKey(name, { groupId, memberId })
}

function encodeValue(record: ConsumerGroupRecord): Buffer | null {
  const { type, value } = record
  if (value === null) return null
  switch (type) {
    case 'epoch':
      return encodeVersioned(consumerGroupMetadataValue, value, version)
    case 'member':
      return encodeMember(value)
    case 'targetEpoch': {
      const fields = { assignmentEpoch: value.epoch, assignmentTimestamp: value.timestampMs }
      return encodeVersioned(consumerGroupTargetAssignmentMetadataValue, fields, version)
    }
    case 'target': {
      const fields = { topicPartitions: toTopicPartitions(value) }
      return encodeVersioned(consumerGroupTargetAssignmentMemberValue, fields, version)
    }
    case 'current':
      return encodeCurrent(value)
    case 'regex': {
      const { topics, version: ofMetadata, timestampMs } = value
      const fields = { topics: [...topics].sort(), version: ofMetadata, timestamp: timestampMs }
      return encodeVersioned(consumerGroupRegularExpressionValue, fields, version)
    }
    case 'partitionMetadata':
      return null
    default:
      return assertNever(type)
  }
}

function encodeMember(value: Subscription): Buffer {
  const { classic } = value
  const fields = {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    subscribedTopicNames: value.subscribedTopics,
    subscribedTopicRegex: value.subscribedRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classicMemberMetadata:
      classic === null
        ? null
        : {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            supportedProtocols: classic.protocols,
          },
  }
  return encodeVersioned(consumerGroupMemberMetadataValue, fields, version)
}

function encodeCurrent(value: CurrentAssignment): Buffer {
  const fields = {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: memberStates.findIndex((state) => state === value.state),
    assignedPartitions: withEpochs(value.assigned),
    partitionsPendingRevocation: withEpochs(value.pendingRevocation),
  }
  return encodeVersioned(consumerGroupCurrentMemberAssignmentValue, fields, version)
}

function withEpochs(assigned: AssignedPartitions) {
  return toTopicPartitions(assigned).map(({ topicId, partitions }) => {
    const epochs = assigned.get(topicId)
    const assignmentEpochs = partitions.map((partition) => epochs?.get(partition) ?? 0)
    return { topicId, partitions, assignmentEpochs }
  })
}

type ConsumerRecordName = Extract<GroupRecordName, `consumer${string}`>
export type ConsumerRecordKey = Extract<GroupRecordKey, { type: ConsumerRecordName }>

/** Throws DecodeError for a value that is damaged or of a version that is not known. */
export function decodeConsumerRecord(
  key: ConsumerRecordKey,
  bytes: Buffer | null,
): ConsumerGroupRecord {
  const { groupId } = key
  switch (key.type) {
    case 'consumerGroupMetadata':
      return { type: 'epoch', groupId, value: read(consumerGroupMetadataValue, bytes) }
    case 'consumerGroupMemberMetadata':
      return { type: 'member', groupId, memberId: key.memberId, value: readMember(bytes) }
    case 'consumerGroupTargetAssignmentMetadata': {
      const value = read(consumerGroupTargetAssignmentMetadataValue, bytes)
      if (value === null) return { type: 'targetEpoch', groupId, value }
      const { assignmentEpoch: epoch, assignmentTimestamp: timestampMs } = value
      return { type: 'targetEpoch', groupId, value: { epoch, timestampMs } }
    }
    case 'consumerGroupTargetAssignmentMember': {
      const value = read(consumerGroupTargetAssignmentMemberValue, bytes)
      const target = value === null ? null : toPartitions(value.topicPartitions)
      return { type: 'target', groupId, memberId: key.memberId, value: target }
    }
    case 'consumerGroupCurrentMemberAssignment':
      return { type: 'current', groupId, memberId: key.memberId, value: readCurrent(bytes) }
    case 'consumerGroupRegularExpression': {
      const value = read(consumerGroupRegularExpressionValue, bytes)
      const resolved =
        value === null
          ? null
          : {
              topics: new Set(value.topics),
              version: value.version,
              timestampMs: value.timestamp,
            }
      return { type: 'regex', groupId, regex: key.regularExpression, value: resolved }
    }
    case 'consumerGroupPartitionMetadata':
      return { type: 'partitionMetadata', groupId, value: bytes === null ? null : 'present' }
    default:
      return assertNever(key)
  }
}

function read<Out>(schema: Message<Out, never>, bytes: Buffer | null): Out | null {
  return bytes === null ? null : decodeVersioned(schema, bytes)
}

function readMember(bytes: Buffer | null): Subscription | null {
  const value = read(consumerGroupMemberMetadataValue, bytes)
  if (value === null) return null
  const { classicMemberMetadata: classic } = value
  return {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    subscribedTopics: sortedTopics(value.subscribedTopicNames),
    subscribedRegex: value.subscribedTopicRegex ?? '',
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classic:
      classic === null || classic.supportedProtocols.length === 0
        ? null
        : {
            sessionTimeoutMs: classic.sessionTimeoutMs,
            protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata),
            })),
          },
  }
}

function readCurrent(bytes: Buffer | null): CurrentAssignment | null {
  const value = read(consumerGroupCurrentMemberAssignmentValue, bytes)
  if (value === null) return null
  const { memberEpoch } = value
  return {
    memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: memberStates[value.state] ?? 'Unknown',
    assigned: readAssigned(value.assignedPartitions, memberEpoch),
    pendingRevocation: readAssigned(value.partitionsPendingRevocation, memberEpoch),
  }
}

/** Records of before KIP-1251 name no epochs: the member's own is the safe one. */
function readAssigned(
  topics: readonly {
    readonly topicId: string
    readonly partitions: readonly number[]
    readonly assignmentEpochs: readonly number[] | null
  }[],
  memberEpoch: number,
): AssignedPartitions {
  const assigned = new Map<string, Map<number, number>>()
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = assigned.get(topicId) ?? new Map<number, number>()
    for (const [index, partition] of partitions.entries()) {
      epochs.set(partition, assignmentEpochs?.[index] ?? memberEpoch)
    }
    if (epochs.size > 0) assigned.set(topicId, epochs)
  }
  return assigned
}
