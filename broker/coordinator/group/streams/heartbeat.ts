// StreamsGroupHeartbeat (KIP-1071): how a member joins, keeps up with and leaves a group of Kafka
// Streams. One answer tells it its epoch, its tasks when these changed, what is wrong with the
// topics, and which member answers queries about which partitions.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../../../errors.ts'
import { attempt } from '../attempt.ts'
import type { Changes } from '../changes.ts'
import { noDeadline } from '../classic/classic-member.ts'
import { joinEpoch, leaveEpoch, staticLeaveEpoch } from '../consumer/consumer-member.ts'
import { metadataHash } from '../consumer/metadata-hash.ts'
import type { StreamsHeartbeatEvent } from '../events.ts'
import type { StreamsHeartbeatRequest, StreamsHeartbeatResponse } from '../messages.ts'
import { arm } from '../timer.ts'
import type { Turn } from '../turn.ts'
import { checkTasks, configureTopology, isReady } from './configured-topology.ts'
import { extendSession, limitRevocation } from './deadlines.ts'
import { endpointsOf } from './endpoints.ts'
import type { StreamsHeartbeatResult } from './heartbeat-result.ts'
import { groupForHeartbeat, memberForHeartbeat } from './identify.ts'
import { leaveStreamsGroup } from './leave.ts'
import { reconcileTasks } from './reconcile.ts'
import { streamsHeartbeatError } from './request-check.ts'
import { type Status, statusCodes } from './status.ts'
import type { StreamsGroup } from './streams-group.ts'
import { isReconciled, type StreamsMember, sameMetadata } from './streams-member.ts'
import { assignmentConfigs, delayOf, refreshTarget } from './target.ts'
import { noTasks, sameTasks, type TargetTasks, toTaskIds, toTasks } from './tasks.ts'
import { requiredTopics, sameTopology, topologyFrom } from './topology.ts'

export function streamsHeartbeat(turn: Turn, event: StreamsHeartbeatEvent): void {
  const { request } = event
  const isLeaving = request.memberEpoch === leaveEpoch || request.memberEpoch === staticLeaveEpoch
  attempt(turn, event, streamsHeartbeatError, (changes) =>
    isLeaving ? leaveStreamsGroup(turn, changes, request) : beat(turn, changes, event),
  )
}

function beat(turn: Turn, changes: Changes, event: StreamsHeartbeatEvent): StreamsHeartbeatResult {
  const { request } = event
  const { memberId } = request
  const group = groupForHeartbeat(turn, changes, request)
  const wasEmpty = group.members.size === 0
  const before = memberForHeartbeat(group, request)
  const told = withRequest(before, event)
  const status: Status[] = []
  const mustBump = storeMember(changes, group, { before, after: told })
  refreshTopology(changes, group, request)
  status.push(...staleness(group, told))
  refreshEpoch(turn, changes, group, mustBump)
  checkTasks(group.configured, request)
  if (wasEmpty) beginInitialDelay(turn, changes, group)
  const delay = delayOf(turn, group)
  if (delay === null) refreshTarget(turn, changes, group)
  else status.push(delays[delay])
  const member = reconcileMember(turn, changes, group, {
    member: group.members.get(memberId) ?? told,
    isDelayed: delay === 'initial',
    owned: ownedOf(request),
  })
  changes.afterwards(() => {
    extendSession(turn, group, memberId)
    if (request.shutdownApplication) group.shutdownAskedBy ??= memberId
  })
  return answer(turn, group, { request, before, member, status })
}

const delays = {
  initial: {
    statusCode: statusCodes.ASSIGNMENT_DELAYED,
    statusDetail: 'Assignment delayed due to the configured initial rebalance delay.',
  },
  interval: {
    statusCode: statusCodes.ASSIGNMENT_DELAYED,
    statusDetail: 'Assignment delayed due to the configured assignment interval.',
  },
} as const

/** The member with what the request says of it; what it does not say stays. */
function withRequest(
  before: StreamsMember,
  { request, clientId, clientHost }: StreamsHeartbeatEvent,
): StreamsMember {
  const { rebalanceTimeoutMs, clientTags } = request
  return {
    ...before,
    rackId: request.rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    topologyEpoch: request.topology?.epoch ?? before.topologyEpoch,
    processId: request.processId ?? before.processId,
    userEndpoint: request.userEndpoint ?? before.userEndpoint,
    clientTags:
      clientTags === null
        ? before.clientTags
        : new Map(clientTags.map(({ key, value }) => [key, value])),
    clientId,
    clientHost,
  }
}

/** Whether the group has to be assigned anew for it. */
function storeMember(
  changes: Changes,
  group: StreamsGroup,
  { before, after }: { before: StreamsMember; after: StreamsMember },
): boolean {
  const { groupId } = group
  const { memberId } = after
  if (group.members.has(memberId) && sameMetadata(before, after)) return false
  changes.addStreams({ type: 'member', groupId, memberId, value: after })
  return true
}

/** The first member's topology is the group's; a member with an older one is told so. */
function refreshTopology(
  changes: Changes,
  group: StreamsGroup,
  { topology }: StreamsHeartbeatRequest,
): void {
  if (topology === null) return
  const asked = topologyFrom(topology)
  const { groupId } = group
  if (group.topology === null) {
    changes.addStreams({ type: 'topology', groupId, value: asked })
  } else if (group.topology.epoch <= asked.epoch && !sameTopology(group.topology, asked)) {
    throw new BrokerError('INVALID_REQUEST', 'Topology updates are not supported yet.')
  }
}

