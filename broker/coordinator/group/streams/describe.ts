// StreamsGroupDescribe and ListGroups for a group of Kafka Streams.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { DescribedStreamsGroup, ListedGroup } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { InternalTopic } from './heartbeat-result.ts'
import type { StreamsGroup } from './streams-group.ts'
import type { StreamsMember } from './streams-member.ts'
import { type OwnedTasks, type TargetTasks, toTaskIds } from './tasks.ts'
import type { Topology } from './topology.ts'

export function describeStreamsGroup(turn: Turn, groupId: string): DescribedStreamsGroup {
  const group = turn.state.groups.get(groupId)
  if (group?.type !== 'streams') {
    const what = group === undefined ? 'not found' : 'is not a streams group'
    return describeStreamsError(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} ${what}.`)
  }
  return {
    errorCode: errorCodes.NONE,
    groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    topology: group.topology === null ? null : describedTopology(group, group.topology),
    members: Array.from(group.members.values(), (member) =>
      describedMember(member, group.target(member.memberId)),
    ),
  }
}

export function describeStreamsError(
  groupId: string,
  error: KafkaErrorName,
  errorMessage: string | null = null,
): DescribedStreamsGroup {
  return {
    errorCode: errorCodes[error],
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    topology: null,
    members: [],
  }
}

type DescribedTopology = NonNullable<DescribedStreamsGroup['topology']>

/** With the partition counts that follow from the topics, once somebody has looked at them. */
function describedTopology({ configured }: StreamsGroup, topology: Topology): DescribedTopology {
  const { epoch } = topology
  if (configured === null) return { epoch, subtopologies: asTold(topology) }
  const subtopologies = (configured.subtopologies ?? []).map((one) => ({
    subtopologyId: one.subtopologyId,
    sourceTopics: [...one.subtopology.sourceTopics].sort(),
    repartitionSinkTopics: [...one.subtopology.repartitionSinkTopics].sort(),
    stateChangelogTopics: one.changelogs.map(topicInfo).sort(byName),
    repartitionSourceTopics: one.repartitionSources.map(topicInfo).sort(byName),
  }))
  return { epoch, subtopologies }
}

function asTold({ subtopologies }: Topology): DescribedTopology['subtopologies'] {
  return subtopologies.map((one) => ({
    subtopologyId: one.subtopologyId,
    sourceTopics: one.sourceTopics,
    repartitionSinkTopics: one.repartitionSinkTopics,
    stateChangelogTopics: one.stateChangelogTopics,
    repartitionSourceTopics: one.repartitionSourceTopics,
  }))
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

function topicInfo({ name, partitionCount, replicationFactor, configs }: InternalTopic) {
  return {
    name,
    partitions: partitionCount,
    replicationFactor: Math.max(replicationFactor, 0),
    topicConfigs: configs.map(({ name: key, value }) => ({ key, value })),
  }
}

function describedMember(
  member: StreamsMember,
  target: TargetTasks,
): DescribedStreamsGroup['members'][number] {
  return {
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topologyEpoch: member.topologyEpoch,
    processId: member.processId,
    userEndpoint: member.userEndpoint,
    clientTags: Array.from(member.clientTags, ([key, value]) => ({ key, value })),
    taskOffsets: [],
    taskEndOffsets: [],
    assignment: describedTasks(member.assigned),
    targetAssignment: describedTasks(target),
    isClassic: false,
  }
}

function describedTasks({ active, standby, warmup }: OwnedTasks | TargetTasks) {
  return {
    activeTasks: toTaskIds(active),
    standbyTasks: toTaskIds(standby),
    warmupTasks: toTaskIds(warmup),
  }
}

export function listedStreamsGroup(group: StreamsGroup): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: 'streams',
    groupState: group.state,
    groupType: 'streams',
  }
}
