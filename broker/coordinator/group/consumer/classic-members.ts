// Members of the classic protocol in a group of the consumer protocol, while consumers are rolled
// from one to the other (KIP-848): JoinGroup, SyncGroup, Heartbeat and LeaveGroup on the same state
// machine. Their generation is their member epoch; the coordinator assigns, nobody leads.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import { attempt } from '../attempt.ts'
import type { Changes } from '../changes.ts'
import { joinError, syncError, unknownMemberId } from '../classic/answers.ts'
import { keptProtocols, noDeadline } from '../classic/classic-member.ts'
import { memberIdRequiredSince } from '../classic/join.ts'
import { rebalanceTimeoutMs } from '../classic/membership.ts'
import type { HeartbeatEvent, JoinGroupEvent, LeaveGroupEvent, SyncGroupEvent } from '../events.ts'
import { membersPerGroupMax } from '../limits.ts'
import type { JoinGroupResponse, LeaveGroupResponse } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { type ConsumerMember, newMember, sameNames, sortedTopics } from './consumer-member.ts'
import { type ClassicSubscription, readSubscription, writeAssignment } from './consumer-protocol.ts'
import { deadlinesOf, extendSession, limitJoin, limitSync } from './deadlines.ts'
import { allowsDowngrade, downgradeGroup } from './downgrade.ts'
import { storeMember } from './heartbeat.ts'
import { replaceStaticMember, staticMember, unknownMember } from './identify.ts'
import { removeMembers } from './leave.ts'
import { reconcileMember } from './reconcile-member.ts'
import { refreshRegexes } from './regex.ts'
import { refreshEpoch, refreshTarget } from './subscription.ts'

const consumerProtocol = 'consumer'

export function joinClassically(turn: Turn, group: ConsumerGroup, event: JoinGroupEvent): void {
  const { request } = event
  attempt(
    turn,
    event,
    (error) => joinError(request.memberId, error),
    (changes) => join(turn, changes, group, event),
  )
}

function join(
  turn: Turn,
  changes: Changes,
  group: ConsumerGroup,
  event: JoinGroupEvent,
): JoinGroupResponse {
  const { request, apiVersion, clientId, clientHost, uuid } = event
  const isUnknown = request.memberId === unknownMemberId
  const memberId = isUnknown ? `${request.groupInstanceId ?? clientId}-${uuid}` : request.memberId
  const subscription = checkJoin(turn, group, event, memberId)
  if (isUnknown && request.groupInstanceId === null && apiVersion >= memberIdRequiredSince) {
    return joinError(memberId, 'MEMBER_ID_REQUIRED')
  }
  const replaced =
    request.groupInstanceId === null ? undefined : group.staticMember(request.groupInstanceId)
  const isDowngrade = replaced !== undefined && downgradesBy(turn, group, replaced)
  const before = memberForJoin(changes, group, event, memberId)
  const after: ConsumerMember = {
    ...before,
    instanceId: request.groupInstanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs(event),
    subscribedTopics: sortedTopics(subscription.topics),
    subscribedRegex: '',
    clientId,
    clientHost,
    classic: {
      sessionTimeoutMs: request.sessionTimeoutMs,
      protocols: keptProtocols(request.protocols),
    },
  }
  const regexChange = storeMember(changes, group, { before, after })
  const changed =
    !sameNames(before.subscribedTopics, after.subscribedTopics) || regexChange !== 'none'
  refreshRegexes(turn, group)
  refreshEpoch(turn, changes, { group, must: changed })
  if (!isDowngrade) refreshTarget(turn, changes, group)
  const member = reconcileMember(turn, changes, {
    group,
    member: group.members.get(memberId) ?? after,
    subscriptionChanged: changed,
    owned: subscription.owned,
  })
  if (isDowngrade) {
    downgradeGroup(turn, changes, {
      group,
      leaving: new Set(),
      rebalances: changed,
    })
  } else {
    extendSession(turn, group, member)
    limitSync(turn, group, member)
  }
  return {
    errorCode: errorCodes.NONE,
    memberId,
    generationId: member.memberEpoch,
    protocolType: consumerProtocol,
    protocolName: request.protocols[0]?.name ?? null,
    leader: '',
    members: [],
  }
}

function checkJoin(
  turn: Turn,
  group: ConsumerGroup,
  { request }: JoinGroupEvent,
  memberId: string,
): ClassicSubscription {
  const sizeMax = Math.min(turn.config.consumer.maxSize, membersPerGroupMax)
  if (group.members.size >= sizeMax && !group.members.has(memberId)) {
    throw new BrokerError('GROUP_MAX_SIZE_REACHED', 'The consumer group is full.')
  }
  const [first] = request.protocols
  const supports =
    request.protocolType === consumerProtocol &&
    request.protocols.some(
      ({ name }) => (group.classicProtocols.get(name) ?? 0) === group.classicCount,
    )
  const subscription =
    supports && first !== undefined ? readSubscription(first.metadata, turn.topics) : null
  if (subscription === null) {
    const message = `Member ${memberId}'s protocols are not supported.`
    throw new BrokerError('INCONSISTENT_GROUP_PROTOCOL', message)
  }
  return subscription
}

/** Whether the static member is the last of the consumer protocol. */
function downgradesBy(turn: Turn, group: ConsumerGroup, replaced: ConsumerMember): boolean {
  return (
    replaced.classic === null &&
    group.classicCount === group.members.size - 1 &&
    allowsDowngrade(turn, group.members.size)
  )
}

