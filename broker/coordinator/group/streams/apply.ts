// What a record of a streams group does to the state: the one place that changes what such groups
// store, while loading and live alike. Returns how to take it back, for a write that fails.

import { assertNever } from '../../../assert.ts'
import type { Undo } from '../consumer/apply.ts'
import type { ShardState } from '../shard-state.ts'
import { StreamsGroup } from './streams-group.ts'
import { newStreamsMember, type StreamsMember } from './streams-member.ts'
import type { GroupMetadata, StreamsGroupRecord } from './streams-records.ts'
import { noTasks } from './tasks.ts'

const nothing: Undo = () => undefined

export function applyStreamsRecord(state: ShardState, record: StreamsGroupRecord): Undo {
  const known = state.groups.get(record.groupId)
  if (known?.type === 'streams') return applyTo(state, known, record)
  // A removal of what is not there: of a group that has been compacted, or became another kind.
  if (record.value === null) return nothing
  const group = new StreamsGroup(record.groupId)
  state.groups.set(record.groupId, group)
  const undo = applyTo(state, group, record)
  return () => {
    undo()
    if (known === undefined) state.groups.delete(record.groupId)
    else state.groups.set(record.groupId, known)
  }
}

function applyTo(state: ShardState, group: StreamsGroup, record: StreamsGroupRecord): Undo {
  switch (record.type) {
    case 'metadata':
      return applyMetadata(state, group, record.value)
    case 'topology': {
      const { topology } = group
      group.topology = record.value
      return () => {
        group.topology = topology
      }
    }
    case 'targetEpoch': {
      const { assignmentEpoch, assignmentTimestampMs } = group
      group.assignmentEpoch = record.value?.epoch ?? -1
      group.assignmentTimestampMs = record.value?.timestampMs ?? 0
      return () => Object.assign(group, { assignmentEpoch, assignmentTimestampMs })
    }
    case 'target': {
      const { memberId, value } = record
      const before = group.targets.get(memberId)
      setTarget(group, memberId, value)
      return () => setTarget(group, memberId, before ?? null)
    }
    case 'member':
      return replaceMember(group, record.memberId, (before) =>
        record.value === null
          ? null
          : { ...(before ?? newStreamsMember(record.memberId)), ...record.value },
      )
    case 'current': {
      const { memberId, value } = record
      if (value === null && !group.members.has(memberId)) return nothing
      return replaceMember(group, memberId, (before) => ({
        ...(before ?? newStreamsMember(memberId)),
        ...(value ?? noCurrent),
      }))
    }
    default:
      return assertNever(record)
  }
}

/** Of a member that is about to be removed. */
const noCurrent = {
  memberEpoch: -1,
  previousMemberEpoch: -1,
  state: 'Stable',
  assigned: noTasks,
  pendingRevocation: noTasks,
} as const

function applyMetadata(state: ShardState, group: StreamsGroup, value: GroupMetadata | null): Undo {
  if (value === null) {
    state.groups.delete(group.groupId)
    return () => state.groups.set(group.groupId, group)
  }
  const { groupEpoch, metadataHash, validatedTopologyEpoch, assignmentConfigs } = group
  group.groupEpoch = value.epoch
  group.metadataHash = value.metadataHash
  group.validatedTopologyEpoch = value.validatedTopologyEpoch
  group.assignmentConfigs = value.assignmentConfigs
  return () =>
    Object.assign(group, { groupEpoch, metadataHash, validatedTopologyEpoch, assignmentConfigs })
}

function setTarget(
  group: StreamsGroup,
  memberId: string,
  target: ReturnType<StreamsGroup['target']> | null,
): void {
  if (target === null) group.targets.delete(memberId)
  else group.targets.set(memberId, target)
}

function replaceMember(
  group: StreamsGroup,
  memberId: string,
  change: (before: StreamsMember | undefined) => StreamsMember | null,
): Undo {
  const before = group.members.get(memberId)
  const set = (member: StreamsMember | null | undefined) => {
    if (member === null || member === undefined) group.removeMember(memberId)
    else group.setMember(member)
  }
  set(change(before))
  return () => set(before)
}
