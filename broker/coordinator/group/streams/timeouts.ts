// What time does to a streams group: members that were not heard of, or that held on to tasks for
// too long, are removed, and a new group that has waited for its members gets its first assignment.
// One timer a group; when it fires everything that is due happens.

import { Changes } from '../changes.ts'
import { noDeadline } from '../classic/classic-member.ts'
import { commitChanges } from '../commit-changes.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import { removeStreamsMembers } from './leave.ts'
import type { StreamsGroup } from './streams-group.ts'
import { refreshTarget } from './target.ts'

export function onStreamsTimeout(turn: Turn, group: StreamsGroup): void {
  group.timerAtMs = noDeadline
  const nowMs = turn.now.monotonicMs
  const overdue = [...group.members.keys()].filter((memberId) => {
    const deadlines = group.deadlines.get(memberId)
    return deadlines !== undefined && Math.min(deadlines.sessionMs, deadlines.rebalanceMs) <= nowMs
  })
  const changes = new Changes(turn.state, group.groupId)
  if (group.initialDelayUntilMs <= nowMs) {
    group.initialDelayUntilMs = noDeadline
    if (group.members.size > 0) refreshTarget(turn, changes, group)
  }
  removeStreamsMembers(changes, group, overdue)
  commitChanges(turn, changes, null)
  armForNext(turn, group)
}

function armForNext(turn: Turn, group: StreamsGroup): void {
  let nextMs = group.initialDelayUntilMs
  for (const { sessionMs, rebalanceMs } of group.deadlines.values()) {
    nextMs = Math.min(nextMs, sessionMs, rebalanceMs)
  }
  if (nextMs !== noDeadline) arm(turn, group, nextMs)
}
