// The group coordinator's core for one partition of `__consumer_offsets`: takes events, changes its
// state and says what is to be done. No clock, I/O, timers or randomness inside: the same events
// give the same effects. Safe to drop at any time: what it answered as done is in the records it
// had written.

import { assert, assertNever } from '../../assert.ts'
import type { Core } from '../led-shard.ts'
import type { KeyValueRecord } from '../partition-writer.ts'
import { Changes } from './changes.ts'
import { joinError } from './classic/answers.ts'
import { describeGroup, listedGroup } from './classic/describe.ts'
import { heartbeat } from './classic/heartbeat.ts'
import { joinGroup } from './classic/join.ts'
import { leaveGroup } from './classic/leave.ts'
import { onStaticMemberStored } from './classic/static-member.ts'
import { onAssignmentStored, syncGroup } from './classic/sync.ts'
import { onAbandoned, onTimeout } from './classic/timeouts.ts'
import { commitChanges, conversionOf, lastChange, onGroupChanged } from './commit-changes.ts'
import {
  heartbeatClassically,
  joinClassically,
  leaveClassically,
  syncClassically,
} from './consumer/classic-members.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { onConsumerGroupLoaded } from './consumer/deadlines.ts'
import { describeConsumerGroup, listedConsumerGroup } from './consumer/describe.ts'
import { groupTombstones } from './consumer/downgrade.ts'
import { consumerHeartbeat } from './consumer/heartbeat.ts'
import { onRegexesResolved } from './consumer/regex.ts'
import { onConsumerTimeout } from './consumer/timeouts.ts'
import type { RequestEvent, ShardEvent } from './events.ts'
import type { ListedGroup } from './messages.ts'
import { commitOffsets, onOffsetsCommitted } from './offsets/commit.ts'
import { fetchOffsets } from './offsets/fetch.ts'
import {
  deleteGroup,
  deleteOffsets,
  expireOffsets,
  onGroupDeleted,
  onOffsetsDeleted,
  removeOffsets,
  removeTopics,
} from './offsets/remove.ts'
import {
  commitTransactional,
  endTransaction,
  onTransactionalCommitted,
  onTransactionEnded,
  settleTransaction,
} from './offsets/transactional.ts'
import { onLoaded, replay } from './replay.ts'
import { type Group, type PendingWrite, ShardState } from './shard-state.ts'
import { onStreamsGroupLoaded } from './streams/deadlines.ts'
import { describeStreamsGroup, listedStreamsGroup } from './streams/describe.ts'
import { streamsHeartbeat } from './streams/heartbeat.ts'
import type { StreamsGroup } from './streams/streams-group.ts'
import { onStreamsTimeout } from './streams/timeouts.ts'
import { streamsTombstones } from './streams/tombstones.ts'
import { type Effect, type Surroundings, Turn } from './turn.ts'

export class GroupShard implements Core {
  readonly state = new ShardState()

  /** For loading only, before the `loaded` event. */
  replay(record: KeyValueRecord, transactionOf: number | null = null): void {
    replay(this.state, record, transactionOf)
  }

  replayMarker(producerId: number, isCommit: boolean): void {
    settleTransaction(this.state, producerId, isCommit)
  }

  step(event: ShardEvent, surroundings: Surroundings): Effect[] {
    const turn = new Turn(this.state, surroundings)
    this.#dispatch(turn, event)
    return turn.effects
  }

  list(): ListedGroup[] {
    return Array.from(this.state.groups.values(), (group) => listed(group))
  }

  #dispatch(turn: Turn, event: ShardEvent): void {
    switch (event.type) {
      case 'written':
        this.#onWritten(turn, event)
        return
      case 'abandoned':
      case 'timeout':
        this.#onGroupEvent(turn, event)
        dropIfVoid(turn, event.groupId)
        return
      case 'loaded':
        onLoaded(turn)
        return
      case 'expireOffsets':
        expireOffsets(turn)
        return
      case 'topicsDeleted':
        removeTopics(turn, event.topics)
        return
      case 'regexesResolved':
        onRegexesResolved(turn, event)
        return
      default:
        if (waitsForWrite(turn, event)) return
        onRequest(turn, event)
        dropIfVoid(turn, event.groupId)
    }
  }

  #onGroupEvent(turn: Turn, event: ShardEvent & { type: 'abandoned' | 'timeout' }): void {
    const group = turn.state.groups.get(event.groupId)
    // A group under deletion has nothing that is due; should the deletion fail, its timer is set
    // again.
    if (group === undefined || group.deletionWriteId !== null) return
    if (group.type !== 'classic') {
      if (event.type === 'abandoned') return
      if (group.type === 'consumer') onConsumerTimeout(turn, group)
      else onStreamsTimeout(turn, group)
    } else if (event.type === 'timeout') onTimeout(turn, group)
    else onAbandoned(turn, group, event.token)
  }

  #onWritten(turn: Turn, { writeId, error }: ShardEvent & { type: 'written' }): void {
    const write = turn.state.writes.get(writeId)
    assert(write !== undefined, 'a write ends once')
    turn.state.writes.delete(writeId)
    const { after } = write
    const group = turn.state.groups.get(after.groupId)
    switch (after.type) {
      case 'assignmentStored':
        if (group?.type === 'classic') onAssignmentStored(turn, group, after, error)
        break
      case 'staticMemberStored':
        if (group?.type === 'classic') onStaticMemberStored(turn, group, after, error)
        break
      case 'groupStored':
        break
      case 'groupChanged':
        if (onGroupChanged(turn, { ...write, after }, error)) restoreTimer(turn, after.groupId)
        break
      case 'offsetsCommitted':
        onOffsetsCommitted(turn, writeId, after, error)
        break
      case 'transactionalCommitted':
        onTransactionalCommitted(turn, after, error)
        break
      case 'transactionEnded':
        onTransactionEnded(turn, after, error)
        break
      case 'offsetsDeleted':
        onOffsetsDeleted(turn, after, error)
        break
      case 'offsetsRemoved':
        if (error === null) removeOffsets(turn, after.groupId, after.keys)
        break
      case 'groupDeleted':
        onGroupDeleted(turn, after, error)
        break
      default:
        assertNever(after)
    }
    for (const waiting of write.next) this.#dispatch(turn, waiting)
    dropIfVoid(turn, after.groupId)
  }
}

