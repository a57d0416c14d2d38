// What is wrong with a StreamsGroupHeartbeat whatever the group's state is.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import { joinEpoch, leaveEpoch, staticLeaveEpoch } from '../consumer/consumer-member.ts'
import { identifierBytesMax } from '../limits.ts'
import type { StreamsHeartbeatRequest } from '../messages.ts'
import type { StreamsHeartbeatResult } from './heartbeat-result.ts'

export function streamsHeartbeatProblem(request: StreamsHeartbeatRequest): BrokerError | null {
  const invalid = invalidity(request)
  if (invalid !== null) return new BrokerError('INVALID_REQUEST', invalid)
  for (const { stateChangelogTopics } of request.topology?.subtopologies ?? []) {
    for (const { name, partitions } of stateChangelogTopics) {
      if (partitions === 0) continue
      return new BrokerError(
        'STREAMS_INVALID_TOPOLOGY',
        `Changelog topic ${name} must have an undefined partition count, but it is set to ` +
          `${partitions}.`,
      )
    }
  }
  return null
}

export function streamsHeartbeatError(
  error: KafkaErrorName,
  errorMessage: string | null = null,
): StreamsHeartbeatResult {
  const response = {
    errorCode: errorCodes[error],
    errorMessage,
    memberId: '',
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    endpointInformationEpoch: 0,
    status: [],
  }
  return { response, missingTopics: [] }
}

function invalidity(request: StreamsHeartbeatRequest): string | null {
  const { groupId, memberId, instanceId, rackId, memberEpoch, topology } = request
  const subtopologies = topology?.subtopologies ?? []
  if (subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0)) {
    return 'Regular expressions for source topics are not supported yet.'
  }
  const ids = new Set(subtopologies.map(({ subtopologyId }) => subtopologyId))
  if (ids.size < subtopologies.length) return 'Two subtopologies have the same id.'
  if ((topology?.epoch ?? 0) < 0) return 'Topology epoch must be non-negative.'
  if (memberId.trim() === '') return "MemberId can't be empty."
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (instanceId?.trim() === '') return "InstanceId can't be empty."
  if (rackId?.trim() === '') return "RackId can't be empty."
  const isTooLong = [memberId, rackId, request.processId].some(
    (id) => Buffer.byteLength(id ?? '') > identifierBytesMax,
  )
  if (isTooLong) return 'An identifier is too long.'
  if (memberEpoch < staticLeaveEpoch) {
    return `MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`
  }
  if (memberEpoch === staticLeaveEpoch && instanceId === null) return "InstanceId can't be null."
  if (memberEpoch !== joinEpoch && topology !== null) {
    return 'Topology can only be provided when (re-)joining.'
  }
  return (memberEpoch === joinEpoch ? joinInvalidity(request) : null) ?? tasksInvalidity(request)
}

function joinInvalidity(request: StreamsHeartbeatRequest): string | null {
  const { rebalanceTimeoutMs, activeTasks, standbyTasks, warmupTasks, topology } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  const tasks = { ActiveTasks: activeTasks, StandbyTasks: standbyTasks, WarmupTasks: warmupTasks }
  for (const [name, ids] of Object.entries(tasks)) {
    if (ids === null || ids.length > 0) return `${name} must be empty when (re-)joining.`
  }
  return topology === null ? 'Topology must be non-null when (re-)joining.' : null
}

function tasksInvalidity(request: StreamsHeartbeatRequest): string | null {
  const { memberEpoch, activeTasks, standbyTasks, warmupTasks } = request
  const given = [activeTasks, standbyTasks, warmupTasks].filter((ids) => ids !== null)
  if (memberEpoch <= leaveEpoch || given.length === 0 || given.length === 3) return null
  return 'If one task-type is non-null, all must be non-null.'
}
