// How many partitions the internal topics of a topology must have: repartition topics as many as
// what flows into them, or as is asked for; those that are joined the same; changelogs one for each
// task. Pure; as Kafka's RepartitionTopics, CopartitionedTopicsEnforcer and ChangelogTopics.

import { BrokerError } from '../../../errors.ts'
import type { TopicsView } from '../topics-view.ts'
import { type Status, statusCodes } from './status.ts'
import type { Subtopology, Topology } from './topology.ts'

/** The topics cannot be as the topology needs them: told to the members, who go on waiting. */
export class TopicsProblem extends Error {
  override readonly name = 'TopicsProblem'
  readonly status: Status

  constructor(status: 'MISSING_SOURCE_TOPICS' | 'INCORRECTLY_PARTITIONED_TOPICS', detail: string) {
    super(detail)
    this.status = { statusCode: statusCodes[status], statusDetail: detail }
  }
}

/**
 * The partitions of each internal topic, by name; all source topics must be there. Throws
 * TopicsProblem, or STREAMS_INVALID_TOPOLOGY for a topology that can never work.
 */
export function decidePartitionCounts(
  topology: Topology,
  topics: TopicsView,
): ReadonlyMap<string, number> {
  return new PartitionCounts(topology, topics).decide()
}

class PartitionCounts {
  readonly #subtopologies: readonly Subtopology[]
  readonly #topics: TopicsView
  readonly #decided = new Map<string, number>()

  constructor({ subtopologies }: Topology, topics: TopicsView) {
    this.#subtopologies = subtopologies
    this.#topics = topics
  }

  decide(): ReadonlyMap<string, number> {
    const repartition = this.#repartitionCounts()
    for (const [name, count] of repartition) this.#decided.set(name, count)
    this.#enforceCopartitioning()
    for (const subtopology of this.#subtopologies) {
      const count = taskCount(subtopology, (name) => this.#countOf(name))
      for (const { name } of subtopology.stateChangelogTopics) this.#decided.set(name, count)
    }
    return this.#decided
  }

  /** Of a topic that is there, or was decided upon. */
  #countOf(name: string): number | undefined {
    return this.#topics.byName(name)?.partitionCount ?? this.#decided.get(name)
  }

  #repartitionCounts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { repartitionSourceTopics } of this.#subtopologies) {
      for (const { name, partitions } of repartitionSourceTopics) {
        if (partitions !== 0) counts.set(name, partitions)
      }
    }
    while (!this.#spreadCounts(counts)) {
      // Until nothing is left to find out.
    }
    for (const { repartitionSourceTopics } of this.#subtopologies) {
      if (repartitionSourceTopics.every(({ name }) => counts.has(name))) continue
      throw invalid(
        'Failed to compute number of partitions for all repartition topics, because a ' +
          'repartition source topic is never used as a sink topic.',
      )
    }
    return counts
  }

  /** From what subtopologies read to what they write; whether all is known then. */
  #spreadCounts(counts: Map<string, number>): boolean {
    let isKnown = true
    let isProgress = false
    for (const subtopology of this.#subtopologies) {
      for (const sink of subtopology.repartitionSinkTopics) {
        if (counts.has(sink)) continue
        const count = this.#inputCount(counts, subtopology)
        if (count === undefined) isKnown = false
        else {
          counts.set(sink, count)
          isProgress = true
        }
      }
    }
    if (isKnown || isProgress) return isKnown
    throw invalid(
      'Failed to compute number of partitions for all repartition topics. There may be loops in ' +
        'the topology that cannot be resolved.',
    )
  }

  #inputCount(
    counts: ReadonlyMap<string, number>,
    { sourceTopics, repartitionSourceTopics }: Subtopology,
  ): number | undefined {
    const known = [
      ...repartitionSourceTopics.map(({ name }) => counts.get(name)),
      ...sourceTopics.map((name) => this.#countOf(name)),
    ].filter((count) => count !== undefined)
    return known.length === 0 ? undefined : Math.max(...known)
  }

  #enforceCopartitioning(): void {
    const fixed = new Set<string>()
    const flexible = new Set<string>()
    for (const { repartitionSourceTopics } of this.#subtopologies) {
      for (const { name, partitions } of repartitionSourceTopics) {
        if (partitions === 0) flexible.add(name)
        else fixed.add(name)
      }
    }
    for (const subtopology of this.#subtopologies) {
      for (const group of subtopology.copartitionGroups) {
        this.#enforce(copartitioned(subtopology, group), fixed, flexible)
      }
    }
  }

  #enforce(
    names: ReadonlySet<string>,
    fixed: ReadonlySet<string>,
    flexible: ReadonlySet<string>,
  ): void {
    if (names.size === 0) return
    const repartition = new Map<string, number>()
    const others = new Map<string, number>()
    for (const name of names) {
      const isRepartition = fixed.has(name) || flexible.has(name)
      ;(isRepartition ? repartition : others).set(name, this.#countOf(name) ?? 0)
    }
    const count = this.#sharedCount(repartition, others, fixed)
    for (const [name, before] of repartition) {
      if (fixed.has(name) && before !== count) {
        throw new TopicsProblem(
          'INCORRECTLY_PARTITIONED_TOPICS',
          `Number of partitions [${before}] of repartition topic [${name}] doesn't match number ` +
            `of partitions [${count}] of the source topic.`,
        )
      }
      this.#decided.set(name, count)
    }
  }

  #sharedCount(
    repartition: ReadonlyMap<string, number>,
    others: ReadonlyMap<string, number>,
    fixed: ReadonlySet<string>,
  ): number {
    if (others.size > 0) return sameCount(others.values(), others)
    if (fixed.size === 0) return Math.max(...repartition.values())
    // As in Kafka all that have a fixed number, whether they are of the group or not.
    return sameCount(
      Array.from(fixed, (name) => this.#countOf(name) ?? 0),
      repartition,
    )
  }
}

function invalid(reason: string): BrokerError {
  return new BrokerError('STREAMS_INVALID_TOPOLOGY', reason)
}

/** One for each partition of the input that has most of them. */
export function taskCount(
  { subtopologyId, sourceTopics, repartitionSourceTopics }: Subtopology,
  countOf: (name: string) => number | undefined,
): number {
  const inputs = [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]
  if (inputs.length === 0) {
    throw invalid(`No source topics found for subtopology ${subtopologyId}`)
  }
  return Math.max(...inputs.map((name) => countOf(name) ?? 0))
}

type CopartitionGroup = Subtopology['copartitionGroups'][number]

function copartitioned(
  { sourceTopics, repartitionSourceTopics }: Subtopology,
  group: CopartitionGroup,
): ReadonlySet<string> {
  const names = [
    ...group.sourceTopics.map((index) => sourceTopics[index]),
    ...group.repartitionSourceTopics.map((index) => repartitionSourceTopics[index]?.name),
  ]
  if (names.some((name) => name === undefined)) {
    throw invalid('A copartition group names a topic that its subtopology does not have.')
  }
  return new Set(names.filter((name) => name !== undefined))
}

function sameCount(counts: Iterable<number>, shown: ReadonlyMap<string, number>): number {
  const [first = 0, ...rest] = counts
  if (rest.every((count) => count === first)) return first
  const sorted = [...shown].sort(([a], [b]) => (a < b ? -1 : 1))
  const list = sorted.map(([name, count]) => `${name}=${count}`).join(', ')
  throw new TopicsProblem(
    'INCORRECTLY_PARTITIONED_TOPICS',
    `Following topics do not have the same number of partitions: [{${list}}]`,
  )
}
