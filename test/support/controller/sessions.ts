// A cluster around the session tracker, moved by hand: brokers that send heartbeats unless they are
// silenced, a controller whose clock a test pauses, and metadata that commits at once what the
// tracker asks for.

import {
  defaultSessionOptions,
  type FenceReason,
  type SessionEffect,
  type SessionInput,
  type SilentLeader,
} from '@samsa/controller/sessions/events'
import { SessionTracker } from '@samsa/controller/sessions/session-tracker'

interface Broker {
  epoch: number
  fenced: boolean
  connected: boolean
  /** Sends heartbeats. */
  alive: boolean
  appliedOffset: number
  wantsShutdown: boolean
  nextHeartbeatMs: number
  /** What a connection to its address gives. */
  refuses: boolean
}

export interface Fencing {
  readonly brokerId: number
  readonly atMs: number
  readonly reason: FenceReason
}

const heartbeatMs = 200

export class SessionCluster {
  readonly options = defaultSessionOptions
  readonly tracker = new SessionTracker(this.options)
  readonly brokers = new Map<number, Broker>()
  readonly fencings: Fencing[] = []
  readonly effects: SessionEffect[] = []
  nowMs = 10_000
  offset = 100
  /** Whether the controller commits what the tracker asks for; else it has failed. */
  commits = true
  remainingLeaders = 0

  constructor(count: number) {
    for (let id = 1; id <= count; id++) {
      this.brokers.set(id, {
        epoch: id,
        fenced: false,
        connected: false,
        alive: true,
        appliedOffset: this.offset,
        wantsShutdown: false,
        // Heartbeats of different brokers come at different times.
        nextHeartbeatMs: this.nowMs + (id * heartbeatMs) / count,
        refuses: false,
      })
    }
    this.activate()
    for (const id of this.brokers.keys()) this.connect(id)
  }

  /** What the tracker wanted done, but for probes, which change nothing. */
  get asked(): SessionEffect[] {
    return this.effects.filter(({ type }) => type !== 'probe')
  }

  broker(id: number): Broker {
    const broker = this.brokers.get(id)
    if (broker === undefined) throw new Error(`no broker ${id}`)
    return broker
  }

  /** The tracker starts over, as that of another controller would. */
  activate(predecessor: SilentLeader | null = null): void {
    for (const broker of this.brokers.values()) broker.connected = false
    const brokers = this.#standings()
    this.input({ type: 'activated', offset: this.offset, brokers, predecessor })
  }

  connect(id: number): void {
    const broker = this.broker(id)
    broker.connected = true
    this.input({ type: 'opened', brokerId: id, epoch: broker.epoch })
  }

  breakStream(id: number): void {
    const broker = this.broker(id)
    broker.connected = false
    this.input({ type: 'closed', brokerId: id, epoch: broker.epoch })
  }

  kill(id: number): void {
    Object.assign(this.broker(id), { alive: false, refuses: true })
    this.breakStream(id)
  }

  /** Time passes for everyone. */
  run(ms: number): void {
    this.#pass(ms, true)
  }

  /** Time passes, but the controller does not run; what brokers sent meanwhile comes behind it. */
  pauseController(ms: number): void {
    this.#pass(ms, false)
  }

  #pass(ms: number, controllerRuns: boolean): void {
    const untilMs = this.nowMs + ms
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + this.options.tickMs)
      if (controllerRuns) this.input({ type: 'tick' })
      if (controllerRuns) this.#heartbeats()
    }
    if (controllerRuns) return
    this.input({ type: 'tick' })
    this.#heartbeats()
  }

  #heartbeats(): void {
    for (const [brokerId, broker] of this.brokers) {
      if (!broker.alive || !broker.connected || this.nowMs < broker.nextHeartbeatMs) continue
      broker.nextHeartbeatMs = this.nowMs + heartbeatMs
      const { epoch, appliedOffset, wantsShutdown } = broker
      this.input({ type: 'heartbeat', brokerId, epoch, appliedOffset, wantsShutdown })
    }
  }

  input(input: SessionInput): void {
    for (const effect of this.tracker.step(this.nowMs, input)) {
      this.effects.push(effect)
      this.#carryOut(effect)
    }
  }

  #carryOut(effect: SessionEffect): void {
    const { brokerId, epoch } = effect
    const broker = this.broker(brokerId)
    if (effect.type === 'probe') {
      return this.input({ type: 'probed', brokerId, epoch, refused: broker.refuses })
    }
    if (!this.commits) return this.input({ type: 'failed', asked: effect.type, brokerId, epoch })
    this.offset++
    if (effect.type === 'shutDown') {
      const { remainingLeaders, offset } = this
      return this.input({ type: 'shutDown', brokerId, epoch, remainingLeaders, offset })
    }
    if (effect.type === 'fence') {
      this.fencings.push({ brokerId, atMs: this.nowMs, reason: effect.reason })
    }
    broker.fenced = effect.type === 'fence'
    this.commit()
  }

  commit(): void {
    this.input({ type: 'brokers', offset: this.offset, brokers: this.#standings() })
  }

  #standings() {
    return [...this.brokers].map(([brokerId, { epoch, fenced }]) => ({ brokerId, epoch, fenced }))
  }
}
