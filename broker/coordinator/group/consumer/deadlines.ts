// How long a member of a consumer group is taken to be alive, and how long it may take to let go of
// partitions. Deadlines are no part of the records: whoever leads next gives every member its time
// anew.

import { noDeadline } from '../classic/classic-member.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup, MemberDeadlines } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

export function deadlinesOf(group: ConsumerGroup, memberId: string): MemberDeadlines {
  const known = group.deadlines.get(memberId)
  if (known !== undefined) return known
  const none: MemberDeadlines = {
    sessionMs: noDeadline,
    rebalanceMs: noDeadline,
    joinMs: noDeadline,
    syncMs: noDeadline,
  }
  group.deadlines.set(memberId, none)
  return none
}

/** The member was heard of. */
export function extendSession(turn: Turn, group: ConsumerGroup, member: ConsumerMember): void {
  const { sessionTimeoutMs } = turn.config.consumer.settings(group.groupId)
  const timeoutMs = member.classic?.sessionTimeoutMs ?? sessionTimeoutMs
  const deadlines = deadlinesOf(group, member.memberId)
  deadlines.sessionMs = turn.now.monotonicMs + timeoutMs
  arm(turn, group, deadlines.sessionMs)
}

/** A member that is to let go of partitions has its rebalance timeout for it; any other has none. */
export function limitRevocation(turn: Turn, group: ConsumerGroup, member: ConsumerMember): void {
  const deadlines = deadlinesOf(group, member.memberId)
  if (member.classic !== null || member.state !== 'UnrevokedPartitions') {
    deadlines.rebalanceMs = noDeadline
    return
  }
  deadlines.rebalanceMs = turn.now.monotonicMs + Math.max(member.rebalanceTimeoutMs, 0)
  arm(turn, group, deadlines.rebalanceMs)
}

/** A member of the classic protocol is told to join again: it has its rebalance timeout for it. */
export function limitJoin(turn: Turn, group: ConsumerGroup, member: ConsumerMember): void {
  const deadlines = deadlinesOf(group, member.memberId)
  if (deadlines.joinMs !== noDeadline) return
  deadlines.joinMs = turn.now.monotonicMs + Math.max(member.rebalanceTimeoutMs, 0)
  arm(turn, group, deadlines.joinMs)
}

/** It joined, and is to ask for its assignment. */
export function limitSync(turn: Turn, group: ConsumerGroup, member: ConsumerMember): void {
  const deadlines = deadlinesOf(group, member.memberId)
  deadlines.joinMs = noDeadline
  deadlines.syncMs = turn.now.monotonicMs + Math.max(member.rebalanceTimeoutMs, 0)
  arm(turn, group, deadlines.syncMs)
}

/** The shard goes into service, or members came back with a write that failed. */
export function onConsumerGroupLoaded(turn: Turn, group: ConsumerGroup): void {
  group.timerAtMs = noDeadline
  for (const member of group.members.values()) {
    extendSession(turn, group, member)
    limitRevocation(turn, group, member)
  }
}
