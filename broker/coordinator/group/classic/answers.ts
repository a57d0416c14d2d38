// The answers to JoinGroup and SyncGroup, and the one place that gives them to waiting members, so
// that no request is answered twice or forgotten.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { JoinGroupResponse, SyncGroupResponse } from '../messages.ts'
import type { Token, Turn } from '../turn.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, metadataFor, noAssignment } from './classic-member.ts'

/** The member id of an answer to a client that has none, or is to forget its own. */
export const unknownMemberId = ''

export function joinError(memberId: string, error: KafkaErrorName): JoinGroupResponse {
  return {
    errorCode: errorCodes[error],
    protocolName: null,
    leader: '',
    memberId,
    members: [],
  }
}

/** What a member gets that is in the current generation. */
export function joinAnswer(
  group: ClassicGroup,
  member: ClassicMember,
  overrides: Partial<JoinGroupResponse> = {},
): JoinGroupResponse {
  return {
    errorCode: errorCodes.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    memberId: member.memberId,
    members: group.leaderId === member.memberId ? joinedMembers(group) : [],
    ...overrides,
  }
}

function joinedMembers(group: ClassicGroup): JoinGroupResponse['members'] {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataFor(member, group.protocolName),
  }))
}

export function syncError(error: KafkaErrorName): SyncGroupResponse {
  return { errorCode: errorCodes[error], assignment: noAssignment }
}

export function syncAnswer(group: ClassicGroup, member: ClassicMember): SyncGroupResponse {
  return {
    errorCode: errorCodes.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  }
}

/** Answers the member's waiting JoinGroup; false when none waits. */
export function answerJoin(
  turn: Turn,
  group: ClassicGroup,
  member: ClassicMember,
  response: JoinGroupResponse,
): boolean {
  const token = group.setAwaitingJoin(member, null)
  if (token === null) return false
  turn.respond(token, response)
  return true
}

/** Answers the member's waiting SyncGroup; false when none waits. */
export function answerSync(
  turn: Turn,
  member: ClassicMember,
  response: SyncGroupResponse,
): boolean {
  const token = member.awaitingSync
  if (token === null) return false
  member.awaitingSync = null
  turn.respond(token, response)
  return true
}

/**
 * Has the member wait for this JoinGroup. One that waited before came by another connection, most
 * likely a dead one; should it be alive, its client is told to join again.
 */
export function awaitJoin(
  turn: Turn,
  group: ClassicGroup,
  member: ClassicMember,
  token: Token<JoinGroupResponse>,
): void {
  const before = group.setAwaitingJoin(member, token)
  if (before !== null) turn.respond(before, joinError(member.memberId, 'REBALANCE_IN_PROGRESS'))
}

export function awaitSync(
  turn: Turn,
  member: ClassicMember,
  token: Token<SyncGroupResponse>,
): void {
  answerSync(turn, member, syncError('REBALANCE_IN_PROGRESS'))
  member.awaitingSync = token
}
