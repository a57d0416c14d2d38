// Which group and which member a heartbeat of a streams group speaks for, and whether it may:
// epochs fence members that the group has given up.

import { BrokerError } from '../../../errors.ts'
import type { Changes } from '../changes.ts'
import { joinEpoch } from '../consumer/consumer-member.ts'
import { groupsPerPartitionMax, membersPerGroupMax } from '../limits.ts'
import type { StreamsHeartbeatRequest } from '../messages.ts'
import { groupTombstone } from '../records.ts'
import type { Turn } from '../turn.ts'
import { unknownStreamsMember } from './leave.ts'
import { StreamsGroup } from './streams-group.ts'
import { newStreamsMember, type StreamsMember } from './streams-member.ts'
import { areWithin } from './tasks.ts'

export function groupForHeartbeat(
  turn: Turn,
  changes: Changes,
  { groupId, memberId, memberEpoch }: StreamsHeartbeatRequest,
): StreamsGroup {
  const group = turn.state.groups.get(groupId)
  if (group?.type === 'streams') {
    if (memberEpoch === joinEpoch) checkSize(turn, group, memberId)
    return group
  }
  if (memberEpoch !== joinEpoch && group === undefined) {
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Streams group ${groupId} not found.`)
  }
  // An empty classic group makes room; what it committed stays the group's.
  const isReplaced = group?.type === 'classic' && group.state === 'Empty'
  if (memberEpoch !== joinEpoch || (group !== undefined && !isReplaced)) {
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a streams group.`)
  }
  if (group === undefined && turn.state.groups.size >= groupsPerPartitionMax) {
    throw new BrokerError('POLICY_VIOLATION', 'This coordinator keeps as many groups as it may.')
  }
  const made = new StreamsGroup(groupId)
  turn.state.groups.set(groupId, made)
  const tombstones = isReplaced && group.persisted ? [groupTombstone(groupId)] : []
  changes.addApplied(tombstones, () => {
    if (group === undefined) turn.state.groups.delete(groupId)
    else turn.state.groups.set(groupId, group)
  })
  return made
}

function checkSize(turn: Turn, group: StreamsGroup, memberId: string): void {
  const sizeMax = Math.min(turn.config.streams.maxSize, membersPerGroupMax)
  if (group.members.size < sizeMax || group.members.has(memberId)) return
  throw new BrokerError(
    'GROUP_MAX_SIZE_REACHED',
    `The streams group has reached its maximum capacity of ${sizeMax} members.`,
  )
}

/** The member as it was before; a new one for a join. */
export function memberForHeartbeat(
  group: StreamsGroup,
  request: StreamsHeartbeatRequest,
): StreamsMember {
  const { memberId, memberEpoch, instanceId } = request
  if (instanceId !== null) {
    throw new BrokerError('UNSUPPORTED_VERSION', 'Static members are not supported yet.')
  }
  const member = group.members.get(memberId)
  if (member === undefined) {
    if (memberEpoch !== joinEpoch) throw unknownStreamsMember(group.groupId, memberId)
    return newStreamsMember(memberId)
  }
  checkEpoch(member, request)
  return member
}

/**
 * A member that missed the answer to its last heartbeat comes with the epoch before, and may go on
 * when it has nothing that is not its own.
 */
function checkEpoch(member: StreamsMember, request: StreamsHeartbeatRequest): void {
  const epoch = request.memberEpoch
  // A member that was fenced comes back with nothing.
  if (epoch === member.memberEpoch || epoch === joinEpoch) return
  const isGreater = epoch > member.memberEpoch
  const missedOne = !isGreater && epoch === member.previousMemberEpoch
  if (missedOne && ownsOnlyItsOwn(member, request)) return
  throw new BrokerError(
    'FENCED_MEMBER_EPOCH',
    `The streams group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${epoch}) ` +
      `than the one known by the group coordinator (${member.memberEpoch}). The member must ` +
      'abandon all its partitions and rejoin.',
  )
}

function ownsOnlyItsOwn({ assigned }: StreamsMember, request: StreamsHeartbeatRequest): boolean {
  const { activeTasks, standbyTasks, warmupTasks } = request
  return (
    activeTasks !== null &&
    standbyTasks !== null &&
    warmupTasks !== null &&
    areWithin(activeTasks, assigned.active) &&
    areWithin(standbyTasks, assigned.standby) &&
    areWithin(warmupTasks, assigned.warmup)
  )
}
