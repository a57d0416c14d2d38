// Topics as the admin commands see them: create, change, delete. Each function asks the controller
// once, retries what may pass, and returns one outcome a topic.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import { KafkaError } from './errors.ts'

export interface NewTopic {
  readonly name: string
  /** -1: the broker's default. */
  readonly partitions: number
  readonly replicationFactor: number
  /** Brokers of each partition, in order; empty: the cluster chooses. */
  readonly assignments: readonly (readonly number[])[]
  readonly configs: readonly (readonly [name: string, value: string])[]
}

export interface TopicOutcome {
  readonly name: string
  readonly error: KafkaError | undefined
}

export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  validateOnly: boolean,
): Promise<TopicOutcome[]> {
  const response = await cluster.retrying(async () => {
    const answered = await cluster.toController('createTopics', {
      topics: topics.map((topic) => ({
        name: topic.name,
        numPartitions: topic.assignments.length > 0 ? -1 : topic.partitions,
        replicationFactor: topic.assignments.length > 0 ? -1 : topic.replicationFactor,
        assignments: topic.assignments.map((brokerIds, partitionIndex) => ({
          partitionIndex,
          brokerIds,
        })),
        configs: topic.configs.map(([name, value]) => ({ name, value })),
      })),
      timeoutMs: cluster.requestTimeoutMs,
      validateOnly,
    })
    throwIfNotController(answered.topics)
    return answered
  })
  return outcomes(response.topics)
}

export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
): Promise<TopicOutcome[]> {
  const response = await cluster.retrying(async () => {
    const answered = await cluster.toController('deleteTopics', (version) => ({
      ...(version >= 6
        ? { topics: names.map((name) => ({ name, topicId: zeroTopicId })) }
        : { topicNames: names }),
      timeoutMs: cluster.requestTimeoutMs,
    }))
    throwIfNotController(answered.responses)
    return answered
  })
  return outcomes(response.responses)
}

export async function addPartitions(cluster: Cluster, name: string, count: number): Promise<void> {
  await cluster.retrying(async () => {
    const { results } = await cluster.toController('createPartitions', {
      topics: [{ name, count, assignments: null }],
      timeoutMs: cluster.requestTimeoutMs,
      validateOnly: false,
    })
    const [outcome] = outcomes(results)
    if (outcome?.error !== undefined) throw outcome.error
  })
}

/** Waits until the brokers that can be asked name a leader for every partition of these topics. */
export async function waitForLeaders(cluster: Cluster, names: readonly string[]): Promise<void> {
  await cluster.retrying(async () => {
    for (const topic of await cluster.refresh(names)) {
      const leaderless = topic.partitions.find(({ leader }) => leader < 0)
      if (leaderless === undefined && topic.partitions.length > 0) continue
      throw new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, `topic ${topic.name}`)
    }
  })
}

const zeroTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

interface ItemOutcome {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

function throwIfNotController(items: readonly ItemOutcome[]): void {
  const refused = items.find(({ errorCode }) => errorCode === errorCodes.NOT_CONTROLLER)
  if (refused !== undefined) throw new KafkaError(refused.errorCode, `topic ${refused.name ?? ''}`)
}

function outcomes(items: readonly ItemOutcome[]): TopicOutcome[] {
  return items.map(({ name, errorCode, errorMessage }) => ({
    name: name ?? '',
    error:
      errorCode === 0 ? undefined : new KafkaError(errorCode, `topic ${name ?? ''}`, errorMessage),
  }))
}
