// What a record of a streams group does to the state: the one place that changes what such groups
// store, while loading and live alike. Returns how to take it back, for a write that fails.

import { assertNever } from '../../../assert.ts'
import {
  applyEntry,
  applyTargetEpoch,
  applyToGroup,
  nothing,
  removeGroup,
  replaceMember,
  type Undo,
} from '../apply-record.ts'
import type { ShardState } from '../shard-state.ts'
import { StreamsGroup } from './streams-group.ts'
import { newStreamsMember } from './streams-member.ts'
import type { GroupMetadata, StreamsGroupRecord } from './streams-records.ts'
import { noTasks } from './tasks.ts'

export function applyStreamsRecord(state: ShardState, record: StreamsGroupRecord): Undo {
  return applyToGroup(state, record, {
    isOf: (group) => group.type === 'streams',
    make: (groupId) => new StreamsGroup(groupId),
    apply: (group) => applyTo(state, group, record),
  })
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
    case 'targetEpoch':
      return applyTargetEpoch(group, record.value)
    case 'target':
      return applyEntry(group.targets, record.memberId, record.value)
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
  if (value === null) return removeGroup(state, group)
  const { groupEpoch, metadataHash, validatedTopologyEpoch, assignmentConfigs } = group
  group.groupEpoch = value.epoch
  group.metadataHash = value.metadataHash
  group.validatedTopologyEpoch = value.validatedTopologyEpoch
  group.assignmentConfigs = value.assignmentConfigs
  return () =>
    Object.assign(group, { groupEpoch, metadataHash, validatedTopologyEpoch, assignmentConfigs })
}
