// What a record of a consumer group does to the state: the one place that changes such groups,
// while loading and live alike. Returns how to take it back, for a write that fails.

import { assertNever } from '../../../assert.ts'
import type { ShardState } from '../shard-state.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { leaveEpoch, newMember } from './consumer-member.ts'
import type { ConsumerGroupRecord } from './consumer-records.ts'
import { noPartitions } from './partitions.ts'

export type Undo = () => void

const nothing: Undo = () => undefined

export function applyConsumerRecord(state: ShardState, record: ConsumerGroupRecord): Undo {
  const known = state.groups.get(record.groupId)
  if (known?.type === 'consumer') return applyTo(state, known, record)
  // A removal of what is not there: of a group that has been compacted, or became another kind.
  if (record.value === null) return nothing
  const group = new ConsumerGroup(record.groupId)
  state.groups.set(record.groupId, group)
  const undo = applyTo(state, group, record)
  return () => {
    undo()
    if (known === undefined) state.groups.delete(record.groupId)
    else state.groups.set(record.groupId, known)
  }
}

function applyTo(state: ShardState, group: ConsumerGroup, record: ConsumerGroupRecord): Undo {
  switch (record.type) {
    case 'epoch':
      return applyEpoch(state, group, record.value)
    case 'targetEpoch': {
      const { assignmentEpoch, assignmentTimestampMs } = group
      group.assignmentEpoch = record.value?.epoch ?? -1
      group.assignmentTimestampMs = record.value?.timestampMs ?? 0
      return () => Object.assign(group, { assignmentEpoch, assignmentTimestampMs })
    }
    case 'member':
      return replaceMember(group, record.memberId, (before) =>
        record.value === null
          ? null
          : { ...(before ?? newMember(record.memberId)), ...record.value },
      )
    case 'current':
      return applyCurrent(group, record)
    case 'target': {
      const before = group.targets.get(record.memberId)
      setOrDelete(group.targets, record.memberId, record.value ?? undefined)
      return () => setOrDelete(group.targets, record.memberId, before)
    }
    case 'regex': {
      const before = group.regexes.get(record.regex) ?? null
      group.setRegex(record.regex, record.value)
      return () => group.setRegex(record.regex, before)
    }
    case 'partitionMetadata': {
      const before = group.hasPartitionMetadata
      group.hasPartitionMetadata = record.value !== null
      return () => {
        group.hasPartitionMetadata = before
      }
    }
    default:
      return assertNever(record)
  }
}

function applyEpoch(
  state: ShardState,
  group: ConsumerGroup,
  value: { readonly epoch: number; readonly metadataHash: bigint } | null,
): Undo {
  if (value === null) {
    state.groups.delete(group.groupId)
    return () => state.groups.set(group.groupId, group)
  }
  const { groupEpoch, metadataHash } = group
  group.groupEpoch = value.epoch
  group.metadataHash = value.metadataHash
  return () => Object.assign(group, { groupEpoch, metadataHash })
}

function applyCurrent(
  group: ConsumerGroup,
  { memberId, value }: ConsumerGroupRecord & { type: 'current' },
): Undo {
  if (value === null && !group.members.has(memberId)) return nothing
  const current = value ?? {
    memberEpoch: leaveEpoch,
    previousMemberEpoch: leaveEpoch,
    state: 'Stable' as const,
    assigned: noPartitions,
    pendingRevocation: noPartitions,
  }
  return replaceMember(group, memberId, (before) => ({
    ...(before ?? newMember(memberId)),
    ...current,
  }))
}

type Member = Parameters<ConsumerGroup['setMember']>[0]

function replaceMember(
  group: ConsumerGroup,
  memberId: string,
  change: (before: Member | undefined) => Member | null,
): Undo {
  const before = group.members.get(memberId)
  const set = (member: Member | null | undefined) => {
    if (member === null || member === undefined) group.removeMember(memberId)
    else group.setMember(member)
  }
  set(change(before))
  return () => set(before)
}

function setOrDelete<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
