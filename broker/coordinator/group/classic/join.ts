// JoinGroup for a classic group: who may come in, under which id, and whether that starts a
// rebalance. KIP-394 member ids before joining (v4), KIP-345 static members (v5), KIP-800 reasons
// (v8, not kept).

import { assert, assertNever } from '../../../assert.ts'
import type { JoinGroupEvent } from '../events.ts'
import {
  groupsPerPartitionMax,
  identifierBytesMax,
  memberProtocolsBytesMax,
  membersPerGroupMax,
  newMemberJoinTimeoutMs,
  pendingMembersMax,
} from '../limits.ts'
import type { JoinGroupRequest } from '../messages.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import { joinAnswer, joinError, unknownMemberId } from './answers.ts'
import { ClassicGroup } from './classic-group.ts'
import {
  type ClassicMember,
  keptProtocols,
  noAssignment,
  noDeadline,
  protocolsBytes,
  sameProtocols,
} from './classic-member.ts'
import {
  extendSession,
  rebalanceTimeoutMs,
  removeMember,
  updateMember,
  validateMember,
} from './membership.ts'
import { completeJoinIfReady, rebalance } from './rebalance.ts'
import { replaceStaticMember } from './static-member.ts'

/**
 * From this version on, a client must come back with the member id that its first JoinGroup gets.
 */
export const memberIdRequiredSince = 4

export function joinGroup(turn: Turn, event: JoinGroupEvent): void {
  const { request, token, groupId } = event
  const { memberId } = request
  if (protocolsBytes(request.protocols) > memberProtocolsBytesMax) {
    turn.respond(token, joinError(memberId, 'MESSAGE_TOO_LARGE'))
    return
  }
  const group = turn.state.classicGroup(groupId) ?? newGroup(turn, event)
  if (group === null) return
  if (!accepts(turn, group, memberId)) {
    const member = group.members.get(memberId)
    if (member !== undefined) removeMember(turn, group, member)
    group.pendingMembers.delete(memberId)
    turn.respond(token, joinError(unknownMemberId, 'GROUP_MAX_SIZE_REACHED'))
    // The one turned away may be the last that the others were waiting for.
    completeJoinIfReady(turn, group)
  } else if (!group.supportsProtocols(request.protocolType, request.protocols)) {
    turn.respond(token, joinError(memberId, 'INCONSISTENT_GROUP_PROTOCOL'))
  } else if (memberId === unknownMemberId) {
    joinNewMember(turn, group, event)
  } else {
    joinKnownMember(turn, group, event)
  }
}

/** A member id proves that there was a group; without the group it is worth nothing. */
function newGroup(turn: Turn, { request, token, groupId }: JoinGroupEvent): ClassicGroup | null {
  if (request.memberId !== unknownMemberId) {
    turn.respond(token, joinError(request.memberId, 'UNKNOWN_MEMBER_ID'))
    return null
  }
  if (turn.state.groups.size >= groupsPerPartitionMax) {
    turn.respond(token, joinError(unknownMemberId, 'POLICY_VIOLATION'))
    return null
  }
  const group = new ClassicGroup(groupId, turn.now.wallMs)
  turn.state.groups.set(groupId, group)
  return group
}

/**
 * Whether there is room for the member. While a rebalance gathers members those count that have
 * joined: so a group that has more than a lowered group.max.size sheds those that come last.
 */
function accepts(turn: Turn, group: ClassicGroup, memberId: string): boolean {
  const sizeMax = Math.min(turn.config.maxSize, membersPerGroupMax)
  const member = group.members.get(memberId)
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return (
        (member !== undefined && member.awaitingJoin !== null) || group.awaitingJoinCount < sizeMax
      )
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < sizeMax
    default:
      return assertNever(group.state)
  }
}