/** Members that came back with a failed write get their time anew. */
function restoreTimer(turn: Turn, groupId: string): void {
  const group = turn.state.groups.get(groupId)
  if (group?.type === 'consumer') onConsumerGroupLoaded(turn, group)
  if (group?.type === 'streams') onStreamsGroupLoaded(turn, group)
}

function listed(group: Group): ListedGroup {
  switch (group.type) {
    case 'classic':
      return listedGroup(group)
    case 'consumer':
      return listedConsumerGroup(group)
    case 'streams':
      return listedStreamsGroup(group)
    default:
      return assertNever(group)
  }
}

function onRequest(turn: Turn, event: RequestEvent): void {
  const group = turn.state.groups.get(event.groupId)
  if (group?.type === 'consumer' && onClassicRequest(turn, group, event)) return
  if (group?.type === 'streams' && event.type === 'joinGroup') {
    if (group.members.size === 0) return makeRoomForClassic(turn, group, event)
    const { token, request } = event
    return turn.respond(token, joinError(request.memberId, 'INCONSISTENT_GROUP_PROTOCOL'))
  }
  switch (event.type) {
    case 'joinGroup':
      joinGroup(turn, event)
      return
    case 'syncGroup':
      syncGroup(turn, event)
      return
    case 'heartbeat':
      heartbeat(turn, event)
      return
    case 'leaveGroup':
      leaveGroup(turn, event)
      return
    case 'consumerHeartbeat':
      consumerHeartbeat(turn, event)
      return
    case 'describeConsumerGroup':
      turn.respond(event.token, describeConsumerGroup(turn, event.groupId))
      return
    case 'streamsHeartbeat':
      streamsHeartbeat(turn, event)
      return
    case 'describeStreamsGroup':
      turn.respond(event.token, describeStreamsGroup(turn, event.groupId))
      return
    case 'commitOffsets':
      commitOffsets(turn, event)
      return
    case 'commitTransactional':
      commitTransactional(turn, event)
      return
    case 'endTransaction':
      endTransaction(turn, event)
      return
    case 'fetchOffsets':
      fetchOffsets(turn, event)
      return
    case 'deleteOffsets':
      deleteOffsets(turn, event)
      return
    case 'describeGroup':
      turn.respond(event.token, describeGroup(turn.state, event))
      return
    case 'deleteGroup':
      deleteGroup(turn, event)
      return
    default:
      assertNever(event)
  }
}

/** What members of the classic protocol ask of a group of the consumer protocol. */
function onClassicRequest(turn: Turn, group: ConsumerGroup, event: RequestEvent): boolean {
  switch (event.type) {
    case 'joinGroup':
      if (group.members.size > 0) joinClassically(turn, group, event)
      else makeRoomForClassic(turn, group, event)
      return true
    case 'syncGroup':
      syncClassically(turn, group, event)
      return true
    case 'heartbeat':
      heartbeatClassically(turn, group, event)
      return true
    case 'leaveGroup':
      leaveClassically(turn, group, event)
      return true
    default:
      return false
  }
}

/** An empty group makes room for a classic one; what it committed stays the group's. */
function makeRoomForClassic(
  turn: Turn,
  group: ConsumerGroup | StreamsGroup,
  event: RequestEvent,
): void {
  const changes = new Changes(turn.state, group.groupId)
  if (group.type === 'consumer') for (const record of groupTombstones(group)) changes.add(record)
  else for (const record of streamsTombstones(group)) changes.addStreams(record)
  commitChanges(turn, changes, null)
  onRequest(turn, event)
}

/**
 * What is asked of a group that is being deleted, or made into one of another kind, is answered
 * when it is known whether it was.
 */
function waitsForWrite(turn: Turn, event: RequestEvent): boolean {
  if (event.type === 'fetchOffsets' || event.type === 'describeGroup') return false
  const write = exclusiveWrite(turn, event)
  if (write === undefined) return false
  write.next.push(event)
  return true
}

function exclusiveWrite(turn: Turn, { type, groupId }: RequestEvent): PendingWrite | undefined {
  const writeId = turn.state.groups.get(groupId)?.deletionWriteId ?? null
  if (writeId !== null) {
    const write = turn.state.writes.get(writeId)
    assert(write !== undefined, 'a deletion is under way until its write ends')
    return write
  }
  // A group is not deleted upon a state that may yet be taken back.
  return type === 'deleteGroup' ? lastChange(turn, groupId) : conversionOf(turn, groupId)
}

/**
 * Forgets a group of which nothing is stored and that nobody is in: a client made it up and went.
 */
function dropIfVoid(turn: Turn, groupId: string): void {
  const offsets = turn.state.offsets.get(groupId)
  if (offsets?.isEmpty === true) turn.state.offsets.delete(groupId)
  const group = turn.state.groups.get(groupId)
  if (group?.type !== 'classic' || group.persisted || group.deletionWriteId !== null) return
  if (group.state !== 'Empty' || group.pendingMembers.size > 0) return
  if (turn.state.offsets.has(groupId) || turn.state.pendingOffsets.hasGroup(groupId)) return
  turn.state.groups.delete(groupId)
  turn.cancel(groupId)
}
