// What time does to a classic group: member ids that nobody came back with, sessions, the gathering
// of a rebalance and the wait for SyncGroup. One timer a group; when it fires everything that is
// due happens, and it is set anew.

import { abandonedJoinGraceMs } from '../limits.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import type { ClassicGroup } from './classic-group.ts'
import { noDeadline } from './classic-member.ts'
import { isExpired, removeMember } from './membership.ts'
import { completeJoinIfReady, onJoinDeadline, prepareRebalance, rebalance } from './rebalance.ts'

export function onTimeout(turn: Turn, group: ClassicGroup): void {
  const nowMs = turn.now.monotonicMs
  group.timerAtMs = noDeadline
  if (dropPendingMembers(group, nowMs)) completeJoinIfReady(turn, group)
  if (expireSessions(turn, group, nowMs) && group.state !== 'Empty') rebalance(turn, group)
  if (group.syncDeadlineMs <= nowMs) onSyncDeadline(turn, group)
  if (group.joinPhase !== null && group.joinPhase.deadlineMs <= nowMs) onJoinDeadline(turn, group)
  armForNext(turn, group)
}

function dropPendingMembers(group: ClassicGroup, nowMs: number): boolean {
  let dropped = false
  for (const [memberId, deadlineMs] of group.pendingMembers) {
    if (deadlineMs > nowMs) continue
    group.pendingMembers.delete(memberId)
    dropped = true
  }
  return dropped
}

function expireSessions(turn: Turn, group: ClassicGroup, nowMs: number): boolean {
  let removed = false
  for (const member of group.members.values()) {
    if (isExpired(member, nowMs)) {
      removeMember(turn, group, member)
      removed = true
    } else if (member.deadlineMs <= nowMs) {
      // It waits for an answer, which will start its session anew.
      member.deadlineMs = noDeadline
    }
  }
  return removed
}

/** Those that joined but never asked for their assignment are gone. */
function onSyncDeadline(turn: Turn, group: ClassicGroup): void {
  group.syncDeadlineMs = noDeadline
  if (group.pendingSync.size === 0) return
  for (const memberId of group.pendingSync) {
    const member = group.members.get(memberId)
    if (member !== undefined) removeMember(turn, group, member)
  }
  prepareRebalance(turn, group)
}

function armForNext(turn: Turn, group: ClassicGroup): void {
  let nextMs = Math.min(group.syncDeadlineMs, group.joinPhase?.deadlineMs ?? noDeadline)
  for (const deadlineMs of group.pendingMembers.values()) nextMs = Math.min(nextMs, deadlineMs)
  for (const member of group.members.values()) nextMs = Math.min(nextMs, member.deadlineMs)
  if (nextMs !== noDeadline) arm(turn, group, nextMs)
}

/**
 * The connection of a waiting JoinGroup closed. Kafka cannot see that and gives the dead member
 * partitions until its session ends. Here a member that cannot know its id leaves at once; one that
 * can has a moment to come back. A static member keeps its place, as it does when it restarts.
 */
export function onAbandoned(turn: Turn, group: ClassicGroup, token: number): void {
  for (const member of group.members.values()) {
    if (member.awaitingJoin !== token) continue
    if (member.groupInstanceId !== null) return
    if (member.isNew && !member.knowsItsId) {
      removeMember(turn, group, member)
      if (group.state !== 'Empty') rebalance(turn, group)
      return
    }
    group.setAwaitingJoin(member, null)
    member.deadlineMs = turn.now.monotonicMs + abandonedJoinGraceMs
    arm(turn, group, member.deadlineMs)
    return
  }
}
