// Rebuilds a shard from the records of its partition, oldest first. The last record of a key holds.

import type { KeyValueRecord } from '../partition-writer.ts'
import { ClassicGroup } from './classic/classic-group.ts'
import { loadedGroup, onGroupLoaded } from './classic/load.ts'
import { applyConsumerRecord } from './consumer/apply.ts'
import { onConsumerGroupLoaded } from './consumer/deadlines.ts'
import { decodeGroupRecord } from './records.ts'
import type { ShardState } from './shard-state.ts'
import { applyStreamsRecord } from './streams/apply.ts'
import { onStreamsGroupLoaded } from './streams/deadlines.ts'
import type { Turn } from './turn.ts'

/**
 * Throws DecodeError for a record that cannot be read: a group must not be served without what it
 * says.
 */
export function replay(
  state: ShardState,
  record: KeyValueRecord,
  transactionOf: number | null = null,
): void {
  const decoded = decodeGroupRecord(record)
  switch (decoded.type) {
    case 'offset': {
      const { groupId, key, value } = decoded
      if (transactionOf !== null) {
        if (value !== null) state.pendingOffsets.add(transactionOf, groupId, [{ ...key, value }])
        return
      }
      state.pendingOffsets.supersede(groupId, key)
      const offsets = state.offsetsOf(groupId)
      if (value !== null) offsets.put(key, value)
      else offsets.remove(key)
      if (offsets.isEmpty) state.offsets.delete(groupId)
      return
    }
    case 'group': {
      const { groupId, metadata } = decoded
      // A classic group is removed when it becomes one of the consumer protocol, in the same batch.
      const isClassic = state.groups.get(groupId)?.type === 'classic'
      if (metadata !== null) state.groups.set(groupId, loadedGroup(groupId, metadata))
      else if (isClassic) state.groups.delete(groupId)
      return
    }
    case 'consumer':
      applyConsumerRecord(state, decoded.record)
      return
    case 'streams':
      applyStreamsRecord(state, decoded.record)
      return
    case 'other':
      return
  }
}

/** All records are in: groups begin to live. */
export function onLoaded(turn: Turn): void {
  const { groups, offsets } = turn.state
  for (const groupId of offsets.keys()) {
    // Commits without membership leave no record of their group.
    if (!groups.has(groupId)) groups.set(groupId, new ClassicGroup(groupId, null))
  }
  for (const group of groups.values()) {
    if (group.type === 'classic') onGroupLoaded(turn, group)
    else if (group.type === 'consumer') onConsumerGroupLoaded(turn, group)
    else onStreamsGroupLoaded(turn, group)
  }
}
