// The reconciliation of one member of a consumer group (KIP-848): from what it has towards what it
// is to have. First it lets go of what is not its own any more, then it moves to the epoch of the
// target and gets what others have let go of. Pure; Kafka's CurrentAssignmentBuilder is the model.

import { assertNever } from '../../../assert.ts'
import { BrokerError } from '../../../errors.ts'
import type { ConsumerMember, MemberState } from './consumer-member.ts'
import type { TopicPartitions } from './partitions.ts'
import { type AssignedPartitions, noPartitions, type Partitions } from './partitions.ts'

export interface Reconciliation {
  readonly targetEpoch: number
  readonly target: Partitions
  /** Whether the member's subscription includes the topic, as far as the topic exists. */
  readonly isSubscribed: (topicId: string) => boolean
  /** Whether another member has the partition. */
  readonly isOwned: (topicId: string, partition: number) => boolean
  readonly subscriptionChanged: boolean
  /** What the member says that it has; null: it did not say. */
  readonly owned: readonly TopicPartitions[] | null
}

/** The member as it is to be now; the same object when nothing can be done yet. */
export function reconcile(member: ConsumerMember, how: Reconciliation): ConsumerMember {
  switch (member.state) {
    case 'Stable':
      if (member.memberEpoch !== how.targetEpoch) return nextAssignment(member, how)
      return how.subscriptionChanged ? withoutUnsubscribed(member, how) : member
    case 'UnrevokedPartitions':
      if (!stillOwns(member.pendingRevocation, how)) return nextAssignment(member, how)
      return how.subscriptionChanged ? withoutUnsubscribed(member, how) : member
    case 'UnreleasedPartitions':
      return nextAssignment(member, how)
    case 'Unknown':
      // Written by a newer coordinator: it begins anew, with nothing in its hands.
      if (how.owned === null || how.owned.length > 0) {
        throw new BrokerError(
          'FENCED_MEMBER_EPOCH',
          'The consumer group member is in a unknown state. ' +
            'The member must abandon all its partitions and rejoin.',
        )
      }
      return nextAssignment({ ...member, memberEpoch: how.targetEpoch }, how)
    default:
      return assertNever(member.state)
  }
}

/** Not knowing what the member has counts as that it has them all. */
function stillOwns(revoked: AssignedPartitions, { owned }: Reconciliation): boolean {
  if (owned === null) return true
  return owned.some(({ topicId, partitions }) => {
    const indexes = revoked.get(topicId)
    return indexes !== undefined && partitions.some((partition) => indexes.has(partition))
  })
}

/** Takes away the topics that it left, without waiting for a new target. */
function withoutUnsubscribed(member: ConsumerMember, how: Reconciliation): ConsumerMember {
  const assigned = new Map(member.assigned)
  const pending = new Map(member.pendingRevocation)
  for (const [topicId, partitions] of member.assigned) {
    if (how.isSubscribed(topicId)) continue
    assigned.delete(topicId)
    pending.set(topicId, new Map([...(pending.get(topicId) ?? []), ...partitions]))
  }
  if (assigned.size === member.assigned.size) return member
  const moved = { ...member, previousMemberEpoch: member.memberEpoch, assigned }
  if (!stillOwns(pending, how)) return moved
  return { ...moved, state: 'UnrevokedPartitions', pendingRevocation: pending }
}

interface Step {
  readonly assigned: Map<string, Map<number, number>>
  readonly toRevoke: Map<string, Map<number, number>>
  readonly toAssign: Map<string, number[]>
  hasUnreleased: boolean
}

function nextAssignment(member: ConsumerMember, how: Reconciliation): ConsumerMember {
  const step: Step = {
    assigned: new Map(),
    toRevoke: new Map(),
    toAssign: new Map(),
    hasUnreleased: false,
  }
  for (const topicId of new Set([...how.target.keys(), ...member.assigned.keys()])) {
    addTopic(step, topicId, member, how)
  }
  const previousMemberEpoch = member.memberEpoch
  if (step.toRevoke.size > 0 && stillOwns(step.toRevoke, how)) {
    // It stays in its epoch until it has let go.
    return {
      ...member,
      state: 'UnrevokedPartitions',
      previousMemberEpoch,
      assigned: step.assigned,
      pendingRevocation: step.toRevoke,
    }
  }
  for (const [topicId, partitions] of step.toAssign) {
    const indexes = step.assigned.get(topicId) ?? new Map<number, number>()
    for (const partition of partitions) indexes.set(partition, how.targetEpoch)
    step.assigned.set(topicId, indexes)
  }
  const state: MemberState = step.hasUnreleased ? 'UnreleasedPartitions' : 'Stable'
  return {
    ...member,
    state,
    memberEpoch: how.targetEpoch,
    previousMemberEpoch,
    assigned: step.assigned,
    pendingRevocation: noPartitions,
  }
}

function addTopic(step: Step, topicId: string, member: ConsumerMember, how: Reconciliation): void {
  const target = how.isSubscribed(topicId) ? how.target.get(topicId) : undefined
  const current = member.assigned.get(topicId)
  const kept = new Map<number, number>()
  const revoked = new Map<number, number>()
  for (const [partition, epoch] of current ?? []) {
    if (target?.has(partition) === true) kept.set(partition, epoch)
    else revoked.set(partition, epoch)
  }
  const added: number[] = []
  for (const partition of target ?? []) {
    if (kept.has(partition)) continue
    // What it is itself letting go of is free for it.
    const isOwn = member.pendingRevocation.get(topicId)?.has(partition) === true
    if (!isOwn && how.isOwned(topicId, partition)) step.hasUnreleased = true
    else added.push(partition)
  }
  if (kept.size > 0) step.assigned.set(topicId, kept)
  if (revoked.size > 0) step.toRevoke.set(topicId, revoked)
  if (added.length > 0) step.toAssign.set(topicId, added)
}
