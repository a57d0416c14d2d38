// StreamsGroupHeartbeat (key 88): joins, keeps up with and leaves a group of Kafka Streams.
// KIP-1071.

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  uint16,
} from '../wire/types.ts'

const keyValue = {
  key: string,
  value: string,
}

const topicInfo = {
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(keyValue),
}

const taskIds = {
  subtopologyId: string,
  partitions: array(int32),
}

const taskOffset = {
  subtopologyId: string,
  partition: int32,
  offset: int64,
}

export const streamsGroupHeartbeatRequest = message(
  { name: 'StreamsGroupHeartbeatRequest', versions: '0', flexible: '0+' },
  {
    groupId: string,
    memberId: string,
    // 0 joins, -1 leaves, -2 leaves for a while with the place of the static member kept.
    memberEpoch: int32,
    endpointInformationEpoch: int32,
    instanceId: field(nullable(string), { default: null }),
    rackId: field(nullable(string), { default: null }),
    rebalanceTimeoutMs: field(int32, { default: -1 }),
    topology: field(
      nullable(
        struct({
          epoch: int32,
          subtopologies: array({
            subtopologyId: string,
            sourceTopics: array(string),
            sourceTopicRegex: array(string),
            stateChangelogTopics: array(topicInfo),
            repartitionSinkTopics: array(string),
            repartitionSourceTopics: array(topicInfo),
            copartitionGroups: array({
              sourceTopics: array(int16),
              sourceTopicRegex: array(int16),
              repartitionSourceTopics: array(int16),
            }),
          }),
        }),
      ),
      { default: null },
    ),
    activeTasks: field(nullable(array(taskIds)), { default: null }),
    standbyTasks: field(nullable(array(taskIds)), { default: null }),
    warmupTasks: field(nullable(array(taskIds)), { default: null }),
    processId: field(nullable(string), { default: null }),
    userEndpoint: field(
      nullable(
        struct({
          host: string,
          port: uint16,
        }),
      ),
      { default: null },
    ),
    clientTags: field(nullable(array(keyValue)), { default: null }),
    taskOffsets: field(nullable(array(taskOffset)), { default: null }),
    taskEndOffsets: field(nullable(array(taskOffset)), { default: null }),
    shutdownApplication: field(boolean),
  },
)

const topicPartition = {
  topic: string,
  partitions: array(int32),
}

export const streamsGroupHeartbeatResponse = message(
  { name: 'StreamsGroupHeartbeatResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    memberId: string,
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    acceptableRecoveryLag: int32,
    taskOffsetIntervalMs: int32,
    status: nullable(
      array({
        // 0: old topology; 1: source topics missing; 2: partition counts do not fit; 3: internal
        // topics missing; 4: shutdown asked for; 5: assignment delayed.
        statusCode: int8,
        statusDetail: string,
      }),
    ),
    activeTasks: field(nullable(array(taskIds)), { default: null }),
    standbyTasks: field(nullable(array(taskIds)), { default: null }),
    warmupTasks: field(nullable(array(taskIds)), { default: null }),
    endpointInformationEpoch: int32,
    partitionsByUserEndpoint: field(
      nullable(
        array({
          userEndpoint: struct({
            host: string,
            port: uint16,
          }),
          activePartitions: array(topicPartition),
          standbyPartitions: array(topicPartition),
        }),
      ),
      { default: null },
    ),
  },
)
