// What time does to a consumer group: members that were not heard of, or that held on to partitions
// for too long, are removed. One timer a group; when it fires everything that is due happens.

import { Changes } from '../changes.ts'
import { noDeadline } from '../classic/classic-member.ts'
import { commitChanges } from '../commit-changes.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { removeMembers } from './leave.ts'

export function onConsumerTimeout(turn: Turn, group: ConsumerGroup): void {
  group.timerAtMs = noDeadline
  const nowMs = turn.now.monotonicMs
  const overdue = [...group.members.values()].filter(({ memberId }) => {
    const deadlines = group.deadlines.get(memberId)
    return deadlines !== undefined && earliest(deadlines) <= nowMs
  })
  const changes = new Changes(turn.state, group.groupId)
  removeMembers(turn, changes, { group, members: overdue })
  commitChanges(turn, changes, null)
  armForNext(turn, group)
}

type Deadlines = ReturnType<ConsumerGroup['deadlines']['get']> & object

function earliest({ sessionMs, rebalanceMs, joinMs, syncMs }: Deadlines): number {
  return Math.min(sessionMs, rebalanceMs, joinMs, syncMs)
}

function armForNext(turn: Turn, group: ConsumerGroup): void {
  // Converted meanwhile: the group of the other kind has a timer of its own.
  if (turn.state.groups.get(group.groupId) !== group) return
  let nextMs = noDeadline
  for (const deadlines of group.deadlines.values()) nextMs = Math.min(nextMs, earliest(deadlines))
  if (nextMs !== noDeadline) arm(turn, group, nextMs)
}
