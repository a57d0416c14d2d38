// Consumer groups as the admin commands see them: their list, members, committed offsets. What
// belongs to one group is asked of its coordinator; the list is put together from all brokers.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { DecodeError } from '@samsa/proto/wire/errors'
import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { KafkaError, throwIfError } from './errors.ts'
import { decodeAssignment } from './group-protocol.ts'
import { groupByTopic, type TopicPartition } from './offsets.ts'

const groupKeyType = 0
/** Versions from 10 on speak of topic ids; names say all that is needed here. */
export const offsetVersionMax = 9

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  /** Empty when the broker is too old to say. */
  readonly state: string
  readonly type: string
  readonly coordinator: number
}

export async function listGroups(cluster: Cluster): Promise<ListedGroup[]> {
  return await cluster.retrying(async () => {
    await cluster.refresh([])
    const lists = cluster.brokers.map(async ({ id }) => {
      const { response } = await cluster.toBroker(id, 'listGroups', {})
      throwIfError(response.errorCode, `groups of broker ${id}`)
      return response.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
        groupId,
        protocolType,
        state: groupState,
        type: groupType,
        coordinator: id,
      }))
    })
    const groups = (await Promise.all(lists)).flat()
    return groups.sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
  })
}

/** The broker that coordinates a group. */
export async function findCoordinator(cluster: Cluster, groupId: string): Promise<number> {
  const { response, version } = await cluster.toAny('findCoordinator', (agreed) =>
    agreed >= 4
      ? { keyType: groupKeyType, coordinatorKeys: [groupId] }
      : agreed >= 1
        ? { key: groupId, keyType: groupKeyType }
        : { key: groupId },
  )
  const found = version >= 4 ? response.coordinators[0] : response
  if (found === undefined) {
    throw new KafkaError(errorCodes.COORDINATOR_NOT_AVAILABLE, `group ${groupId}`)
  }
  throwIfError(found.errorCode, `group ${groupId}`, found.errorMessage)
  // The coordinator may be a broker that joined after the last look at the metadata.
  if (cluster.brokers.every(({ id }) => id !== found.nodeId)) await cluster.refresh([])
  return found.nodeId
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly partitions: readonly TopicPartition[]
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocol: string
  readonly coordinator: number
  readonly members: readonly GroupMember[]
}

export async function describeGroup(cluster: Cluster, groupId: string): Promise<GroupDescription> {
  return await cluster.retrying(async () => {
    const coordinator = await findCoordinator(cluster, groupId)
    const body = { groups: [groupId] }
    const { response } = await cluster.toBroker(coordinator, 'describeGroups', body)
    const [group] = response.groups
    const isOther =
      group?.errorCode === errorCodes.GROUP_ID_NOT_FOUND || group?.groupState === 'Dead'
    if (group === undefined || isOther) {
      const other = await describeNewGroup(cluster, groupId, coordinator)
      if (other !== undefined) return other
    }
    if (group === undefined || group.groupState === 'Dead') {
      throw new KafkaError(errorCodes.GROUP_ID_NOT_FOUND, `group ${groupId}`)
    }
    throwIfError(group.errorCode, `group ${groupId}`, group.errorMessage)
    return {
      groupId,
      state: group.groupState,
      protocol: group.protocolData,
      coordinator,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        host: member.clientHost,
        partitions: assignedTo(member.memberAssignment),
      })),
    }
  })
}

/**
 * A group of the newer protocol (KIP-848), which has a request of its own; undefined if it is none.
 */
async function describeNewGroup(
  cluster: Cluster,
  groupId: string,
  coordinator: number,
): Promise<GroupDescription | undefined> {
  if (!(await cluster.serves('consumerGroupDescribe'))) return undefined
  const body = { groupIds: [groupId], includeAuthorizedOperations: false }
  const { response } = await cluster.toBroker(coordinator, 'consumerGroupDescribe', body)
  const [group] = response.groups
  if (group === undefined || group.errorCode === errorCodes.GROUP_ID_NOT_FOUND) return undefined
  throwIfError(group.errorCode, `group ${groupId}`, group.errorMessage)
  return {
    groupId,
    state: group.groupState,
    protocol: group.assignorName,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      partitions: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
  }
}

