// Guards of consumer groups and the offsets that they commit.

import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import { operationsNotAsked } from '../acl.ts'
import type { Rights } from '../authorizer.ts'
import { type Guard, type GuardContext, split, topicNameOf } from '../guard.ts'

const errorCode = errorCodes.GROUP_AUTHORIZATION_FAILED
const denied = { errorCode, errorMessage: errorByName('GROUP_AUTHORIZATION_FAILED').text }
const topicErrorCode = errorCodes.TOPIC_AUTHORIZATION_FAILED

function mayRead(groupId: string, rights: Rights): boolean {
  return rights.can('READ', 'GROUP', groupId)
}

function maySee(groupId: string, rights: Rights): boolean {
  return rights.can('DESCRIBE', 'GROUP', groupId)
}

export const joinGroup: Guard<'joinGroup'> = (request, rights) => {
  if (mayRead(request.groupId, rights)) return { request }
  const { memberId } = request
  return { response: { errorCode, leader: '', protocolName: null, memberId, members: [] } }
}

export const syncGroup: Guard<'syncGroup'> = (request, rights) =>
  mayRead(request.groupId, rights)
    ? { request }
    : { response: { errorCode, assignment: Buffer.alloc(0) } }

export const heartbeat: Guard<'heartbeat'> = (request, rights) =>
  mayRead(request.groupId, rights) ? { request } : { response: { errorCode } }

export const leaveGroup: Guard<'leaveGroup'> = (request, rights) =>
  mayRead(request.groupId, rights) ? { request } : { response: { errorCode, members: [] } }

export const findCoordinator: Guard<'findCoordinator'> = (request, rights, { apiVersion }) => {
  const may = (key: string) => {
    if (request.keyType === 0) return maySee(key, rights)
    if (request.keyType === 1) return rights.can('DESCRIBE', 'TRANSACTIONAL_ID', key)
    return rights.canOnCluster('CLUSTER_ACTION')
  }
  const error =
    request.keyType === 1
      ? errorByName('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      : errorByName('GROUP_AUTHORIZATION_FAILED')
  const refusal = {
    nodeId: -1,
    host: '',
    port: -1,
    errorCode: error.code,
    errorMessage: error.text,
  }
  if (apiVersion < 4) {
    return may(request.key) ? { request } : { response: { ...refusal, coordinators: [] } }
  }
  const [coordinatorKeys, hidden] = split(request.coordinatorKeys, may)
  const refused = hidden.map((key) => ({ key, ...refusal }))
  return {
    request: { ...request, coordinatorKeys },
    complete: (response) => ({
      ...response,
      coordinators: [...(response.coordinators ?? []), ...refused],
    }),
  }
}

export const describeGroups: Guard<'describeGroups'> = (request, rights) => {
  const [groups, hidden] = split(request.groups, (groupId) => maySee(groupId, rights))
  const refused = hidden.map((groupId) => ({
    errorCode,
    groupId,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
  }))
  return {
    request: { ...request, groups },
    complete: (response) => ({
      ...response,
      groups: [...response.groups.map((group) => withOperations(group, rights)), ...refused],
    }),
  }
}

export const consumerGroupDescribe: Guard<'consumerGroupDescribe'> = (request, rights) => {
  const [groupIds, hidden] = split(request.groupIds, (groupId) => maySee(groupId, rights))
  const refused = hidden.map((groupId) => ({
    ...denied,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }))
  return {
    request: { ...request, groupIds },
    complete: (response) => ({
      ...response,
      groups: [...response.groups.map((group) => withOperations(group, rights)), ...refused],
    }),
  }
}

function withOperations<
  T extends { readonly groupId: string; readonly authorizedOperations?: number | undefined },
>(group: T, rights: Rights): T {
  const { groupId, authorizedOperations: wanted } = group
  if (wanted === undefined || wanted === operationsNotAsked) return group
  return { ...group, authorizedOperations: rights.bits(wanted, 'GROUP', groupId) }
}

export const consumerGroupHeartbeat: Guard<'consumerGroupHeartbeat'> = (request, rights) => {
  const refuse = (error: 'GROUP_AUTHORIZATION_FAILED' | 'TOPIC_AUTHORIZATION_FAILED') => ({
    response: {
      errorCode: errorCodes[error],
      errorMessage: errorByName(error).text,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
    },
  })
  if (!mayRead(request.groupId, rights)) return refuse('GROUP_AUTHORIZATION_FAILED')
  const topics = request.subscribedTopicNames ?? []
  return topics.every((name) => rights.can('DESCRIBE', 'TOPIC', name))
    ? { request }
    : refuse('TOPIC_AUTHORIZATION_FAILED')
}

export const listGroups: Guard<'listGroups'> = (request, rights) => {
  if (rights.canOnCluster('DESCRIBE')) return { request }
  return {
    request,
    complete: (response) => ({
      ...response,
      groups: response.groups.filter(({ groupId }) => maySee(groupId, rights)),
    }),
  }
}

export const deleteGroups: Guard<'deleteGroups'> = (request, rights) => {
  const [groupsNames, refused] = split(request.groupsNames, (groupId) =>
    rights.can('DELETE', 'GROUP', groupId),
  )
  return {
    request: { ...request, groupsNames },
    complete: (response) => ({
      ...response,
      results: [...response.results, ...refused.map((groupId) => ({ groupId, errorCode }))],
    }),
  }
}

interface TopicOfOffsets {
  readonly name: string
  readonly topicId: string
}

function mayUse(
  operation: 'READ' | 'DESCRIBE',
  topic: TopicOfOffsets,
  rights: Rights,
  context: GuardContext,
): boolean {
  const name = topicNameOf(topic, context)
  return name === null || rights.can(operation, 'TOPIC', name)
}

export const offsetCommit: Guard<'offsetCommit'> = (request, rights, context) => {
  const mayCommit = mayRead(request.groupId, rights)
  const [topics, hidden] = split(
    request.topics,
    (topic) => mayCommit && mayUse('READ', topic, rights, context),
  )
  const code = mayCommit ? topicErrorCode : errorCode
  const refused = hidden.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  }))
  if (topics.length === 0 && hidden.length > 0) return { response: { topics: refused } }
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