function memberForJoin(
  changes: Changes,
  group: ConsumerGroup,
  { request }: JoinGroupEvent,
  memberId: string,
): ConsumerMember {
  const { groupInstanceId } = request
  if (groupInstanceId === null) return group.members.get(memberId) ?? newMember(memberId)
  if (request.memberId !== unknownMemberId) {
    return staticMember(group, { instanceId: groupInstanceId, memberId })
  }
  const existing = group.staticMember(groupInstanceId)
  return existing === undefined
    ? newMember(memberId)
    : replaceStaticMember(changes, group, { existing, memberId })
}

/** The member of a request by the classic protocol; refuses any that does not use it. */
function classicMember(
  group: ConsumerGroup,
  {
    memberId,
    groupInstanceId,
    generationId,
  }: { memberId: string; groupInstanceId: string | null; generationId: number },
): ConsumerMember & { readonly classic: NonNullable<ConsumerMember['classic']> } {
  const member =
    groupInstanceId === null
      ? group.members.get(memberId)
      : staticMember(group, { instanceId: groupInstanceId, memberId })
  if (member === undefined) throw unknownMember(group.groupId, memberId)
  const { classic } = member
  if (classic === null) {
    const message = `Member ${memberId} does not use the classic protocol.`
    throw new BrokerError('UNKNOWN_MEMBER_ID', message)
  }
  if (generationId !== member.memberEpoch) {
    const message = `The generation of member ${memberId} is ${member.memberEpoch}.`
    throw new BrokerError('ILLEGAL_GENERATION', message)
  }
  return { ...member, classic }
}

export function syncClassically(turn: Turn, group: ConsumerGroup, event: SyncGroupEvent): void {
  const { request } = event
  attempt(turn, event, syncError, () => {
    const member = classicMember(group, request)
    const [first] = member.classic.protocols
    const { protocolType, protocolName } = request
    if (
      (protocolType !== null && protocolType !== consumerProtocol) ||
      (protocolName !== null && protocolName !== first?.name)
    ) {
      throw new BrokerError(
        'INCONSISTENT_GROUP_PROTOCOL',
        'That is not what the member joined with.',
      )
    }
    if (group.groupEpoch > member.memberEpoch && member.state !== 'UnrevokedPartitions') {
      limitJoin(turn, group, member)
      throw new BrokerError('REBALANCE_IN_PROGRESS', 'The member is to join again.')
    }
    deadlinesOf(group, member.memberId).syncMs = noDeadline
    extendSession(turn, group, member)
    const metadata = first?.metadata ?? Buffer.alloc(0)
    return {
      errorCode: errorCodes.NONE,
      protocolType,
      protocolName,
      assignment: writeAssignment(member.assigned, metadata, turn.topics),
    }
  })
}

export function heartbeatClassically(
  turn: Turn,
  group: ConsumerGroup,
  event: HeartbeatEvent,
): void {
  const refused = (error: KafkaErrorName) => ({ errorCode: errorCodes[error] })
  attempt(turn, event, refused, () => {
    const member = classicMember(group, event.request)
    extendSession(turn, group, member)
    const isBehind =
      member.memberEpoch < group.groupEpoch ||
      member.state === 'UnrevokedPartitions' ||
      (member.state === 'UnreleasedPartitions' && !waitsForOthers(group, member))
    if (!isBehind) return refused('NONE')
    limitJoin(turn, group, member)
    return refused('REBALANCE_IN_PROGRESS')
  })
}

/** Whether some of what the member is to get is still another's. */
function waitsForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.memberId) ?? []) {
    const assigned = member.assigned.get(topicId)
    for (const partition of partitions) {
      if (assigned?.has(partition) === true) continue
      if (group.owner(topicId, partition) !== undefined) return true
    }
  }
  return false
}

export function leaveClassically(turn: Turn, group: ConsumerGroup, event: LeaveGroupEvent): void {
  const refused = (error: KafkaErrorName): LeaveGroupResponse => ({
    errorCode: errorCodes[error],
    members: [],
  })
  attempt(turn, event, refused, (changes) => {
    const leaving = new Map<string, ConsumerMember>()
    const members = event.request.members.map(({ memberId, groupInstanceId }) => {
      const found = leavingMember(group, { memberId, groupInstanceId })
      if (typeof found !== 'string') leaving.set(found.memberId, found)
      const errorCode = errorCodes[typeof found === 'string' ? found : 'NONE']
      return { memberId, groupInstanceId, errorCode }
    })
    removeMembers(turn, changes, { group, members: [...leaving.values()] })
    return { errorCode: errorCodes.NONE, members }
  })
}

function leavingMember(
  group: ConsumerGroup,
  { memberId, groupInstanceId }: { memberId: string; groupInstanceId: string | null },
): ConsumerMember | KafkaErrorName {
  if (groupInstanceId === null) return group.members.get(memberId) ?? 'UNKNOWN_MEMBER_ID'
  const member = group.staticMember(groupInstanceId)
  if (member === undefined) return 'UNKNOWN_MEMBER_ID'
  const isOther = memberId !== unknownMemberId && memberId !== member.memberId
  return isOther ? 'FENCED_INSTANCE_ID' : member
}
