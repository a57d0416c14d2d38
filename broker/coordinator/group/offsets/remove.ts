// How offsets and groups go: OffsetDelete, DeleteGroups, the deletion of topics, and the end of
// their retention (KIP-211). Each is a write of tombstones first; only when that is durable does
// anything change.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { KeyValueRecord } from '../../partition-writer.ts'
import type { AfterWrite } from '../after-write.ts'
import { lastChange } from '../commit-changes.ts'
import { encodeConsumerRecord } from '../consumer/consumer-records.ts'
import { groupTombstones } from '../consumer/downgrade.ts'
import type { DeletedTopic, DeleteGroupEvent, DeleteOffsetsEvent } from '../events.ts'
import type { DeletedGroup, OffsetDeleteResponse } from '../messages.ts'
import { groupTombstone, offsetTombstone } from '../records.ts'
import type { Group } from '../shard-state.ts'
import { encodeStreamsRecord } from '../streams/streams-records.ts'
import { streamsTombstones } from '../streams/tombstones.ts'
import type { Token, Turn } from '../turn.ts'
import { responseCodeOf } from '../write-errors.ts'
import { expiredKeys } from './expiry.ts'
import type { GroupOffsets, OffsetKey } from './offset-store.ts'

export function deleteOffsets(turn: Turn, { groupId, request, token }: DeleteOffsetsEvent): void {
  const group = turn.state.groups.get(groupId)
  const error = validateOffsetDelete(group)
  if (group === undefined || error !== null) {
    turn.respond(token, { errorCode: errorCodes[error ?? 'GROUP_ID_NOT_FOUND'], topics: [] })
    return
  }
  const offsets = turn.state.offsetsOf(groupId)
  const keys: OffsetKey[] = []
  const topics = request.topics.map(({ name, partitions }) => {
    const isSubscribed = group.isSubscribedTo(name)
    const errorCode = isSubscribed ? errorCodes.GROUP_SUBSCRIBED_TO_TOPIC : errorCodes.NONE
    for (const { partitionIndex } of isSubscribed ? [] : partitions) {
      const exists =
        offsets.get(name, partitionIndex) !== undefined || offsets.isInFlight(name, partitionIndex)
      if (exists) keys.push({ topic: name, partition: partitionIndex })
    }
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }
  })
  const response: OffsetDeleteResponse = { errorCode: errorCodes.NONE, topics }
  if (keys.length === 0) {
    turn.respond(token, response)
    return
  }
  turn.write(
    keys.map((key) => offsetTombstone(groupId, key)),
    { type: 'offsetsDeleted', groupId, keys, token, response },
    { divisible: true },
  )
}

/** Only of consumer groups is it known which topics their members still use. */
function validateOffsetDelete(group: Group | undefined): KafkaErrorName | null {
  if (group === undefined) return 'GROUP_ID_NOT_FOUND'
  if (group.type !== 'classic') return null
  if (group.state !== 'Empty' && !group.usesConsumerProtocol) return 'NON_EMPTY_GROUP'
  return null
}

export function onOffsetsDeleted(
  turn: Turn,
  { groupId, keys, token, response }: AfterWrite & { type: 'offsetsDeleted' },
  error: KafkaErrorName | null,
): void {
  if (error !== null) {
    turn.respond(token, { errorCode: responseCodeOf(error), topics: [] })
    return
  }
  removeOffsets(turn, groupId, keys)
  turn.respond(token, response)
}

export function removeOffsets(turn: Turn, groupId: string, keys: readonly OffsetKey[]): void {
  const offsets = turn.state.offsets.get(groupId)
  if (offsets === undefined) return
  for (const key of keys) offsets.remove(key)
  if (offsets.isEmpty) turn.state.offsets.delete(groupId)
}

