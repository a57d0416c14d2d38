// What each member of a streams group is to have: made anew when the group's epoch asks for it.

import { inJavaOrder, javaStringHash } from '../assignors/java-order.ts'
import { type AssignedTasks, assignTasks } from '../assignors/sticky-tasks.ts'
import type { Changes } from '../changes.ts'
import { noDeadline } from '../classic/classic-member.ts'
import { noPartitions } from '../consumer/partitions.ts'
import type { Turn } from '../turn.ts'
import { isReady } from './configured-topology.ts'
import type { StreamsGroup } from './streams-group.ts'
import { noTasks, sameTasks } from './tasks.ts'

/** The settings of a group that assignments depend on, as they are stored with it. */
export function assignmentConfigs(turn: Turn, groupId: string): ReadonlyMap<string, string> {
  const { standbyReplicas } = turn.config.streams.settings(groupId)
  return new Map([['num.standby.replicas', String(standbyReplicas)]])
}

/** Why the group's epoch has no assignment yet, though it could; null where nothing holds it up. */
export type Delay = 'initial' | 'interval' | null

/** A new group waits for more members; later none is made too soon after the last (KIP-1263). */
export function delayOf(turn: Turn, group: StreamsGroup): Delay {
  if (group.assignmentEpoch >= group.groupEpoch) return null
  if (group.initialDelayUntilMs !== noDeadline) return 'initial'
  const { assignmentIntervalMs } = turn.config.streams.settings(group.groupId)
  const { assignmentTimestampMs } = group
  if (assignmentTimestampMs === 0 || assignmentIntervalMs === 0) return null
  return turn.now.wallMs < assignmentTimestampMs + assignmentIntervalMs ? 'interval' : null
}

/** Makes a new target assignment where the group's epoch asks for one. */
export function refreshTarget(turn: Turn, changes: Changes, group: StreamsGroup): void {
  const { groupId, groupEpoch } = group
  if (group.assignmentEpoch >= groupEpoch) return
  const targets = newTargets(group)
  for (const memberId of group.members.keys()) {
    const { active, standby } = targets.get(memberId) ?? noTasks
    const value = { active, standby, warmup: noPartitions }
    const before = group.targets.get(memberId)
    if (before !== undefined && sameTasks(before, value)) continue
    changes.addStreams({ type: 'target', groupId, memberId, value })
  }
  const value = { epoch: groupEpoch, timestampMs: turn.now.wallMs }
  changes.addStreams({ type: 'targetEpoch', groupId, value })
}

/** Nobody gets anything while the topology's topics are not all there. */
function newTargets(group: StreamsGroup): ReadonlyMap<string, AssignedTasks> {
  const { configured } = group
  if (configured === null || !isReady(configured)) return new Map()
  const members = inJavaOrder(group.members.values(), ({ memberId }) => javaStringHash(memberId))
  return assignTasks({
    members: members.map(({ memberId, processId }) => {
      const { active, standby } = group.target(memberId)
      return { memberId, processId, active, standby }
    }),
    subtopologies: configured.subtopologies ?? [],
    standbyReplicas: Number(group.assignmentConfigs.get('num.standby.replicas') ?? 0),
  })
}
