// StreamsGroupDescribe (key 89): state, topology, members and tasks of groups of Kafka Streams.
// KIP-1071.

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  uint16,
} from '../wire/types.ts'

export const streamsGroupDescribeRequest = message(
  { name: 'StreamsGroupDescribeRequest', versions: '0', flexible: '0+' },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)

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

const taskOffset = {
  subtopologyId: string,
  partition: int32,
  offset: int64,
}

const taskIds = {
  subtopologyId: string,
  partitions: array(int32),
}

const assignment = {
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
}

export const streamsGroupDescribeResponse = message(
  { name: 'StreamsGroupDescribeResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    groups: array({
      errorCode: int16,
      errorMessage: field(nullable(string), { default: null }),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      topology: field(
        nullable(
          struct({
            epoch: int32,
            subtopologies: field(
              nullable(
                array({
                  subtopologyId: string,
                  sourceTopics: array(string),
                  repartitionSinkTopics: array(string),
                  stateChangelogTopics: array(topicInfo),
                  repartitionSourceTopics: array(topicInfo),
                }),
              ),
              { default: null },
            ),
          }),
        ),
        { default: null },
      ),
      members: array({
        memberId: string,
        memberEpoch: int32,
        instanceId: field(nullable(string), { default: null }),
        rackId: field(nullable(string), { default: null }),
        clientId: string,
        clientHost: string,
        topologyEpoch: int32,
        processId: string,
        userEndpoint: field(
          nullable(
            struct({
              host: string,
              port: uint16,
            }),
          ),
          { default: null },
        ),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: boolean,
      }),
      authorizedOperations: field(int32, { default: -2_147_483_648 }),
    }),
  },
)
