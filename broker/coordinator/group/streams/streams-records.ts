// The records of streams groups as this coordinator means them: one union, to and from the bytes of
// `__consumer_offsets`. Owns no state.

import {
  encodeGroupRecordKey,
  type GroupRecordKey,
  type GroupRecordName,
} from '@samsa/proto/kafka/group-records'
import {
  streamsGroupCurrentMemberAssignmentValue,
  streamsGroupMemberMetadataValue,
  streamsGroupMetadataValue,
  streamsGroupTargetAssignmentMemberValue,
  streamsGroupTargetAssignmentMetadataValue,
  streamsGroupTopologyValue,
} from '@samsa/proto/kafka/streams-group-records'
import { decodeVersioned, encodeVersioned } from '@samsa/proto/kafka/versioned'
import type { Message } from '@samsa/proto/wire/message'
import { assertNever } from '../../../assert.ts'
import type { KeyValueRecord } from '../../partition-writer.ts'
import { type StreamsMember, streamsMemberStates } from './streams-member.ts'
import { type OwnedTasks, type TargetTasks, type TaskIds, toTaskIds, toTasks } from './tasks.ts'
import type { Topology } from './topology.ts'

type MemberMetadata = Pick<
  StreamsMember,
  | 'instanceId'
  | 'rackId'
  | 'clientId'
  | 'clientHost'
  | 'rebalanceTimeoutMs'
  | 'topologyEpoch'
  | 'processId'
  | 'userEndpoint'
  | 'clientTags'
>

type CurrentTasks = Pick<
  StreamsMember,
  'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'
>

export interface GroupMetadata {
  readonly epoch: number
  readonly metadataHash: bigint
  readonly validatedTopologyEpoch: number
  readonly assignmentConfigs: ReadonlyMap<string, string>
}

/** `value` null removes what the record is about. */
export type StreamsGroupRecord = { readonly groupId: string } & (
  | { readonly type: 'metadata'; readonly value: GroupMetadata | null }
  | { readonly type: 'topology'; readonly value: Topology | null }
  | { readonly type: 'member'; readonly memberId: string; readonly value: MemberMetadata | null }
  | {
      readonly type: 'targetEpoch'
      readonly value: { readonly epoch: number; readonly timestampMs: number } | null
    }
  | { readonly type: 'target'; readonly memberId: string; readonly value: TargetTasks | null }
  | { readonly type: 'current'; readonly memberId: string; readonly value: CurrentTasks | null }
)

const version = 0

export function encodeStreamsRecord(record: StreamsGroupRecord): KeyValueRecord {
  return { key: encodeKey(record), value: encodeValue(record) }
}

function encodeKey(record: StreamsGroupRecord): Buffer {
  const { groupId } = record
  switch (record.type) {
    case 'metadata':
      return encodeGroupRecordKey('streamsGroupMetadata', { groupId })
    case 'topology':
      return encodeGroupRecordKey('streamsGroupTopology', { groupId })
    case 'targetEpoch':
      return encodeGroupRecordKey('streamsGroupTargetAssignmentMetadata', { groupId })
    case 'member': {
      const { memberId } = record
      return encodeGroupRecordKey('streamsGroupMemberMetadata', { groupId, memberId })
    }
    case 'target': {
      const { memberId } = record
      return encodeGroupRecordKey('streamsGroupTargetAssignmentMember', { groupId, memberId })
    }
    case 'current': {
      const { memberId } = record
      return encodeGroupRecordKey('streamsGroupCurrentMemberAssignment', { groupId, memberId })
    }
    default:
      return assertNever(record)
  }
}

function encodeValue(record: StreamsGroupRecord): Buffer | null {
  const { type, value } = record
  if (value === null) return null
  switch (type) {
    case 'metadata': {
      const { epoch, metadataHash, validatedTopologyEpoch, assignmentConfigs } = value
      const fields = {
        epoch,
        metadataHash,
        validatedTopologyEpoch,
        lastAssignmentConfigs: keyValues(assignmentConfigs),
      }
      return encodeVersioned(streamsGroupMetadataValue, fields, version)
    }
    case 'topology':
      return encodeVersioned(streamsGroupTopologyValue, value, version)
    case 'member': {
      const fields = { ...value, clientTags: keyValues(value.clientTags) }
      return encodeVersioned(streamsGroupMemberMetadataValue, fields, version)
    }
    case 'targetEpoch': {
      const fields = { assignmentEpoch: value.epoch, assignmentTimestamp: value.timestampMs }
      return encodeVersioned(streamsGroupTargetAssignmentMetadataValue, fields, version)
    }
    case 'target': {
      const fields = {
        activeTasks: sorted(toTaskIds(value.active)),
        standbyTasks: sorted(toTaskIds(value.standby)),
        warmupTasks: sorted(toTaskIds(value.warmup)),
      }
      return encodeVersioned(streamsGroupTargetAssignmentMemberValue, fields, version)
    }
    case 'current':
      return encodeCurrent(value)
    default:
      return assertNever(type)
  }
}

function keyValues(map: ReadonlyMap<string, string>): { key: string; value: string }[] {
  return Array.from(map, ([key, value]) => ({ key, value })).sort((a, b) =>
    a.key < b.key ? -1 : 1,
  )
}

function sorted<T extends TaskIds>(ids: T[]): T[] {
  return ids.sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
}

