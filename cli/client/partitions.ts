// Partitions as the admin commands see them: replicas with those in sync and eligible to lead
// (KIP-966), sizes on disk, reassignments under way, elections.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import type { Answer } from './connection.ts'
import { KafkaError, throwIfError } from './errors.ts'
import { adminPartitionsMax } from './limits.ts'

export interface PartitionName {
  readonly topic: string
  readonly index: number
}

export interface PartitionState extends PartitionName {
  readonly isInternal: boolean
  /** -1 when there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Replicas that are not in sync and may lead all the same; null where the cluster cannot tell. */
  readonly elr: readonly number[] | null
  /** Replicas whose broker is gone, or whose disk has failed. */
  readonly offline: readonly number[]
}

/** Of these topics, or of all for null, by topic and index. */
export async function describePartitions(
  cluster: Cluster,
  topics: readonly string[] | null,
): Promise<PartitionState[]> {
  const found = await cluster.retrying(
    async () => {
      await cluster.refresh(topics)
      return (await cluster.serves('describeTopicPartitions'))
        ? await pages(cluster, topics)
        : await fromMetadata(cluster, topics)
    },
    { unknownTopicPatienceMs: 0 },
  )
  return found.sort((a, b) =>
    a.topic === b.topic ? a.index - b.index : a.topic < b.topic ? -1 : 1,
  )
}

async function pages(
  cluster: Cluster,
  topics: readonly string[] | null,
): Promise<PartitionState[]> {
  const found: PartitionState[] = []
  // For this API no topic named means all of them.
  if (topics !== null && topics.length === 0) return found
  let cursor: { topicName: string; partitionIndex: number } | null = null
  do {
    const { response }: Answer<'describeTopicPartitions'> = await cluster.toAny(
      'describeTopicPartitions',
      {
        topics: (topics ?? []).map((name) => ({ name })),
        responsePartitionLimit: adminPartitionsMax,
        cursor,
      },
    )
    for (const { name, errorCode, isInternal, partitions } of response.topics) {
      throwIfError(errorCode, `topic ${name ?? ''}`)
      for (const partition of partitions) {
        found.push({
          topic: name ?? '',
          index: partition.partitionIndex,
          isInternal,
          leader: partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          isr: partition.isrNodes,
          elr: partition.eligibleLeaderReplicas ?? [],
          offline: partition.offlineReplicas,
        })
      }
    }
    cursor = response.nextCursor
  } while (cursor !== null)
  return found
}

/** For clusters before Kafka 3.7. */
async function fromMetadata(
  cluster: Cluster,
  names: readonly string[] | null,
): Promise<PartitionState[]> {
  const topics = await cluster.refresh(names)
  const alive = new Set(cluster.brokers.map(({ id }) => id))
  return topics.flatMap(({ name, isInternal, partitions }) =>
    partitions.map(({ index, leader, leaderEpoch, replicas, isr }) => ({
      topic: name,
      index,
      isInternal,
      leader,
      leaderEpoch,
      replicas,
      isr,
      elr: null,
      offline: replicas.filter((id) => !alive.has(id)),
    })),
  )
}

export interface Reassignment extends PartitionName {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** The moves that are under way. */
export async function listReassignments(cluster: Cluster): Promise<Reassignment[]> {
  return await cluster.retrying(async () => {
    const { errorCode, errorMessage, topics } = await cluster.toController(
      'listPartitionReassignments',
      { timeoutMs: cluster.requestTimeoutMs, topics: null },
    )
    throwIfError(errorCode, 'reassignments', errorMessage)
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
        topic: name,
        index: partitionIndex,
        replicas,
        adding: addingReplicas,
        removing: removingReplicas,
      })),
    )
  })
}

export interface Refused extends PartitionName {
  readonly error: KafkaError
}

/** `to`: the wanted replicas; null takes back the move under way. Gives what was refused. */
export async function alterReassignments(
  cluster: Cluster,
  wanted: readonly (PartitionName & { readonly to: readonly number[] | null })[],
): Promise<Refused[]> {
  const refused: Refused[] = []
  for (let from = 0; from < wanted.length; from += adminPartitionsMax) {
    const part = wanted.slice(from, from + adminPartitionsMax)
    refused.push(...(await cluster.retrying(() => alterPart(cluster, part))))
  }
  return refused
}

async function alterPart(
  cluster: Cluster,
  wanted: readonly (PartitionName & { readonly to: readonly number[] | null })[],
): Promise<Refused[]> {
  const topics = [...byTopic(wanted)].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ index, to }) => ({ partitionIndex: index, replicas: to })),
  }))
  const { errorCode, errorMessage, responses } = await cluster.toController(
    'alterPartitionReassignments',
    { timeoutMs: cluster.requestTimeoutMs, topics },
  )
  throwIfError(errorCode, 'reassignments', errorMessage)
  return responses.flatMap(({ name, partitions }) =>
    partitions.flatMap((one) => refusalOf(name, one.partitionIndex, one)),
  )
}

export type ElectionType = 'preferred' | 'unclean'
const electionCodes: Readonly<Record<ElectionType, number>> = { preferred: 0, unclean: 1 }

export interface ElectionResults {
  readonly elected: readonly PartitionName[]
  readonly refused: readonly Refused[]
}

/** Has leaders elected; partitions that need no election are in neither of the results. */
export async function electLeaders(
  cluster: Cluster,
  electionType: ElectionType,
  partitions: readonly PartitionName[],
): Promise<ElectionResults> {
  const elected: PartitionName[] = []
  const refused: Refused[] = []
  for (let from = 0; from < partitions.length; from += adminPartitionsMax) {
    const part = partitions.slice(from, from + adminPartitionsMax)
    const results = await cluster.retrying(() => electPart(cluster, electionType, part))
    elected.push(...results.elected)
    refused.push(...results.refused)
  }
  return { elected, refused }
}

async function electPart(
  cluster: Cluster,
  electionType: ElectionType,
  partitions: readonly PartitionName[],
): Promise<ElectionResults> {
  const topicPartitions = [...byTopic(partitions)].map(([topic, list]) => ({
    topic,
    partitions: list.map(({ index }) => index),
  }))
  const { errorCode, replicaElectionResults } = await cluster.toController('electLeaders', {
    electionType: electionCodes[electionType],
    topicPartitions,
    timeoutMs: cluster.requestTimeoutMs,
  })
  throwIfError(errorCode, 'elections')
  const results = replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map((one) => ({ topic, index: one.partitionId, ...one })),
  )
  return {
    elected: results.filter(({ errorCode: code }) => code === errorCodes.NONE).map(nameOf),
    refused: results
      .filter(({ errorCode: code }) => code !== errorCodes.ELECTION_NOT_NEEDED)
      .flatMap((one) => refusalOf(one.topic, one.index, one)),
  }
}

function nameOf({ topic, index }: PartitionName): PartitionName {
  return { topic, index }
}

function refusalOf(
  topic: string,
  index: number,
  { errorCode, errorMessage }: { errorCode: number; errorMessage: string | null },
): Refused[] {
  if (errorCode === errorCodes.NONE) return []
  const error = new KafkaError(errorCode, `partition ${topic}-${index}`, errorMessage)
  return [{ topic, index, error }]
}

function byTopic<P extends PartitionName>(partitions: readonly P[]): Map<string, P[]> {
  const topics = new Map<string, P[]>()
  for (const partition of partitions) {
    const list = topics.get(partition.topic)
    if (list === undefined) topics.set(partition.topic, [partition])
    else list.push(partition)
  }
  return topics
}
