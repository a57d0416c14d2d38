// The committed offsets of the groups of one shard, as far as they are durable. Changed only by
// what has been written and by what is read back; commits still on their way are in
// GroupOffsets.inFlight.

export interface CommittedOffset {
  readonly offset: number
  /** -1: the client gave none. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /**
   * Set by clients of OffsetCommit 2-4 that name a retention of their own; -1: the broker's
   * applies.
   */
  readonly expireTimestampMs: number
  /** The zero UUID when the commit named the topic and the topic's id was not known. */
  readonly topicId: string
}

export interface OffsetKey {
  readonly topic: string
  readonly partition: number
}

export interface OffsetChange extends OffsetKey {
  readonly value: CommittedOffset
}

export class GroupOffsets {
  readonly #topics = new Map<string, Map<number, CommittedOffset>>()
  #committedCount = 0
  /** Commits that are being written, by write id, in the order of their writes. */
  readonly inFlight = new Map<number, readonly OffsetChange[]>()

  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.inFlight.size === 0
  }

  get committedCount(): number {
    return this.#committedCount
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  topics(): IterableIterator<[string, ReadonlyMap<number, CommittedOffset>]> {
    return this.#topics.entries()
  }

  put(key: OffsetKey, value: CommittedOffset): void {
    let partitions = this.#topics.get(key.topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#topics.set(key.topic, partitions)
    }
    if (!partitions.has(key.partition)) this.#committedCount++
    partitions.set(key.partition, value)
  }

  remove(key: OffsetKey): void {
    const partitions = this.#topics.get(key.topic)
    if (partitions?.delete(key.partition) !== true) return
    this.#committedCount--
    if (partitions.size === 0) this.#topics.delete(key.topic)
  }

  isInFlight(topic: string, partition: number): boolean {
    for (const changes of this.inFlight.values()) {
      if (changes.some((key) => key.topic === topic && key.partition === partition)) return true
    }
    return false
  }

  /** Every partition with an offset, committed or on its way, once; of one topic or of all. */
  keys(ofTopic?: string): OffsetKey[] {
    const keys = new Map<string, Set<number>>()
    const add = (topic: string, partition: number) => {
      const partitions = keys.get(topic) ?? new Set()
      keys.set(topic, partitions.add(partition))
    }
    for (const [topic, partitions] of this.#topics) {
      if (ofTopic !== undefined && topic !== ofTopic) continue
      for (const partition of partitions.keys()) add(topic, partition)
    }
    for (const changes of this.inFlight.values()) {
      for (const { topic, partition } of changes) {
        if (ofTopic === undefined || topic === ofTopic) add(topic, partition)
      }
    }
    return Array.from(keys, ([topic, partitions]) =>
      Array.from(partitions, (partition) => ({ topic, partition })),
    ).flat()
  }
}