function encodeCurrent(value: CurrentTasks): Buffer {
  const { assigned, pendingRevocation } = value
  const state = Object.entries(streamsMemberStates).find(([, name]) => name === value.state)
  const fields = {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: Number(state?.[0] ?? 1),
    activeTasks: withEpochs(assigned.active),
    standbyTasks: sorted(toTaskIds(assigned.standby)),
    warmupTasks: sorted(toTaskIds(assigned.warmup)),
    activeTasksPendingRevocation: withEpochs(pendingRevocation.active),
    standbyTasksPendingRevocation: sorted(toTaskIds(pendingRevocation.standby)),
    warmupTasksPendingRevocation: sorted(toTaskIds(pendingRevocation.warmup)),
  }
  return encodeVersioned(streamsGroupCurrentMemberAssignmentValue, fields, version)
}

function withEpochs(active: OwnedTasks['active']) {
  return sorted(toTaskIds(active)).map(({ subtopologyId, partitions }) => {
    const epochs = active.get(subtopologyId)
    const assignmentEpochs = partitions.map((partition) => epochs?.get(partition) ?? 0)
    return { subtopologyId, partitions, assignmentEpochs }
  })
}

type StreamsRecordName = Extract<GroupRecordName, `streams${string}`>
export type StreamsRecordKey = Extract<GroupRecordKey, { type: StreamsRecordName }>

export function isStreamsKey(key: GroupRecordKey): key is StreamsRecordKey {
  return key.type.startsWith('streams')
}

/** Throws DecodeError for a value that is damaged or of a version that is not known. */
export function decodeStreamsRecord(
  key: StreamsRecordKey,
  bytes: Buffer | null,
): StreamsGroupRecord {
  const { groupId } = key
  switch (key.type) {
    case 'streamsGroupMetadata':
      return { type: 'metadata', groupId, value: readMetadata(bytes) }
    case 'streamsGroupTopology':
      return { type: 'topology', groupId, value: read(streamsGroupTopologyValue, bytes) }
    case 'streamsGroupMemberMetadata': {
      const value = read(streamsGroupMemberMetadataValue, bytes)
      const metadata = value === null ? null : { ...value, clientTags: toMap(value.clientTags) }
      return { type: 'member', groupId, memberId: key.memberId, value: metadata }
    }
    case 'streamsGroupTargetAssignmentMetadata': {
      const value = read(streamsGroupTargetAssignmentMetadataValue, bytes)
      if (value === null) return { type: 'targetEpoch', groupId, value }
      const { assignmentEpoch: epoch, assignmentTimestamp: timestampMs } = value
      return { type: 'targetEpoch', groupId, value: { epoch, timestampMs } }
    }
    case 'streamsGroupTargetAssignmentMember': {
      const value = read(streamsGroupTargetAssignmentMemberValue, bytes)
      const target =
        value === null
          ? null
          : {
              active: toTasks(value.activeTasks),
              standby: toTasks(value.standbyTasks),
              warmup: toTasks(value.warmupTasks),
            }
      return { type: 'target', groupId, memberId: key.memberId, value: target }
    }
    case 'streamsGroupCurrentMemberAssignment':
      return { type: 'current', groupId, memberId: key.memberId, value: readCurrent(bytes) }
    default:
      return assertNever(key)
  }
}

function read<Out>(schema: Message<Out, never>, bytes: Buffer | null): Out | null {
  return bytes === null ? null : decodeVersioned(schema, bytes)
}

function toMap(pairs: readonly { readonly key: string; readonly value: string }[]) {
  return new Map(pairs.map(({ key, value }) => [key, value]))
}

function readMetadata(bytes: Buffer | null): GroupMetadata | null {
  const value = read(streamsGroupMetadataValue, bytes)
  if (value === null) return null
  const { epoch, metadataHash, validatedTopologyEpoch, lastAssignmentConfigs } = value
  const assignmentConfigs = toMap(lastAssignmentConfigs ?? [])
  return { epoch, metadataHash, validatedTopologyEpoch, assignmentConfigs }
}

function readCurrent(bytes: Buffer | null): CurrentTasks | null {
  const value = read(streamsGroupCurrentMemberAssignmentValue, bytes)
  if (value === null) return null
  const { memberEpoch } = value
  const states: Readonly<Record<number, StreamsMember['state']>> = streamsMemberStates
  return {
    memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: states[value.state] ?? 'Unknown',
    assigned: {
      active: readActive(value.activeTasks, memberEpoch),
      standby: toTasks(value.standbyTasks),
      warmup: toTasks(value.warmupTasks),
    },
    pendingRevocation: {
      active: readActive(value.activeTasksPendingRevocation, memberEpoch),
      standby: toTasks(value.standbyTasksPendingRevocation),
      warmup: toTasks(value.warmupTasksPendingRevocation),
    },
  }
}

/** Records that name no epochs are older: the member's own is the safe one. */
function readActive(
  ids: readonly (TaskIds & { readonly assignmentEpochs: readonly number[] | null })[],
  memberEpoch: number,
): OwnedTasks['active'] {
  const active = new Map<string, Map<number, number>>()
  for (const { subtopologyId, partitions, assignmentEpochs } of ids) {
    const epochs = active.get(subtopologyId) ?? new Map<number, number>()
    for (const [index, partition] of partitions.entries()) {
      epochs.set(partition, assignmentEpochs?.[index] ?? memberEpoch)
    }
    if (epochs.size > 0) active.set(subtopologyId, epochs)
  }
  return active
}
