// ShareGroupDescribe (key 77): state, members and assignments of share groups. KIP-932.

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  int16,
  int32,
  nullable,
  string,
  struct,
  uuid,
} from '../wire/types.ts'

export const shareGroupDescribeRequest = message(
  { name: 'ShareGroupDescribeRequest', versions: '1', flexible: '0+' },
  {
    groupIds: array(string),
    includeAuthorizedOperations: boolean,
  },
)

export const shareGroupDescribeResponse = message(
  { name: 'ShareGroupDescribeResponse', versions: '1', flexible: '0+' },
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
        rackId: field(nullable(string), { default: null }),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        assignment: struct({
          topicPartitions: array({
            topicId: uuid,
            topicName: string,
            partitions: array(int32),
          }),
        }),
      }),
      authorizedOperations: field(int32, { default: -2_147_483_648 }),
    }),
  },
)
