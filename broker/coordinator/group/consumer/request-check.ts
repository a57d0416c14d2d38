// What is wrong with a ConsumerGroupHeartbeat whatever the group's state is.

import { BrokerError } from '../../../errors.ts'
import { identifierBytesMax } from '../limits.ts'
import type { ConsumerHeartbeatRequest } from '../messages.ts'
import { regexProblem } from '../topic-regexes.ts'
import { joinEpoch, leaveEpoch, staticLeaveEpoch } from './consumer-member.ts'

/** From this version on members make their ids themselves (KIP-1082). */
const memberIdRequiredSince = 1

export async function heartbeatProblem(
  request: ConsumerHeartbeatRequest,
  known: { readonly apiVersion: number; readonly assignors: readonly string[] },
): Promise<BrokerError | null> {
  const invalid = invalidity(request, known.apiVersion)
  if (invalid !== null) return new BrokerError('INVALID_REQUEST', invalid)
  const { serverAssignor, subscribedTopicRegex: regex } = request
  if (serverAssignor !== null && !known.assignors.includes(serverAssignor)) {
    return new BrokerError(
      'UNSUPPORTED_ASSIGNOR',
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ` +
        `${known.assignors.join(', ')}.`,
    )
  }
  if (regex === null || regex === '') return null
  const problem = await regexProblem(regex)
  if (problem === null) return null
  return new BrokerError(
    'INVALID_REGULAR_EXPRESSION',
    `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${problem}.`,
  )
}

function invalidity(request: ConsumerHeartbeatRequest, apiVersion: number): string | null {
  const { groupId, memberId, memberEpoch, instanceId, rackId } = request
  const needsMemberId =
    apiVersion >= memberIdRequiredSince || memberEpoch > joinEpoch || memberEpoch === leaveEpoch
  if (needsMemberId && memberId.trim() === '') return "MemberId can't be empty."
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (instanceId?.trim() === '') return "InstanceId can't be empty."
  if (rackId?.trim() === '') return "RackId can't be empty."
  if (memberEpoch === joinEpoch) return joinInvalidity(request)
  if (memberEpoch === staticLeaveEpoch && instanceId === null) return "InstanceId can't be null."
  if (memberEpoch < staticLeaveEpoch) return 'MemberEpoch is invalid.'
  const ids = [memberId, instanceId, rackId]
  const isTooLong = ids.some((id) => Buffer.byteLength(id ?? '') > identifierBytesMax)
  return isTooLong ? 'An identifier is too long.' : null
}

function joinInvalidity(request: ConsumerHeartbeatRequest): string | null {
  if (request.rebalanceTimeoutMs === -1) {
    return 'RebalanceTimeoutMs must be provided in first request.'
  }
  if (request.topicPartitions === null || request.topicPartitions.length > 0) {
    return 'TopicPartitions must be empty when (re-)joining.'
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    return 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
  }
  return null
}
