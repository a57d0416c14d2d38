// What a record of a consumer group does to the state: the one place that changes such groups,
// while loading and live alike. Returns how to take it back, for a write that fails.

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
import { ConsumerGroup } from './consumer-group.ts'
import { leaveEpoch, newMember } from './consumer-member.ts'
import type { ConsumerGroupRecord } from './consumer-records.ts'
import { noPartitions } from './partitions.ts'

export function applyConsumerRecord(state: ShardState, record: ConsumerGroupRecord): Undo {
  return applyToGroup(state, record, {
    isOf: (group) => group.type === 'consumer',
    make: (groupId) => new ConsumerGroup(groupId),
    apply: (group) => applyTo(state, group, record),
  })
}

function applyTo(state: ShardState, group: ConsumerGroup, record: ConsumerGroupRecord): Undo {
  switch (record.type) {
    case 'epoch':
      return applyEpoch(state, group, record.value)
    case 'targetEpoch':
      return applyTargetEpoch(group, record.value)
    case 'member':
      return replaceMember(group, record.memberId, (before) =>
        record.value === null
          ? null
          : { ...(before ?? newMember(record.memberId)), ...record.value },
      )
    case 'current':
      return applyCurrent(group, record)
    case 'target':
      return applyEntry(group.targets, record.memberId, record.value)
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
  if (value === null) return removeGroup(state, group)
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