export function deleteGroup(turn: Turn, { groupId, token }: DeleteGroupEvent): void {
  const group = turn.state.groups.get(groupId)
  if (group === undefined) {
    turn.respond(token, { groupId, errorCode: errorCodes.GROUP_ID_NOT_FOUND })
  } else if (group.state !== 'Empty') {
    turn.respond(token, { groupId, errorCode: errorCodes.NON_EMPTY_GROUP })
  } else {
    writeDeletion(turn, group, token)
  }
}

/** From here until the write ends, everything that is asked of the group waits. */
function writeDeletion(turn: Turn, group: Group, token: Token<DeletedGroup> | null): void {
  const { groupId } = group
  const keys = turn.state.offsets.get(groupId)?.keys() ?? []
  const records: KeyValueRecord[] = keys.map((key) => offsetTombstone(groupId, key))
  if (group.type === 'consumer') records.push(...groupTombstones(group).map(encodeConsumerRecord))
  else if (group.type === 'streams') {
    records.push(...streamsTombstones(group).map(encodeStreamsRecord))
  } else if (group.persisted) records.push(groupTombstone(groupId))
  const after: AfterWrite = { type: 'groupDeleted', groupId, token }
  if (records.length === 0) onGroupDeleted(turn, after, null)
  else group.deletionWriteId = turn.write(records, after, { divisible: true })
}

export function onGroupDeleted(
  turn: Turn,
  { groupId, token }: AfterWrite & { type: 'groupDeleted' },
  error: KafkaErrorName | null,
): void {
  const group = turn.state.groups.get(groupId)
  if (error === null) {
    turn.state.groups.delete(groupId)
    turn.state.offsets.delete(groupId)
    turn.cancel(groupId)
  } else if (group !== undefined) {
    group.deletionWriteId = null
    // Its timer may have fired meanwhile, to no effect.
    turn.schedule(groupId, turn.now.monotonicMs)
  }
  if (token === null) return
  const errorCode = error === null ? errorCodes.NONE : responseCodeOf(error)
  turn.respond(token, { groupId, errorCode })
}

/** The periodic cleaning: expired offsets of all groups, and groups that have none left. */
export function expireOffsets(turn: Turn): void {
  for (const group of turn.state.groups.values()) {
    if (group.deletionWriteId !== null || lastChange(turn, group.groupId) !== undefined) continue
    const { groupId } = group
    const offsets = turn.state.offsets.get(groupId)
    const expired = offsets === undefined ? [] : expiredKeys(group, offsets, turn)
    const isAll = offsets === undefined || leavesNothing(offsets, expired)
    const isAwaited =
      (group.type === 'classic' && group.pendingMembers.size > 0) ||
      turn.state.pendingOffsets.hasGroup(groupId)
    if (isAll && group.state === 'Empty' && !isAwaited) {
      writeDeletion(turn, group, null)
    } else {
      writeRemoval(turn, groupId, expired)
    }
  }
}

function leavesNothing(offsets: GroupOffsets, expired: readonly OffsetKey[]): boolean {
  return expired.length === offsets.committedCount && offsets.inFlight.size === 0
}

/** A topic of the same name may have been made anew: what was committed under the new id stays. */
export function removeTopics(turn: Turn, topics: readonly DeletedTopic[]): void {
  for (const [groupId, offsets] of turn.state.offsets) {
    const deletionWriteId = turn.state.groups.get(groupId)?.deletionWriteId ?? null
    if (deletionWriteId !== null) continue
    const keys = topics.flatMap((topic) =>
      offsets.keys(topic.name).filter((key) => {
        const topicId = offsets.get(key.topic, key.partition)?.topicId ?? zeroUuid
        return topicId === zeroUuid || topicId === topic.id
      }),
    )
    writeRemoval(turn, groupId, keys)
  }
}

function writeRemoval(turn: Turn, groupId: string, keys: readonly OffsetKey[]): void {
  if (keys.length === 0) return
  const records = keys.map((key) => offsetTombstone(groupId, key))
  turn.write(records, { type: 'offsetsRemoved', groupId, keys }, { divisible: true })
}
