// DescribeTopicPartitions (key 75): partitions of topics, page by page, with eligible leader
// replicas. KIP-966.

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

export const describeTopicPartitionsRequest = message(
  { name: 'DescribeTopicPartitionsRequest', versions: '0', flexible: '0+' },
  {
    topics: array({
      name: string,
    }),
    responsePartitionLimit: field(int32, { default: 2000 }),
    // Where to go on: the nextCursor of the page before.
    cursor: field(
      nullable(
        struct({
          topicName: string,
          partitionIndex: int32,
        }),
      ),
      { default: null },
    ),
  },
)

export const describeTopicPartitionsResponse = message(
  { name: 'DescribeTopicPartitionsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    topics: array({
      errorCode: int16,
      name: nullable(string),
      topicId: uuid,
      isInternal: field(boolean),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: field(int32, { default: -1 }),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        eligibleLeaderReplicas: field(nullable(array(int32)), { default: null }),
        lastKnownElr: field(nullable(array(int32)), { default: null }),
        offlineReplicas: array(int32),
      }),
      topicAuthorizedOperations: field(int32, { default: -2_147_483_648 }),
    }),
    nextCursor: field(
      nullable(
        struct({
          topicName: string,
          partitionIndex: int32,
        }),
      ),
      { default: null },
    ),
  },
)
