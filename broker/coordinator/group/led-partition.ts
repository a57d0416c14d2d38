// One partition of `__consumer_offsets` that this node leads: loads its shard, feeds it, and
// carries out what it says. Owns the requests that wait and the groups' timers. Once closed it is
// never used again; a new election makes a new one.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../../clock.ts'
import type { PartitionWriter } from '../partition-writer.ts'
import { AppendQueue } from './append-queue.ts'
import type { DeletedTopic, RequestEvent, ShardEvent } from './events.ts'
import type { GroupConfig } from './group-config.ts'
import { GroupShard } from './group-shard.ts'
import { waitingWritesMax } from './limits.ts'
import type { ListedGroup } from './messages.ts'
import type { Effect, Now } from './turn.ts'

export interface LedPartitionOptions {
  readonly partition: number
  readonly config: () => GroupConfig
  readonly writer: PartitionWriter
  readonly clock: Clock
  readonly timers: Timers
  readonly onFault: (partition: number, error: unknown) => void
}

interface Waiting {
  readonly resolve: (response: never) => void
  readonly refuse: (error: KafkaErrorName) => void
}

const loadRetryMsMin = 100
const loadRetryMsMax = 10_000

export class LedPartition {
  readonly #options: LedPartitionOptions
  readonly #abort = new AbortController()
  readonly #waiting = new Map<number, Waiting>()
  readonly #timers = new Map<string, { cancel(): void }>()
  #queue: AppendQueue
  /** Undefined while it is being loaded. */
  #shard: GroupShard | undefined
  /** Topics deleted while loading: their offsets go as soon as they are known. */
  #deletedTopics: DeletedTopic[] = []
  #nextToken = 1

  constructor(options: LedPartitionOptions) {
    this.#options = options
    this.#queue = this.#newQueue()
  }

  /** Why requests cannot be served now; null when they can. */
  get refusal(): KafkaErrorName | null {
    if (this.#abort.signal.aborted) return 'NOT_COORDINATOR'
    if (this.#shard === undefined) return 'COORDINATOR_LOAD_IN_PROGRESS'
    return this.#queue.length >= waitingWritesMax ? 'COORDINATOR_NOT_AVAILABLE' : null
  }

  /** Resolves when the partition is in service, or closed. Goes on trying until then. */
  async load(): Promise<void> {
    let retryMs = loadRetryMsMin
    for (;;) {
      try {
        const shard = await this.#read()
        if (this.#abort.signal.aborted) return
        this.#enterService(shard)
        return
      } catch (error) {
        if (this.#abort.signal.aborted) return
        this.#options.onFault(this.#options.partition, error)
      }
      await this.#pause(retryMs)
      if (this.#abort.signal.aborted) return
      retryMs = Math.min(retryMs * 2, loadRetryMsMax)
    }
  }

  async #read(): Promise<GroupShard> {
    const shard = new GroupShard()
    const { writer, partition } = this.#options
    await writer.readAll(partition, (record) => shard.replay(record), this.#abort.signal)
    return shard
  }

  #enterService(shard: GroupShard): void {
    this.#shard = shard
    this.feed({ type: 'loaded' })
    const topics = this.#deletedTopics
    this.#deletedTopics = []
    if (topics.length > 0) this.feed({ type: 'topicsDeleted', topics })
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.timers.schedule(delayMs, resolve)
      const { signal } = this.#abort
      signal.addEventListener('abort', () => {
        timer.cancel()
        resolve()
      })
    })
  }

  /**
   * Asks the shard; resolves with its answer, or with the refusal when the partition is closed
   * first.
   */
  ask<Response>(
    eventFor: (token: number) => RequestEvent,
    { refused, signal }: { refused: (error: KafkaErrorName) => Response; signal: AbortSignal },
  ): Promise<Response> {
    const error = signal.aborted ? 'NETWORK_EXCEPTION' : this.refusal
    if (error !== null) return Promise.resolve(refused(error))
    const token = this.#nextToken++
    const event = eventFor(token)
    const { promise, resolve } = Promise.withResolvers<Response>()
    const onAbort = () => {
      if (!this.#waiting.delete(token)) return
      resolve(refused('NETWORK_EXCEPTION'))
      this.feed({ type: 'abandoned', groupId: event.groupId, token })
    }
    const answer = (response: Response) => {
      signal.removeEventListener('abort', onAbort)
      resolve(response)
    }
    this.#waiting.set(token, { resolve: answer, refuse: (why) => answer(refused(why)) })
    this.feed(event)
    // Most requests are answered at once: only those that wait need to know of a closed connection.
    if (this.#waiting.has(token)) signal.addEventListener('abort', onAbort)
    return promise
  }

  /** Lets something happen to the shard. Nothing does while it is being loaded. */
  feed(event: ShardEvent): void {
    const shard = this.#shard
    if (shard === undefined || this.#abort.signal.aborted) return
    let effects: Effect[]
    try {
      effects = shard.step(event, this.#now(), this.#options.config())
    } catch (error) {
      this.#reload(error)
      return
    }
    for (const effect of effects) this.#carryOut(effect)
  }

  removeTopics(topics: readonly DeletedTopic[]): void {
    if (this.#shard === undefined) this.#deletedTopics.push(...topics)
    else this.feed({ type: 'topicsDeleted', topics })
  }

  list(): ListedGroup[] {
    return this.#shard?.list() ?? []
  }

  close(): void {
    this.#abort.abort()
    this.#drop('NOT_COORDINATOR')
  }

  #now(): Now {
    const { clock } = this.#options
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'respond':
        this.#respond(effect.token, effect.response)
        return
      case 'write':
        this.#queue.push(effect)
        return
      case 'schedule':
        this.#schedule(effect.groupId, effect.atMs)
        return
      case 'cancel':
        this.#timers.get(effect.groupId)?.cancel()
        this.#timers.delete(effect.groupId)
        return
    }
  }

  #respond(token: number, response: unknown): void {
    const waiting = this.#waiting.get(token)
    // Gone when its connection closed: then the answer goes nowhere.
    if (waiting === undefined) return
    this.#waiting.delete(token)
    waiting.resolve(response as never)
  }

  #schedule(groupId: string, atMs: number): void {
    this.#timers.get(groupId)?.cancel()
    const delayMs = Math.max(0, Math.ceil(atMs - this.#options.clock.monotonicMs()))
    const timer = this.#options.timers.schedule(delayMs, () => {
      this.#timers.delete(groupId)
      this.feed({ type: 'timeout', groupId })
    })
    this.#timers.set(groupId, timer)
  }

  #newQueue(): AppendQueue {
    const { writer, partition, clock, onFault } = this.#options
    return new AppendQueue({
      append: (records) => writer.append(partition, records, clock.nowMs()),
      onWritten: (writeId, error) => this.feed({ type: 'written', writeId, error }),
      onFault: (error) => onFault(partition, error),
    })
  }

  /** The shard broke one of its own rules. What it holds may be wrong, but its records are not. */
  #reload(error: unknown): void {
    this.#options.onFault(this.#options.partition, error)
    const queue = this.#queue
    this.#drop('NOT_COORDINATOR')
    this.#queue = this.#newQueue()
    // What is on its way to the log must be in it before it is read.
    void queue.close().then(() => this.load())
  }

  #drop(why: KafkaErrorName): void {
    this.#shard = undefined
    void this.#queue.close()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    for (const waiting of this.#waiting.values()) waiting.refuse(why)
    this.#waiting.clear()
  }
}
