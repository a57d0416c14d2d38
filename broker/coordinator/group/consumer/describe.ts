// ConsumerGroupDescribe and ListGroups for a group of the consumer protocol.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { DescribedConsumerGroup, ListedGroup } from '../messages.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { noPartitions, toTopicPartitions } from './partitions.ts'

/** KIP-1099. */
const memberTypes = { classic: 0, consumer: 1 } as const

export function describeConsumerGroup(turn: Turn, groupId: string): DescribedConsumerGroup {
  const group = turn.state.groups.get(groupId)
  if (group === undefined) {
    return describeError(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
  }
  if (group.type !== 'consumer') {
    return describeError(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
  }
  return {
    errorCode: errorCodes.NONE,
    groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.preferredAssignor ?? turn.config.consumer.assignors[0] ?? '',
    members: Array.from(group.members.values(), (member) => describedMember(turn, group, member)),
  }
}

export function describeError(
  groupId: string,
  error: KafkaErrorName,
  errorMessage: string | null = null,
): DescribedConsumerGroup {
  return {
    errorCode: errorCodes[error],
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}

function describedMember(
  turn: Turn,
  group: ConsumerGroup,
  member: ConsumerMember,
): DescribedConsumerGroup['members'][number] {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopics],
    subscribedTopicRegex: member.subscribedRegex,
    assignment: named(turn, member.assigned),
    targetAssignment: named(turn, group.target(member.memberId) ?? noPartitions),
    memberType: member.classic === null ? memberTypes.consumer : memberTypes.classic,
  }
}

/** A topic that is gone has no name to show. */
function named(turn: Turn, partitions: Parameters<typeof toTopicPartitions>[0]) {
  const topicPartitions = toTopicPartitions(partitions).flatMap((topic) => {
    const topicName = turn.topics.byId(topic.topicId)?.name
    return topicName === undefined ? [] : [{ ...topic, topicName }]
  })
  return { topicPartitions }
}

export function listedConsumerGroup(group: ConsumerGroup): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: 'consumer',
    groupState: group.state,
    groupType: 'consumer',
  }
}