function joinNewMember(turn: Turn, group: ClassicGroup, event: JoinGroupEvent): void {
  const { request, token, apiVersion, clientId, uuid } = event
  const { groupInstanceId } = request
  const memberId = `${groupInstanceId ?? clientId}-${uuid}`
  if (Buffer.byteLength(memberId) > identifierBytesMax) {
    turn.respond(token, joinError(unknownMemberId, 'INVALID_REQUEST'))
    return
  }
  if (groupInstanceId !== null) {
    const oldMemberId = group.staticMembers.get(groupInstanceId)
    const old = oldMemberId === undefined ? undefined : group.members.get(oldMemberId)
    if (old === undefined) addMember(turn, group, event, { memberId, knowsItsId: false })
    else replaceStaticMember(turn, group, { old, event, memberId })
  } else if (apiVersion < memberIdRequiredSince) {
    addMember(turn, group, event, { memberId, knowsItsId: false })
  } else {
    addPendingMember(turn, group, memberId, request.sessionTimeoutMs)
    turn.respond(token, joinError(memberId, 'MEMBER_ID_REQUIRED'))
  }
}

function addPendingMember(
  turn: Turn,
  group: ClassicGroup,
  memberId: string,
  timeoutMs: number,
): void {
  if (group.pendingMembers.size >= pendingMembersMax) {
    const oldest = group.pendingMembers.keys().next().value
    assert(oldest !== undefined, 'a full map has a first entry')
    group.pendingMembers.delete(oldest)
  }
  const deadlineMs = turn.now.monotonicMs + timeoutMs
  group.pendingMembers.set(memberId, deadlineMs)
  arm(turn, group, deadlineMs)
}

function addMember(
  turn: Turn,
  group: ClassicGroup,
  event: JoinGroupEvent,
  { memberId, knowsItsId }: { memberId: string; knowsItsId: boolean },
): void {
  const { request, token } = event
  const member: ClassicMember = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: event.clientId,
    clientHost: event.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs(event),
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: keptProtocols(request.protocols),
    assignment: noAssignment,
    isNew: true,
    knowsItsId,
    awaitingJoin: token,
    awaitingSync: null,
    deadlineMs: noDeadline,
  }
  if (group.members.size === 0) group.protocolType = request.protocolType
  if (group.joinPhase?.type === 'initial') group.newMemberAdded = true
  group.add(member)
  extendSession(turn, group, member, newMemberJoinTimeoutMs)
  rebalance(turn, group)
}

function joinKnownMember(turn: Turn, group: ClassicGroup, event: JoinGroupEvent): void {
  const { request, token } = event
  const { memberId, groupInstanceId } = request
  if (group.pendingMembers.has(memberId) && groupInstanceId === null) {
    addMember(turn, group, event, { memberId, knowsItsId: true })
    return
  }
  const error = validateMember(group, memberId, groupInstanceId)
  if (error !== null) {
    turn.respond(token, joinError(memberId, error))
    return
  }
  const member = group.members.get(memberId)
  assert(member !== undefined, 'a validated member is in the group')
  if (needsRebalance(group, member, request)) {
    updateMember(turn, group, member, event)
    rebalance(turn, group)
  } else if (group.state === 'Empty') {
    turn.respond(token, joinError(memberId, 'UNKNOWN_MEMBER_ID'))
  } else {
    // It may have missed the answer to its first JoinGroup: tell it of the current generation once
    // more.
    const members = group.state === 'Stable' ? { members: [] } : {}
    turn.respond(token, joinAnswer(group, member, members))
  }
}

/**
 * A leader that joins a stable group asks for a rebalance: only it sees changes that no metadata
 * shows, such as new partitions of a topic.
 */
function needsRebalance(
  group: ClassicGroup,
  member: ClassicMember,
  request: JoinGroupRequest,
): boolean {
  switch (group.state) {
    case 'PreparingRebalance':
      return true
    case 'CompletingRebalance':
      return !sameProtocols(member.protocols, request.protocols)
    case 'Stable':
      return (
        group.leaderId === member.memberId || !sameProtocols(member.protocols, request.protocols)
      )
    case 'Empty':
      return false
    default:
      return assertNever(group.state)
  }
}
