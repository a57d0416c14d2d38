// One partition of a coordinator's topic that this node leads: loads its core, feeds it, and has
// written and answered what it says. Owns the requests that wait and the writes under way; what
// else a core wants done is its coordinator's to add. Once closed it is never used again; a new
// election makes a new one.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../clock.ts'
import { BrokerError } from '../errors.ts'
import { AppendQueue, type QueuedWrite } from './append-queue.ts'
import { waitingWritesMax } from './limits.ts'
import type { KeyValueRecord, PartitionWriter } from './partition-writer.ts'

/** The record is in the log, and was not seen to be committed in time. */
const mayBeWritten: ReadonlySet<KafkaErrorName> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
])

const loadRetryMsMin = 100
const loadRetryMsMax = 10_000

export interface Now {
  /** For deadlines. */
  readonly monotonicMs: number
  /** For timestamps in records. */
  readonly wallMs: number
}

/** What happens to every core. */
export type CommonEvent =
  /** A write is durable (error null) or was refused. */
  | { readonly type: 'written'; readonly writeId: number; readonly error: KafkaErrorName | null }
  /** All records of the partition have been replayed. */
  | { readonly type: 'loaded' }

export interface RespondEffect {
  readonly type: 'respond'
  readonly token: number
  readonly response: unknown
}

/** Comes back in a `written` event. Writes are appended, and come back, in the order of their ids. */
export interface WriteEffect extends QueuedWrite {
  readonly type: 'write'
}

/** No clock, I/O, timers or randomness inside: the same events give the same effects. */
export interface Core {
  /** For loading only, before the `loaded` event. */
  replay(record: KeyValueRecord, transactionOf: number | null): void
  replayMarker?(producerId: number, isCommit: boolean): void
}

export interface LedShardOptions<Config> {
  readonly partition: number
  /** Nothing is written in another epoch of this node's leadership. */
  readonly leaderEpoch: number
  readonly config: () => Config
  readonly writer: PartitionWriter
  readonly clock: Clock
  readonly timers: Timers
  readonly onFault: (partition: number, error: unknown) => void
}

interface Waiting {
  readonly resolve: (response: never) => void
  readonly refuse: (error: KafkaErrorName) => void
}

export abstract class LedShard<
  Request,
  Event,
  Effect extends { readonly type: string },
  Config,
  C extends Core,
