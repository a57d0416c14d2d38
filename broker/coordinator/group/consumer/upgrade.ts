// A classic group with members becomes one of the consumer protocol when the first member of that
// joins (KIP-848): the others stay as they are, with what they have, and go on by the classic
// protocol.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import type { Changes } from '../changes.ts'
import { answerJoin, answerSync, joinError, syncError } from '../classic/answers.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { type ClassicMember, metadataFor } from '../classic/classic-member.ts'
import { groupTombstone } from '../records.ts'
import type { Turn } from '../turn.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newMember, sortedTopics } from './consumer-member.ts'
import { readAssignment, readSubscription } from './consumer-protocol.ts'
import { extendSession } from './deadlines.ts'
import { metadataHash } from './metadata-hash.ts'
import { assignedAt, type Partitions } from './partitions.ts'

export function upgradeGroup(turn: Turn, changes: Changes, classic: ClassicGroup): ConsumerGroup {
  const { groupId } = classic
  checkUpgrade(turn, classic)
  const members = Array.from(classic.members.values(), (member) =>
    upgradedMember(turn, classic, member),
  )
  const group = new ConsumerGroup(groupId)
  changes.addApplied([groupTombstone(groupId)], () => {
    turn.state.groups.set(groupId, classic)
    // Its timer may have fired meanwhile, to no effect.
    classic.timerAtMs = turn.now.monotonicMs
    turn.schedule(groupId, turn.now.monotonicMs)
  })
  turn.state.groups.set(groupId, group)
  const epoch = Math.max(classic.generationId, 0)
  for (const { member } of members) {
    changes.add({ type: 'member', groupId, memberId: member.memberId, value: member })
  }
  const hash = metadataHash(group.subscribedTopics, turn.topics)
  group.topicsVersion = turn.topics.version
  changes.add({ type: 'epoch', groupId, value: { epoch, metadataHash: hash } })
  for (const { member, target } of members) {
    changes.add({ type: 'target', groupId, memberId: member.memberId, value: target })
  }
  changes.add({ type: 'targetEpoch', groupId, value: { epoch, timestampMs: 0 } })
  for (const { member } of members) {
    changes.add({ type: 'current', groupId, memberId: member.memberId, value: member })
  }
  changes.afterwards(() => {
    answerWaiting(turn, classic, 'REBALANCE_IN_PROGRESS')
    for (const { member } of members) extendSession(turn, group, member)
  })
  return group
}

function checkUpgrade(turn: Turn, group: ClassicGroup): void {
  const { migrationPolicy, maxSize } = turn.config.consumer
  const because =
    migrationPolicy !== 'UPGRADE' && migrationPolicy !== 'BIDIRECTIONAL'
      ? 'because online upgrade is disabled'
      : !group.usesConsumerProtocol
        ? 'because the group does not use the consumer embedded protocol'
        : group.members.size > maxSize
          ? 'because the group size exceeds the consumer group maximum size'
          : null
  if (because !== null) throw cannotUpgrade(group, because)
}

function cannotUpgrade({ groupId }: ClassicGroup, because: string): BrokerError {
  return new BrokerError(
    'GROUP_ID_NOT_FOUND',
    `Cannot upgrade classic group ${groupId} to consumer group ${because}.`,
  )
}

function upgradedMember(
  turn: Turn,
  group: ClassicGroup,
  classic: ClassicMember,
): { member: ConsumerMember; target: Partitions } {
  const metadata =
    group.protocolName === null
      ? (classic.protocols[0]?.metadata ?? Buffer.alloc(0))
      : metadataFor(classic, group.protocolName)
  const subscription = readSubscription(metadata, turn.topics)
  const target = readAssignment(classic.assignment, turn.topics)
  if (subscription === null || target === null) {
    throw cannotUpgrade(group, 'because the embedded consumer protocol is malformed')
  }
  if (target === 'custom') {
    throw cannotUpgrade(
      group,
      'because an unsupported custom assignor is in use. Please refer to the documentation or ' +
        'switch to a default assignor before re-attempting the upgrade',
    )
  }
  const epoch = Math.max(group.generationId, 0)
  const member: ConsumerMember = {
    ...newMember(classic.memberId),
    instanceId: classic.groupInstanceId,
    rackId: subscription.rackId,
    clientId: classic.clientId,
    clientHost: classic.clientHost,
    rebalanceTimeoutMs: classic.rebalanceTimeoutMs,
    subscribedTopics: sortedTopics(subscription.topics),
    classic: { sessionTimeoutMs: classic.sessionTimeoutMs, protocols: classic.protocols },
    memberEpoch: epoch,
    previousMemberEpoch: epoch,
    assigned: assignedAt(target, epoch),
  }
  return { member, target }
}

/** Whoever waits for an answer of the group that is no more. */
export function answerWaiting(turn: Turn, group: ClassicGroup, error: KafkaErrorName): void {
  for (const member of group.members.values()) {
    answerJoin(turn, group, member, joinError(member.memberId, error))
    answerSync(turn, member, syncError(error))
  }
}
