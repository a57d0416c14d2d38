// A group of the consumer protocol becomes a classic one when all that stay in it are members of
// the classic protocol (KIP-848). They keep what was meant for them, until the rebalance that
// follows.

import type { Changes } from '../changes.ts'
import { ClassicGroup, consumerProtocolType } from '../classic/classic-group.ts'
import { type ClassicMember, metadataFor, noDeadline } from '../classic/classic-member.ts'
import { extendSession as extendClassicSession } from '../classic/membership.ts'
import { prepareRebalance } from '../classic/rebalance.ts'
import { groupRecord } from '../records.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { writeAssignment } from './consumer-protocol.ts'
import type { ConsumerGroupRecord } from './consumer-records.ts'
import { onConsumerGroupLoaded } from './deadlines.ts'
import { noPartitions } from './partitions.ts'
import { answerWaiting } from './upgrade.ts'

/** Whether the group becomes a classic one when these go. */
export function mayDowngrade(
  turn: Turn,
  group: ConsumerGroup,
  leaving: ReadonlySet<string>,
): boolean {
  let classicCount = group.classicCount
  for (const memberId of leaving) if (isClassic(group, memberId)) classicCount--
  const staying = group.members.size - leaving.size
  return staying > 0 && classicCount === staying && allowsDowngrade(turn, staying)
}

function isClassic(group: ConsumerGroup, memberId: string): boolean {
  const member = group.members.get(memberId)
  return member !== undefined && member.classic !== null
}

export function allowsDowngrade(turn: Turn, memberCount: number): boolean {
  const { migrationPolicy } = turn.config.consumer
  const isAllowed = migrationPolicy === 'DOWNGRADE' || migrationPolicy === 'BIDIRECTIONAL'
  return isAllowed && memberCount <= turn.config.maxSize
}

export interface Downgrade {
  readonly group: ConsumerGroup
  /** Members that do not come along. */
  readonly leaving: ReadonlySet<string>
  readonly rebalances: boolean
}

export function downgradeGroup(turn: Turn, changes: Changes, downgrade: Downgrade): ClassicGroup {
  const { group, rebalances } = downgrade
  const classic = classicGroup(turn, downgrade)
  for (const record of groupTombstones(group)) changes.add(record)
  turn.state.groups.set(group.groupId, classic)
  changes.addApplied([groupRecord(classic, ({ assignment }) => assignment)], () => {
    answerWaiting(turn, classic, 'NOT_COORDINATOR')
    onConsumerGroupLoaded(turn, group)
  })
  changes.convertsGroup = true
  changes.afterwards(() => {
    for (const member of classic.members.values()) extendClassicSession(turn, classic, member)
    if (rebalances) prepareRebalance(turn, classic)
  })
  return classic
}

function classicGroup(turn: Turn, { group, leaving }: Downgrade): ClassicGroup {
  const classic = new ClassicGroup(group.groupId, turn.now.wallMs)
  classic.generationId = group.groupEpoch
  classic.protocolType = consumerProtocolType
  for (const member of group.members.values()) {
    if (!leaving.has(member.memberId)) classic.add(classicMember(member))
  }
  classic.protocolName = classic.selectProtocol()
  for (const member of classic.members.values()) {
    const target = group.target(member.memberId) ?? noPartitions
    const metadata = metadataFor(member, classic.protocolName)
    member.assignment = writeAssignment(target, metadata, turn.topics)
  }
  classic.state = 'Stable'
  classic.previousState = 'Stable'
  classic.persisted = true
  classic.updateSubscribedTopics()
  return classic
}

function classicMember(member: ConsumerMember): ClassicMember {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: Math.max(member.rebalanceTimeoutMs, 0),
    sessionTimeoutMs: member.classic?.sessionTimeoutMs ?? 0,
    protocols: member.classic?.protocols ?? [],
    assignment: Buffer.alloc(0),
    isNew: false,
    knowsItsId: true,
    awaitingJoin: null,
    awaitingSync: null,
    deadlineMs: noDeadline,
  }
}

/** What removes a group of the consumer protocol, in Kafka's order. */
export function groupTombstones(group: ConsumerGroup): ConsumerGroupRecord[] {
  const { groupId } = group
  const value = null
  const memberIds = [...group.members.keys()]
  return [
    ...memberIds.map((memberId) => ({ type: 'current' as const, groupId, memberId, value })),
    ...[...new Set([...memberIds, ...group.targets.keys()])].map((memberId) => ({
      type: 'target' as const,
      groupId,
      memberId,
      value,
    })),
    { type: 'targetEpoch', groupId, value },
    ...memberIds.map((memberId) => ({ type: 'member' as const, groupId, memberId, value })),
    ...[...group.regexes.keys()].map((regex) => ({
      type: 'regex' as const,
      groupId,
      regex,
      value,
    })),
    ...(group.hasPartitionMetadata ? [{ type: 'partitionMetadata' as const, groupId, value }] : []),
    { type: 'epoch', groupId, value },
  ]
}
