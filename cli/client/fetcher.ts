// Reads partitions from their leaders: one fetch under way to each leader, answers queued up to a
// bound, so that the next fetch runs while the last one is printed and memory stays bounded. Owns
// the position of each partition.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { isRetriable, KafkaError, throwIfError } from './errors.ts'
import { fetchBytesMax, fetchesQueuedMax, fetchPartitionBytesMax, fetchWaitMs } from './limits.ts'
import {
  earliestTimestamp,
  groupByTopic,
  type IsolationLevel,
  isolationCode,
  listOffsets,
  type TopicPartition,
} from './offsets.ts'
import { endOfBatches } from './read-records.ts'
import { backoffMs, pause } from './retry.ts'

export interface Position extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number
}

/** Batches of one partition as they came; the first may open before `offset`. */
export interface Chunk extends Position {
  readonly records: Buffer
  /** The position after this chunk. */
  readonly nextOffset: number
  readonly abortedTransactions: readonly {
    readonly producerId: number
    readonly firstOffset: number
  }[]
}

/** Records that were asked for and are gone: retention or a deletion was faster. */
export interface Gap extends TopicPartition {
  readonly from: number
  readonly to: number
}

export interface FetcherOptions {
  readonly isolation: IsolationLevel
  readonly onGap: (gap: Gap) => void
}

type FetchedPartition = ResponseOf<'fetch'>['responses'][number]['partitions'][number]

export class Fetcher {
  readonly #cluster: Cluster
  readonly #options: FetcherOptions
  #positions = new Map<string, Position>()
  /** Changes with every assignment: answers to fetches of an earlier one are dropped. */
  #assignment = 0
  readonly #busyLeaders = new Set<number>()
  #queue: Chunk[] = []
  #isRecovering = false
  #attempts = 0
  #failure: unknown
  #wakeUp: (() => void) | undefined

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Reads these partitions from now on, and no others. */
  assign(positions: readonly Position[]): void {
    this.#assignment++
    this.#queue = []
    this.#positions = new Map(positions.map((position) => [keyOf(position), position]))
    this.wake()
  }

  /** Reads a partition no further. */
  drop(partition: TopicPartition): void {
    this.#positions.delete(keyOf(partition))
    this.#queue = this.#queue.filter((chunk) => keyOf(chunk) !== keyOf(partition))
  }

