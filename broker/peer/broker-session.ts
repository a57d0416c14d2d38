// This broker's life in the cluster: registers with the active controller over a stream, sends
// heartbeats, and knows whether it is in. Owns the stream and the standing. A broker that nobody of
// the quorum has answered for a session must take itself for fenced.

import type { ControllerError } from '@samsa/controller/errors'
import { errorOf } from '@samsa/controller/service/refusal'
import type { BrokerAnswer, BrokerState, RegisterInit } from '@samsa/proto/grpc/gen/controller'
import type { Clock, Timers } from '../clock.ts'
import { type Address, type ControllerAddresses, textOf } from './controller-addresses.ts'
import type { SessionStream } from './controller-caller.ts'
import type { MetadataFollower } from './metadata-follower.ts'
import type { PeerEvents } from './peer-events.ts'

export interface BrokerSessionOptions {
  readonly addresses: ControllerAddresses
  readonly follower: MetadataFollower
  /** What the broker is registered with now. */
  readonly registration: () => RegisterInit
  readonly heartbeatMs: number
  readonly sessionTimeoutMs: number
  readonly clock: Clock
  readonly timers: Timers
  readonly events: PeerEvents
}

const backoffMinMs = 20
const backoffMaxMs = 200
/** A controller that does not take the end of the stream is not waited for. */
const closeMs = 200
/** Another process holds the broker's id, for a session at most if it is dead. */
const refusedBackoffMs = 100

/** Another try gives the same answer. */
const hopeless: ReadonlySet<string> = new Set([
  'INVALID_REGISTRATION',
  'INCONSISTENT_CLUSTER_ID',
  'UNSUPPORTED_VERSION',
])

export class BrokerSession {
  readonly #options: BrokerSessionOptions
  readonly #unsubscribe: (() => void)[]
  readonly #waiting = new Set<() => void>()
  #stream: SessionStream | null = null
  #target: Address | null = null
  #state: BrokerState | null = null
  /** Sent on this stream and not answered: when, by their ids. */
  #unanswered = new Map<number, number>()
  #lastHeartbeatId = 0
  #lastContactMs = Number.NEGATIVE_INFINITY
  #openedAtMs = 0
  /** Whether the controller has answered on this stream. */
  #greeted = false
  #failures = 0
  #heartbeat: { cancel(): void } | null = null
  #retry: { cancel(): void } | null = null
  #wantsShutdown = false
  #refusal: ControllerError | null = null
  #started = false
  #closed = false

  constructor(options: BrokerSessionOptions) {
    this.#options = options
    const { follower } = options
    this.#unsubscribe = [
      follower.onLeader(() => this.#leaderChanged()),
      // Who waits for this broker to have caught up need not wait for the next heartbeat.
      follower.subscribe((_, { brokersChanged }) => {
        if (brokersChanged) this.#beat()
      }),
    ]
  }

  /** The epoch of the registration; -1 before there is one. */
  get epoch(): number {
    return this.#state?.epoch ?? -1
  }

  /** The active controller's answer to a heartbeat that was sent then, on the monotonic clock. */
  get lastContactMs(): number {
    return this.#lastContactMs
  }

  /**
   * Whether the cluster takes this broker for gone, or may do so by now: others may lead what it
   * led.
   */
  isFencedFromCluster(): boolean {
    return this.notServing() !== null
  }

