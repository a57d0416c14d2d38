// The records of __consumer_offsets that groups of the consumer protocol need (KIP-848), in Kafka's
// own format: what a group is at (3, 6), who its members are (5), what each is to have (7) and has
// (8), and what its patterns match (16). Type 4 is from before Kafka 4.1 and only ever removed.

import { message } from '../wire/message.ts'
import {
  array,
  bigint64,
  bytes,
  field,
  int8,
  int32,
  int64,
  nullable,
  string,
  tagged,
  taggedStruct,
  uuid,
} from '../wire/types.ts'

const ofGroup = { groupId: string }
const ofMember = { groupId: string, memberId: string }
const keyVersions = { versions: '0', flexible: 'none' } as const
const valueVersions = { versions: '0', flexible: '0+' } as const

export const consumerGroupMetadataKey = message(
  { name: 'ConsumerGroupMetadataKey', ...keyVersions },
  ofGroup,
)

export const consumerGroupMetadataValue = message(
  { name: 'ConsumerGroupMetadataValue', ...valueVersions },
  {
    epoch: int32,
    // KIP-1101: changes when a subscribed topic does.
    metadataHash: tagged(0, bigint64),
  },
)

export const consumerGroupPartitionMetadataKey = message(
  { name: 'ConsumerGroupPartitionMetadataKey', ...keyVersions },
  ofGroup,
)

export const consumerGroupMemberMetadataKey = message(
  { name: 'ConsumerGroupMemberMetadataKey', ...keyVersions },
  ofMember,
)

export const consumerGroupMemberMetadataValue = message(
  { name: 'ConsumerGroupMemberMetadataValue', ...valueVersions },
  {
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: nullable(string),
    rebalanceTimeoutMs: field(int32, { default: -1 }),
    serverAssignor: nullable(string),
    // Of a member that uses the classic protocol in a group of the consumer protocol; null, and not
    // absent, for any other.
    classicMemberMetadata: tagged(
      0,
      nullable(
        taggedStruct({
          sessionTimeoutMs: int32,
          supportedProtocols: array({ name: string, metadata: bytes }),
        }),
      ),
    ),
  },
)

export const consumerGroupTargetAssignmentMetadataKey = message(
  { name: 'ConsumerGroupTargetAssignmentMetadataKey', ...keyVersions },
  ofGroup,
)

export const consumerGroupTargetAssignmentMetadataValue = message(
  { name: 'ConsumerGroupTargetAssignmentMetadataValue', ...valueVersions },
  {
    assignmentEpoch: int32,
    // KIP-1263.
    assignmentTimestamp: tagged(0, int64, { ignorable: true }),
  },
)

export const consumerGroupTargetAssignmentMemberKey = message(
  { name: 'ConsumerGroupTargetAssignmentMemberKey', ...keyVersions },
  ofMember,
)

export const consumerGroupTargetAssignmentMemberValue = message(
  { name: 'ConsumerGroupTargetAssignmentMemberValue', ...valueVersions },
  {
    topicPartitions: array({ topicId: uuid, partitions: array(int32) }),
  },
)

export const consumerGroupCurrentMemberAssignmentKey = message(
  { name: 'ConsumerGroupCurrentMemberAssignmentKey', ...keyVersions },
  ofMember,
)

const topicPartitions = array({
  topicId: uuid,
  partitions: array(int32),
  // KIP-1251: the epoch at which each partition was assigned, in the order of `partitions`.
  assignmentEpochs: tagged(0, nullable(array(int32))),
})

export const consumerGroupCurrentMemberAssignmentValue = message(
  { name: 'ConsumerGroupCurrentMemberAssignmentValue', ...valueVersions },
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: topicPartitions,
    partitionsPendingRevocation: topicPartitions,
  },
)

export const consumerGroupRegularExpressionKey = message(
  { name: 'ConsumerGroupRegularExpressionKey', ...keyVersions },
  { groupId: string, regularExpression: string },
)

export const consumerGroupRegularExpressionValue = message(
  { name: 'ConsumerGroupRegularExpressionValue', ...valueVersions },
  { topics: array(string), version: int64, timestamp: int64 },
)
