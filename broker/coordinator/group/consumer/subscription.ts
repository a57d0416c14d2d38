// What the members of a consumer group subscribe to, and what becomes of the group when that
// changes or when the topics do: its epoch is bumped, and a new target assignment is made.

import type { AssignmentMember } from '../assignors/assignor.ts'
import { assignors } from '../assignors/assignors.ts'
import { inJavaOrder, javaStringHash } from '../assignors/java-order.ts'
import { uniformAssignor } from '../assignors/uniform.ts'
import type { Changes } from '../changes.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, regexOf } from './consumer-member.ts'
import { metadataHash } from './metadata-hash.ts'
import { noPartitions, type Partitions, samePartitions } from './partitions.ts'

/** Bumps the group's epoch where `must` says so, or where a subscribed topic changed. */
export function refreshEpoch(
  turn: Turn,
  changes: Changes,
  { group, must }: { group: ConsumerGroup; must: boolean },
): void {
  if (!must && group.topicsVersion === turn.topics.version) return
  const hash = metadataHash(group.subscribedTopics, turn.topics)
  group.topicsVersion = turn.topics.version
  if (!must && hash === group.metadataHash) return
  const { groupId } = group
  const value = { epoch: group.groupEpoch + 1, metadataHash: hash }
  changes.add({ type: 'epoch', groupId, value })
  if (group.hasPartitionMetadata) changes.add({ type: 'partitionMetadata', groupId, value: null })
}

/** The ids of the topics that the member subscribes to and that exist. */
export function subscribedTopicIds(
  turn: Turn,
  group: ConsumerGroup,
  member: ConsumerMember,
): ReadonlySet<string> {
  const regex = regexOf(member)
  const matching = regex === null ? undefined : group.regexes.get(regex)?.topics
  const ids = new Set<string>()
  for (const names of [member.subscribedTopics, matching ?? []]) {
    for (const name of names) {
      const topic = turn.topics.byName(name)
      if (topic !== undefined) ids.add(topic.id)
    }
  }
  return ids
}

/**
 * Makes a new target assignment when the group's epoch asks for one, and no sooner after the last
 * than the group's interval (KIP-1263).
 */
export function refreshTarget(turn: Turn, changes: Changes, group: ConsumerGroup): void {
  const { groupId, groupEpoch } = group
  if (group.assignmentEpoch >= groupEpoch) return
  const { assignmentIntervalMs } = turn.config.consumer.settings(groupId)
  const notBeforeMs = group.assignmentTimestampMs + assignmentIntervalMs
  const nowMs = turn.now.wallMs
  if (group.assignmentTimestampMs !== 0 && assignmentIntervalMs !== 0 && nowMs < notBeforeMs) return
  const name = group.preferredAssignor ?? turn.config.consumer.assignors[0] ?? 'uniform'
  // A member may have asked for one that was taken off the list since.
  const assign = assignors.get(name) ?? uniformAssignor
  const targets = assign({
    members: assignmentMembers(turn, group),
    homogeneous: group.isHomogeneous,
    partitionCount: (topicId) => turn.topics.byId(topicId)?.partitionCount ?? 0,
  })
  for (const memberId of group.members.keys()) {
    const value: Partitions = targets.get(memberId) ?? noPartitions
    const before = group.target(memberId)
    if (before !== undefined && samePartitions(before, value)) continue
    changes.add({ type: 'target', groupId, memberId, value })
  }
  changes.add({ type: 'targetEpoch', groupId, value: { epoch: groupEpoch, timestampMs: nowMs } })
}

function assignmentMembers(turn: Turn, group: ConsumerGroup): AssignmentMember[] {
  // Most members share one subscription: its topics are looked up once.
  const idsBySubscription = new Map<string, ReadonlySet<string>>()
  const topicIds = (member: ConsumerMember) => {
    const key = `${member.subscribedTopics.join(',')} ${member.subscribedRegex}`
    const known = idsBySubscription.get(key) ?? subscribedTopicIds(turn, group, member)
    idsBySubscription.set(key, known)
    return known
  }
  return inJavaOrder(group.members.values(), ({ memberId }) => javaStringHash(memberId)).map(
    (member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      topics: topicIds(member),
      target: group.target(member.memberId) ?? noPartitions,
    }),
  )
}