  /** The next chunk; undefined when `timeoutMs` passes without one, or wake() is called. */
  async next(timeoutMs: number): Promise<Chunk | undefined> {
    this.#throwIfFailed()
    this.#fetchMore()
    if (this.#queue.length === 0) await this.#wait(timeoutMs)
    this.#throwIfFailed()
    const chunk = this.#queue.shift()
    this.#fetchMore()
    return chunk
  }

  /** Ends a wait of next(). */
  wake(): void {
    this.#wakeUp?.()
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wakeUp = undefined
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#wakeUp = done
    })
  }

  #fetchMore(): void {
    if (this.#isRecovering || this.#queue.length >= fetchesQueuedMax) return
    const byLeader = new Map<number, Position[]>()
    for (const position of this.#positions.values()) {
      const topic = this.#cluster.knownTopic(position.topic)
      const leader = topic?.partitions[position.partition]?.leader ?? -1
      if (leader < 0) {
        return this.#recover(new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, about(position)))
      }
      const list = byLeader.get(leader)
      if (list === undefined) byLeader.set(leader, [position])
      else list.push(position)
    }
    for (const [leader, positions] of byLeader) {
      // Failures end in #fail.
      if (!this.#busyLeaders.has(leader)) void this.#fetch(leader, positions)
    }
  }

  async #fetch(leader: number, positions: readonly Position[]): Promise<void> {
    const assignment = this.#assignment
    this.#busyLeaders.add(leader)
    try {
      const response = await this.#request(leader, positions)
      if (assignment !== this.#assignment) return
      this.#attempts = 0
      for (const { topic, topicId, partitions } of response.responses) {
        const name = topic === '' ? nameOf(this.#cluster, positions, topicId) : topic
        for (const partition of partitions) await this.#fetched(name, partition)
      }
    } catch (error) {
      if (isRetriable(error)) this.#recover(error)
      else this.#fail(error)
    } finally {
      this.#busyLeaders.delete(leader)
      if (this.#queue.length > 0) this.wake()
      else this.#fetchMore()
    }
  }

  async #request(leader: number, positions: readonly Position[]): Promise<ResponseOf<'fetch'>> {
    const body = {
      maxWaitMs: fetchWaitMs,
      minBytes: 1,
      maxBytes: fetchBytesMax,
      isolationLevel: isolationCode(this.#options.isolation),
      topics: groupByTopic(positions).map(([topic, list]) => {
        const known = this.#cluster.knownTopic(topic)
        return {
          topic,
          ...(known === undefined ? {} : { topicId: known.id }),
          partitions: list.map(({ partition, offset }) => ({
            partition,
            currentLeaderEpoch: known?.partitions[partition]?.leaderEpoch ?? -1,
            fetchOffset: offset,
            partitionMaxBytes: fetchPartitionBytesMax,
          })),
        }
      }),
    }
    const { response } = await this.#cluster.toBroker(leader, 'fetch', body)
    throwIfError(response.errorCode, `fetch from broker ${leader}`)
    return response
  }

  async #fetched(topic: string, fetched: FetchedPartition): Promise<void> {
    const key = keyOf({ topic, partition: fetched.partitionIndex })
    const position = this.#positions.get(key)
    if (position === undefined) return
    if (fetched.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) {
      return await this.#outOfRange(position)
    }
    throwIfError(fetched.errorCode, about(position))
    const records = fetched.records
    if (records === null || records.length === 0) return
    const nextOffset = endOfBatches(records)
    // Less than one batch came: another partition took the room. The next fetch asks in another
    // order.
    if (nextOffset === undefined) return
    this.#move(position, nextOffset)
    const abortedTransactions = fetched.abortedTransactions ?? []
    this.#queue.push({ ...position, records, nextOffset, abortedTransactions })
  }

  /** Puts the partition last, too, so that each is the first one of a fetch in its turn. */
  #move(position: Position, offset: number): void {
    const key = keyOf(position)
    this.#positions.delete(key)
    this.#positions.set(key, { ...position, offset })
  }

  async #outOfRange(position: Position): Promise<void> {
    const { topic, partition, offset } = position
    const query = { topic, partition, timestamp: earliestTimestamp }
    const [start] = await listOffsets(this.#cluster, [query], this.#options.isolation)
    if (start === undefined || start.offset <= offset) {
      throw new KafkaError(errorCodes.OFFSET_OUT_OF_RANGE, `offset ${offset} of ${about(position)}`)
    }
    if (this.#positions.get(keyOf(position)) !== position) return
    this.#options.onGap({ topic, partition, from: offset, to: start.offset })
    this.#move(position, start.offset)
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.wake()
  }

  /** Learns anew who leads, after a pause that grows with each failure in a row. */
  #recover(cause: unknown): void {
    if (this.#isRecovering) return
    this.#isRecovering = true
    void this.#recovered(cause).then(
      () => {
        this.#isRecovering = false
        this.#fetchMore()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  async #recovered(cause: unknown): Promise<void> {
    this.#attempts++
    await pause(backoffMs(this.#attempts), this.#cluster.signal)
    const topics = [...new Set([...this.#positions.values()].map(({ topic }) => topic))]
    await this.#cluster.retrying(async () => {
      for (const { name, partitions } of await this.#cluster.refresh(topics)) {
        const leaderless = partitions.find(({ leader }) => leader < 0)
        if (leaderless === undefined) continue
        throw cause instanceof KafkaError
          ? cause
          : new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, `topic ${name}`)
      }
    })
  }
}

function nameOf(cluster: Cluster, positions: readonly Position[], topicId: string): string {
  const names = new Set(positions.map(({ topic }) => topic))
  for (const name of names) if (cluster.knownTopic(name)?.id === topicId) return name
  throw new KafkaError(errorCodes.UNKNOWN_TOPIC_ID, `topic id ${topicId}`)
}

function about({ topic, partition }: TopicPartition): string {
  return `partition ${topic}-${partition}`
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
