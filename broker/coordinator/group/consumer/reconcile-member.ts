// Takes one member of a group as far towards its target as can be now, and stores where it came to.

import type { Changes } from '../changes.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, isReconciled } from './consumer-member.ts'
import { limitRevocation } from './deadlines.ts'
import { noPartitions, sameAssigned, type TopicPartitions } from './partitions.ts'
import { reconcile } from './reconcile.ts'
import { subscribedTopicIds } from './subscription.ts'

export function reconcileMember(
  turn: Turn,
  changes: Changes,
  {
    group,
    member,
    subscriptionChanged,
    owned,
  }: {
    readonly group: ConsumerGroup
    readonly member: ConsumerMember
    readonly subscriptionChanged: boolean
    readonly owned: readonly TopicPartitions[] | null
  },
): ConsumerMember {
  const { groupId, assignmentEpoch } = group
  if (!subscriptionChanged && isReconciled(member, assignmentEpoch)) return member
  const { memberId } = member
  const subscribed = subscribedTopicIds(turn, group, member)
  const next = reconcile(member, {
    targetEpoch: assignmentEpoch,
    target: group.target(memberId) ?? noPartitions,
    isSubscribed: (topicId) => subscribed.has(topicId),
    isOwned: (topicId, partition) => group.owner(topicId, partition) !== undefined,
    subscriptionChanged,
    owned,
  })
  if (sameState(member, next)) return member
  changes.add({ type: 'current', groupId, memberId, value: next })
  limitRevocation(turn, group, next)
  return next
}

function sameState(a: ConsumerMember, b: ConsumerMember): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameAssigned(a.assigned, b.assigned) &&
    sameAssigned(a.pendingRevocation, b.pendingRevocation)
  )
}