> {
  protected readonly options: LedShardOptions<Config>
  /** Undefined while it is being loaded. */
  protected core: C | undefined
  readonly #abort = new AbortController()
  readonly #waiting = new Map<number, Waiting>()
  #queue: AppendQueue
  #nextToken = 1

  constructor(options: LedShardOptions<Config>) {
    this.options = options
    this.#queue = this.#newQueue()
  }

  protected abstract newCore(): C
  protected abstract step(
    core: C,
    event: Event | CommonEvent | Request,
  ): readonly (Effect | RespondEffect | WriteEffect)[]
  protected abstract carryOut(effect: Effect): void
  /** Its core is gone: timers and whatever else came of its effects end. */
  protected abstract onDropped(): void
  /** What the core is told when the connection of a waiting request closed; null: nothing. */
  protected abstract abandoned(request: Request, token: number): Event | null

  protected get isClosed(): boolean {
    return this.#abort.signal.aborted
  }

  protected now(): Now {
    const { clock } = this.options
    return { monotonicMs: clock.monotonicMs(), wallMs: clock.nowMs() }
  }

  protected get queue(): AppendQueue {
    return this.#queue
  }

  /** Why requests cannot be served now; null when they can. */
  get refusal(): KafkaErrorName | null {
    if (this.isClosed) return 'NOT_COORDINATOR'
    if (this.core === undefined) return 'COORDINATOR_LOAD_IN_PROGRESS'
    return this.#queue.length >= waitingWritesMax ? 'COORDINATOR_NOT_AVAILABLE' : null
  }

  /** Resolves when the partition is in service, or closed. Goes on trying until then. */
  async load(): Promise<void> {
    let retryMs = loadRetryMsMin
    for (;;) {
      try {
        const core = await this.#read()
        if (this.isClosed) return
        this.enterService(core)
        return
      } catch (error) {
        if (this.isClosed) return
        this.options.onFault(this.options.partition, error)
      }
      await this.#pause(retryMs)
      if (this.isClosed) return
      retryMs = Math.min(retryMs * 2, loadRetryMsMax)
    }
  }

  async #read(): Promise<C> {
    const core = this.newCore()
    const { writer, partition } = this.options
    const visitor = {
      onRecord: (record: KeyValueRecord, place: { readonly transactionOf: number | null }) => {
        core.replay(record, place.transactionOf)
      },
      onMarker: (producerId: number, isCommit: boolean) =>
        core.replayMarker?.(producerId, isCommit),
    }
    await writer.readAll(partition, visitor, this.#abort.signal)
    return core
  }

  protected enterService(core: C): void {
    this.core = core
    this.feed({ type: 'loaded' })
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.options.timers.schedule(delayMs, resolve)
      const { signal } = this.#abort
      signal.addEventListener('abort', () => {
        timer.cancel()
        resolve()
      })
    })
  }

  /**
   * Asks the core; resolves with its answer, or with the refusal when the partition is closed
   * first.
   */
  ask<Response>(
    requestFor: (token: number) => Request,
    { refused, signal }: { refused: (error: KafkaErrorName) => Response; signal: AbortSignal },
  ): Promise<Response> {
    const error = signal.aborted ? 'NETWORK_EXCEPTION' : this.refusal
    if (error !== null) return Promise.resolve(refused(error))
    const token = this.#nextToken++
    const request = requestFor(token)
    const { promise, resolve } = Promise.withResolvers<Response>()
    const onAbort = () => {
      if (!this.#waiting.delete(token)) return
      resolve(refused('NETWORK_EXCEPTION'))
      const event = this.abandoned(request, token)
      if (event !== null) this.feed(event)
    }
    const answer = (response: Response) => {
      signal.removeEventListener('abort', onAbort)
      resolve(response)
    }
    this.#waiting.set(token, { resolve: answer, refuse: (why) => answer(refused(why)) })
    this.feed(request)
    // Most requests are answered at once: only those that wait need to know of a closed connection.
    if (this.#waiting.has(token)) signal.addEventListener('abort', onAbort)
    return promise
  }

  /** Lets something happen to the core. Nothing does while it is being loaded. */
  feed(event: Event | CommonEvent | Request): void {
    const { core } = this
    if (core === undefined || this.isClosed) return
    let effects: readonly (Effect | RespondEffect | WriteEffect)[]
    try {
      effects = this.step(core, event)
    } catch (error) {
      // It broke one of its own rules.
      this.#reload(error, 'NOT_COORDINATOR')
      return
    }
    for (const effect of effects) {
      if (isRespond(effect)) this.#respond(effect.token, effect.response)
      else if (isWrite(effect)) this.#queue.push(effect)
      else this.carryOut(effect)
    }
  }

  close(): void {
    this.#abort.abort()
    this.#drop('NOT_COORDINATOR')
  }

  #respond(token: number, response: unknown): void {
    const waiting = this.#waiting.get(token)
    // Gone when its connection closed: then the answer goes nowhere.
    if (waiting === undefined) return
    this.#waiting.delete(token)
    waiting.resolve(response as never)
  }

  #newQueue(): AppendQueue {
    const { writer, partition, leaderEpoch, clock, onFault } = this.options
    return new AppendQueue({
      append: (records, kind) =>
        writer.append(partition, records, { timestampMs: clock.nowMs(), kind, leaderEpoch }),
      onWritten: (writeId, error) => this.#written(writeId, error),
      onFault: (error) => onFault(partition, error),
    })
  }

  #written(writeId: number, error: KafkaErrorName | null): void {
    if (error === null || !mayBeWritten.has(error)) {
      this.feed({ type: 'written', writeId, error })
      return
    }
    // A core that took it back would part from its records when they are committed after all.
    const why = `it is not known whether a write is committed: ${error}`
    this.#reload(new BrokerError(error, why), 'COORDINATOR_NOT_AVAILABLE')
  }

  /** What the core holds may be wrong, but its records are not. */
  #reload(error: unknown, refusal: KafkaErrorName): void {
    this.options.onFault(this.options.partition, error)
    const queue = this.#queue
    this.#drop(refusal)
    this.#queue = this.#newQueue()
    // What is on its way to the log must be in it before it is read.
    void queue.close().then(() => this.load())
  }

  #drop(why: KafkaErrorName): void {
    this.core = undefined
    void this.#queue.close()
    this.onDropped()
    for (const waiting of this.#waiting.values()) waiting.refuse(why)
    this.#waiting.clear()
  }
}

function isRespond(effect: { readonly type: string }): effect is RespondEffect {
  return effect.type === 'respond'
}

function isWrite(effect: { readonly type: string }): effect is WriteEffect {
  return effect.type === 'write'
}