  /** Why this broker is not in the cluster; null when it is. */
  notServing(): string | null {
    const { clock, sessionTimeoutMs } = this.#options
    if (this.#state === null) {
      return this.#refusal === null
        ? 'the broker is not registered'
        : `the broker is not registered: ${this.#refusal.message}`
    }
    if (this.#state.fenced) return 'the broker is fenced'
    return clock.monotonicMs() - this.#lastContactMs > sessionTimeoutMs
      ? 'the broker has lost its session with the controller'
      : null
  }

  /** The broker can serve: it registers. */
  start(): void {
    this.#started = true
    this.#connect()
  }

  /** Resolves once the broker is in; rejects when it can never be, or the session is closed. */
  async unfenced(): Promise<void> {
    await this.#until(() => this.#state !== null && !this.#state.fenced)
  }

  /** What the broker is registered with has changed. */
  update(): void {
    if (this.#stream !== null) this.#stream.write({ register: this.#options.registration() })
  }

  /** Resolves with true once the broker may stop, and with false when that takes too long. */
  async shutDown(timeoutMs: number): Promise<boolean> {
    if (this.#state === null) return true
    this.#wantsShutdown = true
    this.#beat()
    const timeout = new Promise<false>((resolve) => {
      this.#options.timers.schedule(timeoutMs, () => resolve(false))
    })
    const done = this.#until(() => this.#state?.mayStop === true).then(() => true)
    return Promise.race([done, timeout])
  }

  /** Ends the stream in order, so that a controller that let this broker go need not look for it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#heartbeat?.cancel()
    this.#retry?.cancel()
    this.#changed()
    const stream = this.#stream
    this.#stream = null
    if (stream === null) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.timers.schedule(closeMs, () => {
        stream.cancel()
        resolve()
      })
      stream.on('status', () => {
        timer.cancel()
        resolve()
      })
      stream.end()
    })
  }

  #leaderChanged(): void {
    const { address } = this.#options.follower.leader()
    if (!this.#started || address === null) return
    if (this.#stream !== null && this.#target !== null && textOf(address) === textOf(this.#target))
      return
    this.#drop()
    this.#connect()
  }

  #connect(): void {
    this.#retry?.cancel()
    const { address } = this.#options.follower.leader()
    const mayConnect = this.#started && !this.#closed && this.#stream === null
    if (!mayConnect || address === null) return
    const { addresses, registration, clock } = this.#options
    this.#target = address
    this.#openedAtMs = clock.monotonicMs()
    this.#greeted = false
    this.#unanswered.clear()
    const stream = addresses.caller(address).session()
    this.#stream = stream
    const ended = (reason: string) => {
      if (stream !== this.#stream) return
      this.#stream = null
      this.#options.events.debug({ reason }, 'the session stream broke')
      this.#again(Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failures, 10)))
    }
    stream.on('data', (answer: BrokerAnswer) => {
      if (stream === this.#stream) this.#take(answer)
    })
    stream.on('error', (error) => ended(error.message))
    stream.on('end', () => ended('the stream ended'))
    stream.write({ register: registration() })
    this.#scheduleHeartbeat()
  }

  /** Leaves the stream without waiting for its end. */
  #drop(): void {
    const stream = this.#stream
    this.#stream = null
    stream?.cancel()
  }

  #again(delayMs: number): void {
    if (this.#closed) return
    this.#failures++
    this.#retry?.cancel()
    this.#retry = this.#options.timers.schedule(delayMs, () => this.#connect())
  }

  #scheduleHeartbeat(): void {
    this.#heartbeat?.cancel()
    const { timers, heartbeatMs } = this.#options
    this.#heartbeat = timers.schedule(heartbeatMs, () => {
      if (this.#stream === null) return
      if (this.#isUnanswered()) {
        this.#options.events.debug({}, 'the controller does not answer; it is looked for anew')
        this.#drop()
        if (this.#target !== null) this.#options.addresses.renew(this.#target)
        this.#again(0)
        return
      }
      this.#scheduleHeartbeat()
      this.#beat()
    })
  }

  /** The controller is silent for a session: a machine that is gone breaks no stream. */
  #isUnanswered(): boolean {
    const { clock, sessionTimeoutMs } = this.#options
    const sinceMs = Math.max(this.#openedAtMs, this.#lastContactMs)
    return clock.monotonicMs() - sinceMs > sessionTimeoutMs
  }

  #beat(): void {
    if (this.#stream === null || this.#state === null) return
    const id = ++this.#lastHeartbeatId
    this.#unanswered.set(id, this.#options.clock.monotonicMs())
    const appliedOffset = this.#options.follower.image().offset
    const wantsShutdown = this.#wantsShutdown
    this.#stream.write({ heartbeat: { id, appliedOffset, wantsShutdown } })
  }

  #take(answer: BrokerAnswer): void {
    if (answer.answer === 'refusal') {
      const error = errorOf(answer.refusal)
      const { leader } = answer.refusal
      this.#stream = null
      this.#refused(error)
      this.#again(error.kafkaError === 'NOT_CONTROLLER' ? backoffMinMs : refusedBackoffMs)
      if (leader !== null) this.#options.follower.hint(leader)
    } else if (answer.answer === 'state') {
      this.#failures = 0
      this.#refusal = null
      this.#learn(answer.state)
    }
  }

  #refused(error: ControllerError): void {
    const isNew = this.#refusal?.message !== error.message
    if (error.kafkaError === 'NOT_CONTROLLER') return
    this.#refusal = error
    this.#state = null
    if (isNew) {
      this.#options.events.warn({ reason: error.message }, 'the controller refused this broker')
    }
    this.#changed()
  }

  #learn(state: BrokerState): void {
    const before = this.#state
    this.#state = state
    const sentAtMs = this.#unanswered.get(state.heartbeatId)
    if (sentAtMs !== undefined) {
      this.#lastContactMs = Math.max(this.#lastContactMs, sentAtMs)
      for (const id of this.#unanswered.keys()) {
        if (id <= state.heartbeatId) this.#unanswered.delete(id)
      }
    }
    this.#options.follower.committed(state.committedOffset)
    if (!this.#greeted) this.#beat()
    this.#greeted = true
    if (before?.fenced !== state.fenced) {
      const { epoch, fenced } = state
      if (fenced && before !== null) {
        this.#options.events.warn({ brokerEpoch: epoch }, 'the controller has fenced this broker')
      } else if (!fenced) {
        this.#options.events.info({ brokerEpoch: epoch }, 'this broker is in the cluster')
      }
    }
    this.#changed()
  }

  #changed(): void {
    for (const check of this.#waiting) check()
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (isSo()) resolve()
        else if (this.#isHopeless()) reject(this.#refusal ?? new Error('the session is closed'))
        else return
        this.#waiting.delete(check)
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** What is registered is wrong, and stays so. */
  #isHopeless(): boolean {
    return this.#closed || hopeless.has(this.#refusal?.kafkaError ?? 'NONE')
  }
}
