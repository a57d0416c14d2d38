// How long a member of a streams group is taken to be alive, and how long it may take to let go of
// tasks. Deadlines are no part of the records: whoever leads next gives every member its time anew.

import { noDeadline } from '../classic/classic-member.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import type { StreamsDeadlines, StreamsGroup } from './streams-group.ts'
import type { StreamsMember } from './streams-member.ts'

function deadlinesOf(group: StreamsGroup, memberId: string): StreamsDeadlines {
  const known = group.deadlines.get(memberId)
  if (known !== undefined) return known
  const none = { sessionMs: noDeadline, rebalanceMs: noDeadline }
  group.deadlines.set(memberId, none)
  return none
}

/** The member was heard of. */
export function extendSession(turn: Turn, group: StreamsGroup, memberId: string): void {
  const { sessionTimeoutMs } = turn.config.streams.settings(group.groupId)
  const deadlines = deadlinesOf(group, memberId)
  deadlines.sessionMs = turn.now.monotonicMs + sessionTimeoutMs
  arm(turn, group, deadlines.sessionMs)
}

/** A member that is to let go of tasks has its rebalance timeout for it; any other has none. */
export function limitRevocation(turn: Turn, group: StreamsGroup, member: StreamsMember): void {
  const deadlines = deadlinesOf(group, member.memberId)
  if (member.state !== 'UnrevokedTasks') {
    deadlines.rebalanceMs = noDeadline
    return
  }
  deadlines.rebalanceMs = turn.now.monotonicMs + Math.max(member.rebalanceTimeoutMs, 0)
  arm(turn, group, deadlines.rebalanceMs)
}

/** The shard goes into service, or members came back with a write that failed. */
export function onStreamsGroupLoaded(turn: Turn, group: StreamsGroup): void {
  group.timerAtMs = noDeadline
  for (const member of group.members.values()) {
    extendSession(turn, group, member.memberId)
    limitRevocation(turn, group, member)
  }
  if (group.initialDelayUntilMs !== noDeadline) arm(turn, group, group.initialDelayUntilMs)
}
