// ConsumerGroupDescribe (key 69): state, members and assignments of consumer groups of the new
// protocol. KIP-848, KIP-1099 type of member (v1).

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int8,
  int16,
  int32,
  nullable,
  string,
  struct,
  uuid,
} from '../wire/types.ts'

export const consumerGroupDescribeRequest = message(
  { name: 'ConsumerGroupDescribeRequest', versions: '0-1', flexible: '0+' },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)

const assignment = {
  topicPartitions: array({
    topicId: uuid,
    topicName: string,
    partitions: array(int32),
  }),
}

export const consumerGroupDescribeResponse = message(
  { name: 'ConsumerGroupDescribeResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    groups: array({
      errorCode: int16,
      errorMessage: field(nullable(string), { default: null }),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: array({
        memberId: string,
        instanceId: field(nullable(string), { default: null }),
        rackId: field(nullable(string), { default: null }),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        subscribedTopicRegex: field(nullable(string), { default: null }),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: field(int8, { since: 1, default: -1, ignorable: true }),
      }),
      authorizedOperations: field(int32, { default: -2_147_483_648 }),
    }),
  },
)