/**
 * Members that are no consumers (Kafka Connect's, say) hold assignments of another form: none to
 * show.
 */
function assignedTo(memberAssignment: Buffer): TopicPartition[] {
  try {
    return decodeAssignment(memberAssignment)
  } catch (error) {
    if (error instanceof DecodeError) return []
    throw error
  }
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly metadata: string | null
}

/** The committed offsets of a group: of these partitions, or of all that it has any for. */
export async function fetchOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
): Promise<CommittedOffset[]> {
  return await cluster.retrying(async () => {
    const coordinator = await findCoordinator(cluster, groupId)
    const topics =
      partitions === null
        ? null
        : groupByTopic(partitions).map(([name, list]) => ({
            name,
            partitionIndexes: list.map(({ partition }) => partition),
          }))
    const { response, version } = await cluster.toBroker(
      coordinator,
      'offsetFetch',
      (agreed) =>
        agreed >= 8
          ? { groups: [{ groupId, topics }], requireStable: true }
          : { groupId, topics, ...(agreed >= 7 ? { requireStable: true } : {}) },
      { versionMax: offsetVersionMax },
    )
    return committedOf(groupId, response, version)
  })
}

function committedOf(
  groupId: string,
  response: ResponseOf<'offsetFetch'>,
  version: number,
): CommittedOffset[] {
  const found = version >= 8 ? response.groups[0] : response
  if (found === undefined) return []
  throwIfError(found.errorCode, `group ${groupId}`)
  return found.topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partitionIndex, committedOffset, metadata, errorCode }) => {
      throwIfError(errorCode, `group ${groupId}, partition ${name}-${partitionIndex}`)
      const isSet = committedOffset >= 0
      return isSet
        ? [{ topic: name, partition: partitionIndex, offset: committedOffset, metadata }]
        : []
    }),
  )
}

export interface NewOffset extends TopicPartition {
  readonly offset: number
}

/** Commits in the name of no member: the group must have none. */
export async function resetOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly NewOffset[],
): Promise<void> {
  await cluster.retrying(async () => {
    const coordinator = await findCoordinator(cluster, groupId)
    const body = {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: groupByTopic(offsets).map(([name, list]) => ({
        name,
        partitions: list.map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedMetadata: '',
        })),
      })),
    }
    const options = { versionMax: offsetVersionMax }
    const { response } = await cluster.toBroker(coordinator, 'offsetCommit', body, options)
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        throwIfError(errorCode, `group ${groupId}, partition ${name}-${partitionIndex}`)
      }
    }
  })
}

export async function deleteGroup(cluster: Cluster, groupId: string): Promise<void> {
  await cluster.retrying(async () => {
    const coordinator = await findCoordinator(cluster, groupId)
    const { response } = await cluster.toBroker(coordinator, 'deleteGroups', {
      groupsNames: [groupId],
    })
    for (const { errorCode } of response.results) throwIfError(errorCode, `group ${groupId}`)
  })
}

/** Forgets offsets of a group, whose members must not be subscribed to those topics (KIP-496). */
export async function deleteOffsets(
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  await cluster.retrying(async () => {
    const coordinator = await findCoordinator(cluster, groupId)
    const { response } = await cluster.toBroker(coordinator, 'offsetDelete', {
      groupId,
      topics: groupByTopic(partitions).map(([name, list]) => ({
        name,
        partitions: list.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    })
    throwIfError(response.errorCode, `group ${groupId}`)
    for (const { name, partitions: answered } of response.topics) {
      for (const { partitionIndex, errorCode } of answered) {
        throwIfError(errorCode, `group ${groupId}, partition ${name}-${partitionIndex}`)
      }
    }
  })
}