function staleness({ topology }: StreamsGroup, { topologyEpoch }: StreamsMember): Status[] {
  if (topology === null || topologyEpoch >= topology.epoch) return []
  const statusDetail =
    `The member's topology epoch ${topologyEpoch} is behind the group's topology epoch ` +
    `${topology.epoch}.`
  return [{ statusCode: statusCodes.STALE_TOPOLOGY, statusDetail }]
}

/** Looks at the topics, and bumps the group's epoch where anything that tasks depend on changed. */
function refreshEpoch(turn: Turn, changes: Changes, group: StreamsGroup, mustBump: boolean): void {
  const { groupId, topology } = group
  if (topology === null) {
    throw new BrokerError('INVALID_REQUEST', 'The group has no topology yet.')
  }
  let hash = group.metadataHash
  if (group.configured === null || group.topicsVersion !== turn.topics.version) {
    hash = metadataHash(requiredTopics(topology), turn.topics)
    group.configured = configureTopology(topology, turn.topics)
    group.topicsVersion = turn.topics.version
    // Should the write fail, what was found out is not in the group's hash.
    changes.addApplied([], () => {
      group.topicsVersion = -1
    })
  }
  const validatedTopologyEpoch = isReady(group.configured) ? topology.epoch : -1
  const configs = assignmentConfigs(turn, groupId)
  const isDue =
    mustBump ||
    hash !== group.metadataHash ||
    validatedTopologyEpoch !== group.validatedTopologyEpoch ||
    !sameConfigs(configs, group.assignmentConfigs)
  if (!isDue) return
  const epoch = group.groupEpoch + 1
  const value = { epoch, metadataHash: hash, validatedTopologyEpoch, assignmentConfigs: configs }
  changes.addStreams({ type: 'metadata', groupId, value })
}

function sameConfigs(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}

function beginInitialDelay(turn: Turn, changes: Changes, group: StreamsGroup): void {
  const { initialRebalanceDelayMs } = turn.config.streams.settings(group.groupId)
  if (initialRebalanceDelayMs <= 0 || group.initialDelayUntilMs !== noDeadline) return
  group.initialDelayUntilMs = turn.now.monotonicMs + initialRebalanceDelayMs
  changes.addApplied([], () => {
    group.initialDelayUntilMs = noDeadline
  })
  arm(turn, group, group.initialDelayUntilMs)
}

function ownedOf({ activeTasks, standbyTasks, warmupTasks }: StreamsHeartbeatRequest) {
  if (activeTasks === null || standbyTasks === null || warmupTasks === null) return null
  return {
    active: toTasks(activeTasks),
    standby: toTasks(standbyTasks),
    warmup: toTasks(warmupTasks),
  }
}

/** Takes the member as far towards its target as can be now, and stores where it came to. */
function reconcileMember(
  turn: Turn,
  changes: Changes,
  group: StreamsGroup,
  {
    member,
    isDelayed,
    owned,
  }: { member: StreamsMember; isDelayed: boolean; owned: TargetTasks | null },
): StreamsMember {
  const { groupId } = group
  const { memberId, processId } = member
  const targetEpoch = group.assignmentEpoch
  if (isReconciled(member, targetEpoch)) return member
  const next = reconcileTasks(member, {
    targetEpoch,
    target: isDelayed ? noTasks : group.target(memberId),
    isActive: (subtopologyId, partition) => group.hasActive(subtopologyId, partition),
    isInProcess: (role, subtopologyId, partition) =>
      group.hasTask(role, { subtopologyId, partition }, processId),
    owned,
  })
  if (next === member) return member
  changes.addStreams({ type: 'current', groupId, memberId, value: next })
  limitRevocation(turn, group, next)
  return next
}

interface Answering {
  readonly request: StreamsHeartbeatRequest
  readonly before: StreamsMember
  readonly member: StreamsMember
  readonly status: Status[]
}

function answer(
  turn: Turn,
  group: StreamsGroup,
  { request, before, member, status }: Answering,
): StreamsHeartbeatResult {
  const mustTell = request.memberEpoch === joinEpoch || !sameTasks(before.assigned, member.assigned)
  if (mustTell && member.userEndpoint !== null) group.endpointEpoch++
  const { problem, missingTopics } = group.configured ?? { problem: null, missingTopics: [] }
  if (problem !== null) status.push(problem)
  const asker = group.shutdownAskedBy ?? (request.shutdownApplication ? request.memberId : null)
  if (asker !== null) {
    const statusDetail =
      `Streams group member ${asker} encountered a fatal error and requested a shutdown for the ` +
      'entire application.'
    status.push({ statusCode: statusCodes.SHUTDOWN_APPLICATION, statusDetail })
  }
  const { assigned } = member
  const response: StreamsHeartbeatResponse = {
    errorCode: errorCodes.NONE,
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: turn.config.streams.settings(group.groupId).heartbeatIntervalMs,
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    status,
    activeTasks: mustTell ? toTaskIds(assigned.active) : null,
    standbyTasks: mustTell ? toTaskIds(assigned.standby) : null,
    warmupTasks: mustTell ? toTaskIds(assigned.warmup) : null,
    endpointInformationEpoch: group.endpointEpoch,
    partitionsByUserEndpoint:
      group.endpointEpoch === request.endpointInformationEpoch
        ? null
        : endpointsOf(group, turn.topics),
  }
  return { response, missingTopics }
}
