// Who may act for a member, how long a member is taken to be alive, and how one is changed or
// removed.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { JoinGroupEvent } from '../events.ts'
import { newMemberJoinTimeoutMs } from '../limits.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import {
  answerJoin,
  answerSync,
  awaitJoin,
  joinError,
  syncError,
  unknownMemberId,
} from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, keptProtocols, noDeadline } from './classic-member.ts'

/**
 * Whether a request that names itself this member, and this static instance, is the one the group
 * knows. An instance that another member id has taken over is fenced (KIP-345).
 */
export function validateMember(
  group: ClassicGroup,
  memberId: string,
  groupInstanceId: string | null,
): KafkaErrorName | null {
  if (groupInstanceId !== null) {
    const owner = group.staticMembers.get(groupInstanceId)
    if (owner === undefined) return 'UNKNOWN_MEMBER_ID'
    if (owner !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return group.members.has(memberId) ? null : 'UNKNOWN_MEMBER_ID'
}

/** The member was heard of, or answered: it has this long for its next sign of life. */
export function extendSession(
  turn: Turn,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs: number = member.sessionTimeoutMs,
): void {
  member.deadlineMs = turn.now.monotonicMs + timeoutMs
  arm(turn, group, member.deadlineMs)
}

/**
 * A member with a request waiting needs no heartbeat, save a new one, which nothing else would ever
 * remove.
 */
export function isExpired(member: ClassicMember, nowMs: number): boolean {
  if (member.deadlineMs > nowMs) return false
  return member.isNew || (member.awaitingJoin === null && member.awaitingSync === null)
}

/**
 * Takes the member out and answers what it waits for. What that means for the rebalance is the
 * caller's to see.
 */
export function removeMember(turn: Turn, group: ClassicGroup, member: ClassicMember): void {
  answerJoin(turn, group, member, joinError(unknownMemberId, 'UNKNOWN_MEMBER_ID'))
  answerSync(turn, member, syncError('UNKNOWN_MEMBER_ID'))
  member.deadlineMs = noDeadline
  group.remove(member.memberId)
}

/** Takes over what the request says and has the member wait for the rebalance. */
export function updateMember(
  turn: Turn,
  group: ClassicGroup,
  member: ClassicMember,
  event: JoinGroupEvent,
): void {
  group.setProtocols(member, keptProtocols(event.request.protocols))
  member.rebalanceTimeoutMs = rebalanceTimeoutMs(event)
  member.sessionTimeoutMs = event.request.sessionTimeoutMs
  awaitJoin(turn, group, member, event.token)
  if (member.isNew) extendSession(turn, group, member, newMemberJoinTimeoutMs)
}

/** Version 0 knows no rebalance timeout: members of that age get the session's. */
export function rebalanceTimeoutMs({ apiVersion, request }: JoinGroupEvent): number {
  return apiVersion === 0 ? request.sessionTimeoutMs : Math.max(request.rebalanceTimeoutMs, 0)
}
