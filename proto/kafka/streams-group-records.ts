// The records of __consumer_offsets that groups of Kafka Streams need (KIP-1071), in Kafka's own
// format: what a group is at (17, 20), who its members are (19), what each is to have (21) and has
// (22), and the topology that all of them run (23).

import { message } from '../wire/message.ts'
import {
  array,
  bigint64,
  field,
  int8,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  tagged,
  uint16,
} from '../wire/types.ts'

const ofGroup = { groupId: string }
const ofMember = { groupId: string, memberId: string }
const keyVersions = { versions: '0', flexible: 'none' } as const
const valueVersions = { versions: '0', flexible: '0+' } as const

const keyValue = { key: string, value: string }

export const streamsGroupMetadataKey = message(
  { name: 'StreamsGroupMetadataKey', ...keyVersions },
  ofGroup,
)

export const streamsGroupMetadataValue = message(
  { name: 'StreamsGroupMetadataValue', ...valueVersions },
  {
    epoch: int32,
    metadataHash: bigint64,
    // Of the topology whose topics are all there, with as many partitions as they must have.
    validatedTopologyEpoch: tagged(0, int32, { default: -1 }),
    // The settings that the last assignment was made by.
    lastAssignmentConfigs: tagged(1, nullable(array(keyValue))),
  },
)

export const streamsGroupMemberMetadataKey = message(
  { name: 'StreamsGroupMemberMetadataKey', ...keyVersions },
  ofMember,
)

export const streamsGroupMemberMetadataValue = message(
  { name: 'StreamsGroupMemberMetadataValue', ...valueVersions },
  {
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: field(int32, { default: -1 }),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: field(nullable(struct({ host: string, port: uint16 })), { default: null }),
    clientTags: array(keyValue),
  },
)

export const streamsGroupTargetAssignmentMetadataKey = message(
  { name: 'StreamsGroupTargetAssignmentMetadataKey', ...keyVersions },
  ofGroup,
)

export const streamsGroupTargetAssignmentMetadataValue = message(
  { name: 'StreamsGroupTargetAssignmentMetadataValue', ...valueVersions },
  {
    assignmentEpoch: int32,
    // KIP-1263.
    assignmentTimestamp: tagged(0, int64, { ignorable: true }),
  },
)

export const streamsGroupTargetAssignmentMemberKey = message(
  { name: 'StreamsGroupTargetAssignmentMemberKey', ...keyVersions },
  ofMember,
)

const taskIds = array({ subtopologyId: string, partitions: array(int32) })

export const streamsGroupTargetAssignmentMemberValue = message(
  { name: 'StreamsGroupTargetAssignmentMemberValue', ...valueVersions },
  { activeTasks: taskIds, standbyTasks: taskIds, warmupTasks: taskIds },
)

export const streamsGroupCurrentMemberAssignmentKey = message(
  { name: 'StreamsGroupCurrentMemberAssignmentKey', ...keyVersions },
  ofMember,
)

const ownedTaskIds = array({
  subtopologyId: string,
  partitions: array(int32),
  // Of active tasks: the epoch at which each was assigned, in the order of `partitions`.
  assignmentEpochs: tagged(0, nullable(array(int32))),
})

export const streamsGroupCurrentMemberAssignmentValue = message(
  { name: 'StreamsGroupCurrentMemberAssignmentValue', ...valueVersions },
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: ownedTaskIds,
    standbyTasks: ownedTaskIds,
    warmupTasks: ownedTaskIds,
    activeTasksPendingRevocation: ownedTaskIds,
    standbyTasksPendingRevocation: ownedTaskIds,
    warmupTasksPendingRevocation: ownedTaskIds,
  },
)

export const streamsGroupTopologyKey = message(
  { name: 'StreamsGroupTopologyKey', ...keyVersions },
  ofGroup,
)

const topicInfo = array({
  name: string,
  // 0: as many as follow from the topology; always so for changelogs.
  partitions: int32,
  // 0: the default.
  replicationFactor: int16,
  topicConfigs: array(keyValue),
})

export const streamsGroupTopologyValue = message(
  { name: 'StreamsGroupTopologyValue', ...valueVersions },
  {
    epoch: int32,
    subtopologies: array({
      subtopologyId: string,
      sourceTopics: array(string),
      sourceTopicRegex: array(string),
      stateChangelogTopics: topicInfo,
      repartitionSinkTopics: array(string),
      repartitionSourceTopics: topicInfo,
      // Indexes into the arrays above.
      copartitionGroups: array({
        sourceTopics: array(int16),
        sourceTopicRegex: array(int16),
        repartitionSourceTopics: array(int16),
      }),
    }),
  },
)
