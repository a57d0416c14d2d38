// ConsumerGroupHeartbeat (KIP-848): how a member joins, keeps up with and leaves a group of the
// consumer protocol. One answer tells it its epoch and, when that changed, its partitions.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import { admitGroup, checkSize } from '../admission.ts'
import { attempt } from '../attempt.ts'
import type { Changes } from '../changes.ts'
import type { ConsumerHeartbeatEvent } from '../events.ts'
import type { ConsumerHeartbeatRequest, ConsumerHeartbeatResponse } from '../messages.ts'
import type { Turn } from '../turn.ts'
import { ConsumerGroup } from './consumer-group.ts'
import {
  type ConsumerMember,
  joinEpoch,
  leaveEpoch,
  sameNames,
  sameSubscription,
  sortedTopics,
  staticLeaveEpoch,
} from './consumer-member.ts'
import { extendSession } from './deadlines.ts'
import { memberForHeartbeat } from './identify.ts'
import { leaveConsumerGroup } from './leave.ts'
import { samePartitions, toTopicPartitions } from './partitions.ts'
import { reconcileMember } from './reconcile-member.ts'
import { onRegexChange, refreshRegexes } from './regex.ts'
import { refreshEpoch, refreshTarget } from './subscription.ts'
import { upgradeGroup } from './upgrade.ts'

export function consumerHeartbeat(turn: Turn, event: ConsumerHeartbeatEvent): void {
  const { request } = event
  const isLeaving = request.memberEpoch === leaveEpoch || request.memberEpoch === staticLeaveEpoch
  attempt(turn, event, heartbeatError, (changes) =>
    isLeaving ? leaveConsumerGroup(turn, changes, request) : beat(turn, changes, event),
  )
}

export function heartbeatError(
  error: KafkaErrorName,
  errorMessage: string | null = null,
): ConsumerHeartbeatResponse {
  return { errorCode: errorCodes[error], errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}

function beat(
  turn: Turn,
  changes: Changes,
  event: ConsumerHeartbeatEvent,
): ConsumerHeartbeatResponse {
  const { request, uuid } = event
  const group = groupForHeartbeat(turn, changes, request)
  const memberId = request.memberId === '' ? uuid : request.memberId
  checkSize(group, { kind: 'consumer', memberId, maxSize: turn.config.consumer.maxSize })
  const before = memberForHeartbeat(changes, group, { request, memberId })
  const told = withRequest(before, event)
  const regexChange = storeMember(changes, group, { before, after: told })
  const topicsChanged = !sameNames(before.subscribedTopics, told.subscribedTopics)
  refreshRegexes(turn, group)
  const must = group.groupEpoch === 0 || topicsChanged || regexChange === 'resolved'
  refreshEpoch(turn, changes, { group, must })
  refreshTarget(turn, changes, group)
  const member = reconcileMember(turn, changes, {
    group,
    member: group.members.get(memberId) ?? told,
    subscriptionChanged: topicsChanged || regexChange !== 'none',
    owned: request.topicPartitions,
  })
  extendSession(turn, group, member)
  return answer(turn, request, { groupId: group.groupId, before, member })
}

function groupForHeartbeat(
  turn: Turn,
  changes: Changes,
  { groupId, memberEpoch }: ConsumerHeartbeatRequest,
): ConsumerGroup {
  const group = turn.state.groups.get(groupId)
  if (group?.type === 'consumer') return group
  if (memberEpoch !== joinEpoch || group?.type === 'streams') {
    const what = group === undefined ? 'not found' : 'is not a consumer group'
    const message =
      group === undefined ? `Consumer group ${groupId} ${what}.` : `Group ${groupId} ${what}.`
    throw new BrokerError('GROUP_ID_NOT_FOUND', message)
  }
  if (group !== undefined && group.members.size > 0) return upgradeGroup(turn, changes, group)
  const made = new ConsumerGroup(groupId)
  admitGroup(turn, changes, { made, replaced: group })
  return made
}

/** The member with what the request says of it; what it does not say stays. */
function withRequest(
  before: ConsumerMember,
  { request, clientId, clientHost }: ConsumerHeartbeatEvent,
): ConsumerMember {
  const names = request.subscribedTopicNames
  return {
    ...before,
    instanceId: request.instanceId ?? before.instanceId,
    rackId: request.rackId ?? before.rackId,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? before.serverAssignor,
    subscribedTopics: names === null ? before.subscribedTopics : sortedTopics(names),
    subscribedRegex: request.subscribedTopicRegex ?? before.subscribedRegex,
    clientId,
    clientHost,
    classic: null,
  }
}

/** Puts the member into the group as it is now known to be. */
export function storeMember(
  changes: Changes,
  group: ConsumerGroup,
  { before, after }: { before: ConsumerMember; after: ConsumerMember },
): ReturnType<typeof onRegexChange> {
  const { groupId } = group
  const { memberId } = after
  if (!group.members.has(memberId) || !sameSubscription(before, after)) {
    changes.add({ type: 'member', groupId, memberId, value: after })
  }
  return onRegexChange(changes, group, { before, after })
}

function answer(
  turn: Turn,
  request: ConsumerHeartbeatRequest,
  { groupId, before, member }: { groupId: string; before: ConsumerMember; member: ConsumerMember },
): ConsumerHeartbeatResponse {
  const saysAll =
    request.rebalanceTimeoutMs !== -1 &&
    (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
    request.topicPartitions !== null
  const mustTell =
    saysAll ||
    request.memberEpoch === joinEpoch ||
    !samePartitions(before.assigned, member.assigned)
  return {
    errorCode: errorCodes.NONE,
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: turn.config.consumer.settings(groupId).heartbeatIntervalMs,
    assignment: mustTell ? { topicPartitions: toTopicPartitions(member.assigned) } : null,
  }
}