export const offsetDelete: Guard<'offsetDelete'> = (request, rights) => {
  if (!rights.can('DELETE', 'GROUP', request.groupId))
    return { response: { errorCode, topics: [] } }
  const [topics, hidden] = split(request.topics, ({ name }) => rights.can('READ', 'TOPIC', name))
  const refused = hidden.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => ({ ...partition, errorCode: topicErrorCode })),
  }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

const noOffset = {
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode: topicErrorCode,
}

export const offsetFetch: Guard<'offsetFetch'> = (request, rights, context) => {
  if (context.apiVersion < 8) return oldOffsetFetch(request, rights)
  const [visible, hidden] = split(request.groups, ({ groupId }) => maySee(groupId, rights))
  const refusedTopics = new Map(
    visible.map(({ groupId, topics }) => [
      groupId,
      (topics ?? [])
        .filter((topic) => !mayUse('DESCRIBE', topic, rights, context))
        .map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...noOffset })),
        })),
    ]),
  )
  const groups = visible.map((group) => ({
    ...group,
    topics: group.topics?.filter((topic) => mayUse('DESCRIBE', topic, rights, context)) ?? null,
  }))
  const refused = hidden.map(({ groupId }) => ({ groupId, topics: [], errorCode }))
  return {
    request: { ...request, groups },
    complete: (response) => ({
      ...response,
      groups: [
        ...(response.groups ?? []).map((group) => ({
          ...group,
          topics: [
            // A group that was asked for all its offsets shows those of topics that may be seen.
            ...group.topics.filter(({ name = '', topicId = '' }) =>
              mayUse('DESCRIBE', { name, topicId }, rights, context),
            ),
            ...(refusedTopics.get(group.groupId) ?? []),
          ],
        })),
        ...refused,
      ],
    }),
  }
}

const oldOffsetFetch = (
  request: Parameters<Guard<'offsetFetch'>>[0],
  rights: Rights,
): ReturnType<Guard<'offsetFetch'>> => {
  const may = ({ name }: { readonly name: string }) => rights.can('DESCRIBE', 'TOPIC', name)
  if (!maySee(request.groupId, rights)) {
    const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        ...noOffset,
        errorCode,
      })),
    }))
    return { response: { errorCode, topics, groups: [] } }
  }
  const topics = request.topics?.filter(may) ?? null
  const refused = (request.topics ?? [])
    .filter((topic) => !may(topic))
    .map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...noOffset })),
    }))
  return {
    request: { ...request, topics },
    complete: (response) => ({
      ...response,
      topics: [...(response.topics ?? []).filter(may), ...refused],
    }),
  }
}
