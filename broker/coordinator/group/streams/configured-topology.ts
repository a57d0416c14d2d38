// A topology held against the topics that there are: how many tasks each subtopology has, and what
// is missing. Made anew whenever topics change; never stored. Pure.

import { BrokerError } from '../../../errors.ts'
import type { StreamsHeartbeatRequest } from '../messages.ts'
import type { TopicsView } from '../topics-view.ts'
import type { InternalTopic } from './heartbeat-result.ts'
import { decidePartitionCounts, TopicsProblem, taskCount } from './partition-counts.ts'
import { type Status, statusCodes } from './status.ts'
import type { TaskIds } from './tasks.ts'
import type { InternalTopicInfo, Subtopology, Topology } from './topology.ts'

export interface ConfiguredSubtopology {
  readonly subtopologyId: string
  readonly taskCount: number
  /** It has a state store with a changelog: only then are standbys of any use. */
  readonly isStateful: boolean
  /** Topics that it reads, repartition topics included. */
  readonly sources: ReadonlySet<string>
  readonly repartitionSources: readonly InternalTopic[]
  readonly changelogs: readonly InternalTopic[]
  readonly subtopology: Subtopology
}

export interface ConfiguredTopology {
  /** In the order of their ids; null where the topics cannot be as they must. */
  readonly subtopologies: readonly ConfiguredSubtopology[] | null
  /** Internal topics that have to be made. */
  readonly missingTopics: readonly InternalTopic[]
  /** What the members are told; null where tasks can be given out. */
  readonly problem: Status | null
}

export function isReady({ subtopologies, problem }: ConfiguredTopology): boolean {
  return subtopologies !== null && problem === null
}

/** Throws STREAMS_INVALID_TOPOLOGY for a topology that can never work. */
export function configureTopology(topology: Topology, topics: TopicsView): ConfiguredTopology {
  try {
    checkSources(topology, topics)
    const counts = decidePartitionCounts(topology, topics)
    const subtopologies = topology.subtopologies
      .map((subtopology) => configured(subtopology, topics, counts))
      .sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1))
    const missingTopics = missingOf(subtopologies, topics)
    const problem: Status | null =
      missingTopics.length === 0
        ? null
        : {
            statusCode: statusCodes.MISSING_INTERNAL_TOPICS,
            statusDetail: `Internal topics are missing: ${listOf(missingTopics.map(({ name }) => name))}`,
          }
    return { subtopologies, missingTopics, problem }
  } catch (error) {
    if (!(error instanceof TopicsProblem)) throw error
    return { subtopologies: null, missingTopics: [], problem: error.status }
  }
}

function checkSources({ subtopologies }: Topology, topics: TopicsView): void {
  const missing = new Set<string>()
  for (const { sourceTopics } of subtopologies) {
    for (const name of sourceTopics) if (topics.byName(name) === undefined) missing.add(name)
  }
  if (missing.size === 0) return
  throw new TopicsProblem(
    'MISSING_SOURCE_TOPICS',
    `Source topics ${listOf([...missing].sort())} are missing.`,
  )
}

function configured(
  subtopology: Subtopology,
  topics: TopicsView,
  counts: ReadonlyMap<string, number>,
): ConfiguredSubtopology {
  const { subtopologyId, sourceTopics, repartitionSourceTopics, stateChangelogTopics } = subtopology
  const internal = (infos: readonly InternalTopicInfo[]) =>
    infos.map((info) => internalTopic(info, counts.get(info.name) ?? 0))
  return {
    subtopologyId,
    taskCount: taskCount(
      subtopology,
      (name) => topics.byName(name)?.partitionCount ?? counts.get(name),
    ),
    isStateful: stateChangelogTopics.length > 0,
    sources: new Set([...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]),
    repartitionSources: internal(repartitionSourceTopics),
    changelogs: internal(stateChangelogTopics),
    subtopology,
  }
}

function internalTopic(
  { name, partitions, replicationFactor, topicConfigs }: InternalTopicInfo,
  decided: number,
): InternalTopic {
  return {
    name,
    partitionCount: partitions === 0 ? decided : partitions,
    replicationFactor: replicationFactor === 0 ? -1 : replicationFactor,
    configs: topicConfigs.map(({ key, value }) => ({ name: key, value })),
  }
}

function missingOf(
  subtopologies: readonly ConfiguredSubtopology[],
  topics: TopicsView,
): InternalTopic[] {
  const missing = new Map<string, InternalTopic>()
  for (const { repartitionSources, changelogs } of subtopologies) {
    for (const topic of [...repartitionSources, ...changelogs]) missing.set(topic.name, topic)
  }
  for (const { name, partitionCount: expected } of missing.values()) {
    const found = topics.byName(name)?.partitionCount
    if (found === undefined) continue
    missing.delete(name)
    if (found === expected) continue
    throw new TopicsProblem(
      'INCORRECTLY_PARTITIONED_TOPICS',
      `Existing topic ${name} has different number of partitions: expected ${expected}, ` +
        `found ${found}`,
    )
  }
  return [...missing.values()]
}

const listedMax = 3

function listOf(names: readonly string[]): string {
  const listed = names.slice(0, listedMax).join(', ')
  const more = names.length - listedMax
  return more > 0 ? `${listed} and ${more} additional topics` : listed
}

/** Throws INVALID_REQUEST where a member says that it has tasks that there cannot be. */
export function checkTasks(
  topology: ConfiguredTopology | null,
  { activeTasks, standbyTasks, warmupTasks }: StreamsHeartbeatRequest,
): void {
  if (topology === null || !isReady(topology)) return
  const counts = new Map(
    topology.subtopologies?.map((one) => [one.subtopologyId, one.taskCount] as const),
  )
  for (const ids of [activeTasks, standbyTasks, warmupTasks]) checkIds(counts, ids ?? [])
}

function checkIds(counts: ReadonlyMap<string, number>, ids: readonly TaskIds[]): void {
  for (const { subtopologyId, partitions } of ids) {
    const count = counts.get(subtopologyId)
    if (count === undefined) {
      throw new BrokerError(
        'INVALID_REQUEST',
        `Subtopology ${subtopologyId} does not exist in the topology.`,
      )
    }
    const wrong = partitions.find((partition) => partition < 0 || partition >= count)
    if (wrong === undefined) continue
    throw new BrokerError(
      'INVALID_REQUEST',
      `Task ${wrong} for subtopology ${subtopologyId} is invalid. Number of tasks for this ` +
        `subtopology: ${count}`,
    )
  }
}
