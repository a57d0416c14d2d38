// Reads topics, alone or as a member of a group: decides where to start, follows rebalances,
// commits what was delivered, and knows when it has reached the end that the log had at the start.

import type { Cluster } from './cluster.ts'
import { isRetriable } from './errors.ts'
import { type Chunk, Fetcher, type Gap, keyOf, type Position } from './fetcher.ts'
import { GroupMember, isRejoin } from './group-member.ts'
import { fetchOffsets } from './groups.ts'
import { commitIntervalMs, rebalanceTimeoutMs, sessionTimeoutMs } from './limits.ts'
import {
  type IsolationLevel,
  latestTimestamp,
  listOffsets,
  type TopicPartition,
} from './offsets.ts'
import { positionsAt } from './places.ts'
import type { Target } from './target.ts'

export interface ConsumerOptions {
  readonly topics: readonly string[]
  /** undefined: all of them. Not for groups. */
  readonly partitions: readonly number[] | undefined
  /** Where to start; for a group, only where it has no committed offset. */
  readonly from: Target
  readonly isolation: IsolationLevel
  readonly group: { readonly id: string; readonly instanceId: string | null } | undefined
  /** Stop at the ends that the partitions have now. */
  readonly untilEnd: boolean
  readonly onGap: (gap: Gap) => void
}

export class Consumer {
  readonly #cluster: Cluster
  readonly #options: ConsumerOptions
  readonly #fetcher: Fetcher
  readonly #member: GroupMember | undefined
  /** The offset to stop at, by partition; a partition leaves it when it is reached. */
  #ends = new Map<string, number>()
  /** Delivered but not committed yet. */
  #uncommitted = new Map<string, Position>()
  #committedMs = performance.now()
  #isStarted = false

  constructor(cluster: Cluster, options: ConsumerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#fetcher = new Fetcher(cluster, options)
    if (options.group === undefined) return
    this.#member = new GroupMember(cluster, {
      groupId: options.group.id,
      instanceId: options.group.instanceId,
      topics: options.topics,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      onRebalance: () => this.#fetcher.wake(),
    })
  }

  /**
   * All partitions were read up to the ends that they had at the start. Never true unless asked
   * for.
   */
  get isAtEnd(): boolean {
    return this.#options.untilEnd && this.#isStarted && this.#ends.size === 0
  }

  /** The next records; undefined when none came in time, or the group is on the move. */
  async next(timeoutMs: number): Promise<Chunk | undefined> {
    if (this.#member === undefined ? !this.#isStarted : this.#member.mustJoin) await this.#start()
    if (this.isAtEnd) return undefined
    const chunk = await this.#fetcher.next(timeoutMs)
    if (performance.now() - this.#committedMs > commitIntervalMs) await this.commit()
    return chunk
  }

  /** Ends a wait of next(). */
  wake(): void {
    this.#fetcher.wake()
  }

  /** Everything of a partition below `position.offset` was handed on. */
  delivered(position: Position): void {
    const key = keyOf(position)
    this.#uncommitted.set(key, position)
    const end = this.#ends.get(key)
    if (end === undefined || position.offset < end) return
    this.#ends.delete(key)
    this.#fetcher.drop(position)
  }

  /** Whether a record lies past the end that its partition had at the start. */
  isPastEnd({ topic, partition, offset }: Position): boolean {
    if (!this.#options.untilEnd) return false
    const end = this.#ends.get(keyOf({ topic, partition }))
    return end === undefined || offset >= end
  }

  /**
   * Commits what was delivered. A commit that comes too late for the group is left out: others read
   * it again.
   */
  async commit(): Promise<void> {
    this.#committedMs = performance.now()
    if (this.#member === undefined || this.#uncommitted.size === 0) return
    const positions = [...this.#uncommitted.values()]
    try {
      await this.#member.commit(positions)
      this.#uncommitted.clear()
    } catch (error) {
      if (!isRejoin(error) && !isRetriable(error)) throw error
    }
  }

  async close(): Promise<void> {
    this.#fetcher.assign([])
    await this.commit()
    await this.#member?.leave()
  }

  async #start(): Promise<void> {
    if (this.#member === undefined) {
      this.#begin(await this.#startAlone())
    } else {
      // The group waits for this member with its rebalance: what was read must be committed first.
      await this.commit()
      this.#fetcher.assign([])
      const assigned = await this.#member.join()
      this.#uncommitted.clear()
      this.#begin(await this.#startInGroup(this.#member, assigned))
    }
    this.#isStarted = true
  }

  async #startAlone(): Promise<Position[]> {
    const wanted: TopicPartition[] = []
    for (const name of this.#options.topics) {
      const topic = await this.#cluster.topic(name)
      const indexes = this.#options.partitions ?? topic.partitions.map(({ index }) => index)
      for (const partition of indexes) wanted.push({ topic: name, partition })
    }
    const positions = await positionsAt(
      this.#cluster,
      this.#options.from,
      wanted,
      this.#options.isolation,
    )
    return await this.#withinEnds(positions)
  }

  async #startInGroup(
    member: GroupMember,
    assigned: readonly TopicPartition[],
  ): Promise<Position[]> {
    if (assigned.length === 0) return []
    for (const { topic } of assigned) await this.#cluster.topic(topic)
    const committed = await fetchOffsets(this.#cluster, member.groupId, assigned)
    const offsets = new Map(committed.map((one) => [keyOf(one), one.offset]))
    const fresh = assigned.filter((one) => !offsets.has(keyOf(one)))
    const started = await positionsAt(
      this.#cluster,
      this.#options.from,
      fresh,
      this.#options.isolation,
    )
    for (const one of started) offsets.set(keyOf(one), one.offset)
    const positions = assigned.map((one) => ({ ...one, offset: offsets.get(keyOf(one)) ?? 0 }))
    return await this.#withinEnds(positions)
  }

  /** Leaves out partitions that are at their end already, when the end is where to stop. */
  async #withinEnds(positions: readonly Position[]): Promise<Position[]> {
    if (!this.#options.untilEnd) return [...positions]
    const queries = positions.map(({ topic, partition }) => ({
      topic,
      partition,
      timestamp: latestTimestamp,
    }))
    const found = await listOffsets(this.#cluster, queries, this.#options.isolation)
    this.#ends = new Map(found.map((one) => [keyOf(one), one.offset]))
    return positions.filter((position) => {
      const end = this.#ends.get(keyOf(position)) ?? 0
      if (position.offset < end) return true
      this.#ends.delete(keyOf(position))
      return false
    })
  }

  #begin(positions: readonly Position[]): void {
    this.#fetcher.assign(
      positions.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    )
  }
}
