// Which brokers are alive, as the active controller sees it. Pure: inputs with the time in, effects
// out. Owns the sessions and nothing else: who is fenced is in the metadata, which comes in as
// input. Judges nobody by silence that may be its own.

import { assertNever } from '../assert.ts'
import type { BrokerId } from '../image.ts'
import type {
  AskedOfController,
  BrokerProcess,
  BrokerStanding,
  FenceReason,
  SessionEffect,
  SessionInput,
  SessionOptions,
  SilentLeader,
} from './events.ts'

interface Session {
  readonly brokerId: BrokerId
  readonly epoch: number
  fenced: boolean
  /** Whether it has a stream; a process that was killed has none. */
  connected: boolean
  /** It may have a stream to the controller before this one, and has until then to come here. */
  awaitedUntilMs: number
  lastContactMs: number
  /** Was given a further session, since most others were silent, too. */
  reprieved: boolean
  /** The broker must know the metadata up to here before it is taken in. */
  requiredOffset: number
  appliedOffset: number
  /** Asked of the shell and not yet seen done. */
  pending: AskedOfController | null
  probing: boolean
  nextProbeAtMs: number
  wantsShutdown: boolean
  /** Leaderships that a stopping broker still has, and the metadata that took the others away. */
  shutdown: { readonly remainingLeaders: number; readonly offset: number } | null
}

export interface SessionState {
  readonly epoch: number
  readonly fenced: boolean
  /** A broker that wants to stop leads nothing any more, and the others know it. */
  readonly mayStop: boolean
}

export interface SessionCounts {
  /** Brokers with an open stream. */
  readonly connected: number
  readonly fenced: number
  readonly unfenced: number
}

export class SessionTracker {
  readonly #options: SessionOptions
  /** One for each registered broker while this controller is active; none otherwise. */
  readonly #sessions = new Map<BrokerId, Session>()
  #active = false
  #offset = -1
  #lastInputMs = Number.NEGATIVE_INFINITY
  #effects: SessionEffect[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  step(nowMs: number, input: SessionInput): SessionEffect[] {
    this.#forgiveOwnPause(nowMs)
    this.#effects = []
    this.#take(nowMs, input)
    return this.#effects
  }

  /** What a broker is told of itself; null when it is not registered with this epoch, or not here. */
  state({ brokerId, epoch }: BrokerProcess): SessionState | null {
    const session = this.#sessions.get(brokerId)
    if (session?.epoch !== epoch) return null
    return { epoch, fenced: session.fenced, mayStop: this.#mayStop(session) }
  }

  /**
   * Whether the process that holds the registration may still be at work: another one with its id
   * has to wait.
   */
  isAlive(brokerId: BrokerId, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    if (session === undefined) return false
    if (session.connected) return nowMs <= session.lastContactMs + this.#options.sessionTimeoutMs
    return !session.fenced && nowMs < session.awaitedUntilMs
  }

  counts(): SessionCounts {
    const sessions = [...this.#sessions.values()]
    const count = (is: (session: Session) => boolean) => sessions.filter(is).length
    return {
      connected: count(({ connected }) => connected),
      fenced: count(({ fenced }) => fenced),
      unfenced: count(({ fenced }) => !fenced),
    }
  }

  /** Time in which this controller stood still is nobody's silence. */
  #forgiveOwnPause(nowMs: number): void {
    const pauseMs = nowMs - this.#lastInputMs
    this.#lastInputMs = nowMs
    if (pauseMs <= this.#options.stallMs || !this.#active) return
    for (const session of this.#sessions.values()) {
      session.lastContactMs = Math.min(nowMs, session.lastContactMs + pauseMs)
    }
  }

  #take(nowMs: number, input: SessionInput): void {
    if (input.type === 'activated') return this.#activate(nowMs, input)
    if (!this.#active) return
    switch (input.type) {
      case 'deactivated':
        this.#active = false
        return this.#sessions.clear()
      case 'brokers':
        this.#offset = input.offset
        return this.#learn(nowMs, input.brokers)
      case 'tick':
        this.#fenceOverdue(nowMs)
        return this.#probeDisconnected(nowMs)
      default: {
        // A process that another has taken the place of says nothing about its successor.
        const session = this.#sessions.get(input.brokerId)
        if (session?.epoch === input.epoch) this.#takeFor(session, nowMs, input)
      }
    }
  }

  #takeFor(session: Session, nowMs: number, input: Extract<SessionInput, BrokerProcess>): void {
    switch (input.type) {
      case 'opened':
        session.connected = true
        return this.#contact(session, nowMs)
      case 'heartbeat':
        session.appliedOffset = input.appliedOffset
        session.wantsShutdown = input.wantsShutdown
        this.#contact(session, nowMs)
        return this.#advance(session)
      case 'closed':
        session.connected = false
        session.awaitedUntilMs = nowMs
        session.nextProbeAtMs = nowMs
        if (this.#mayStop(session)) this.#fence(session, 'stopped')
        return this.#probeDisconnected(nowMs)
      case 'probed':
        session.probing = false
        session.nextProbeAtMs = nowMs + this.#options.probeIntervalMs
        // It may have come back meanwhile.
        if (!input.refused || session.connected) return
        session.awaitedUntilMs = nowMs
        return this.#fence(session, 'connection refused')
      case 'shutDown':
        session.shutdown = input
        if (session.pending === 'shutDown') session.pending = null
        return
      case 'failed':
        if (session.pending === input.asked) session.pending = null
        return
      default:
        return assertNever(input)
    }
  }

  #activate(nowMs: number, now: Extract<SessionInput, { type: 'activated' }>): void {
    this.#active = true
    this.#offset = now.offset
    this.#sessions.clear()
    this.#learn(nowMs, now.brokers)
    this.#countSilence(nowMs, now.predecessor)
    // Whoever refuses connections will not come.
    for (const session of this.#sessions.values()) session.nextProbeAtMs = nowMs
    this.#probeDisconnected(nowMs)
  }

  /**
   * The quorum has heard nothing of the node that led it, so that its broker's session is not a new
   * one. Half of it remains at least: the broker may be well, and has to find this controller yet.
   * Nothing is held against it where the quorum was without a leader for long: then that node alone
   * cannot be the cause.
   */
  #countSilence(nowMs: number, leader: SilentLeader | null): void {
    const session = leader === null ? undefined : this.#sessions.get(leader.brokerId)
    if (leader === null || session === undefined) return
    const { sessionTimeoutMs } = this.#options
    if (leader.silentMs > 2 * sessionTimeoutMs) return
    session.lastContactMs = nowMs - Math.min(leader.silentMs, sessionTimeoutMs / 2)
  }

  #learn(nowMs: number, brokers: readonly BrokerStanding[]): void {
    const gone = new Set(this.#sessions.keys())
    for (const standing of brokers) {
      gone.delete(standing.brokerId)
      const known = this.#sessions.get(standing.brokerId)
      if (known?.epoch === standing.epoch) this.#update(known, standing)
      else this.#sessions.set(standing.brokerId, this.#newSession(nowMs, standing))
    }
    for (const brokerId of gone) this.#sessions.delete(brokerId)
  }

  #newSession(nowMs: number, { brokerId, epoch, fenced }: BrokerStanding): Session {
    const awaitedUntilMs = nowMs + this.#options.claimMs
    return {
      brokerId,
      epoch,
      fenced,
      connected: false,
      awaitedUntilMs,
      lastContactMs: nowMs,
      reprieved: false,
      requiredOffset: this.#offset,
      appliedOffset: -1,
      pending: null,
      probing: false,
      nextProbeAtMs: awaitedUntilMs,
      wantsShutdown: false,
      shutdown: null,
    }
  }

  #update(session: Session, { fenced }: BrokerStanding): void {
    if (session.fenced === fenced) return
    session.fenced = fenced
    // Before it is taken in again it must know that it was out.
    if (fenced) session.requiredOffset = this.#offset
    if (session.pending === (fenced ? 'fence' : 'unfence')) session.pending = null
  }

  #contact(session: Session, nowMs: number): void {
    session.lastContactMs = nowMs
    session.reprieved = false
  }

  /** What a broker that is heard of can now be given: its place, or its leave. */
  #advance(session: Session): void {
    if (session.pending !== null || !session.connected) return
    if (session.wantsShutdown) {
      if (session.fenced || session.shutdown?.remainingLeaders === 0) return
      this.#ask(session, 'shutDown')
    } else if (session.fenced && session.appliedOffset >= session.requiredOffset) {
      this.#ask(session, 'unfence')
    }
  }

  #ask(session: Session, type: 'unfence' | 'shutDown'): void {
    session.pending = type
    this.#effects.push({ type, brokerId: session.brokerId, epoch: session.epoch })
  }

  #fence(session: Session, reason: FenceReason): void {
    if (session.fenced || session.pending === 'fence') return
    session.pending = 'fence'
    const { brokerId, epoch } = session
    this.#effects.push({ type: 'fence', brokerId, epoch, reason })
  }

  #unfenced(): Session[] {
    return [...this.#sessions.values()].filter(({ fenced, pending }) => {
      return !fenced && pending !== 'fence'
    })
  }

  #fenceOverdue(nowMs: number): void {
    const { sessionTimeoutMs } = this.#options
    const unfenced = this.#unfenced()
    const silentFor = (ms: number) => (session: Session) => nowMs > session.lastContactMs + ms
    const overdue = unfenced.filter(silentFor(sessionTimeoutMs))
    if (overdue.length === 0) return
    // Heartbeats do not end all at one moment: who has missed some counts as silent already.
    const silent = unfenced.filter(silentFor(sessionTimeoutMs / 2))
    const isMass = silent.length > unfenced.length / 2
    let remaining = unfenced.length
    for (const session of overdue) {
      // Nobody could take the place of the last one.
      if (remaining === 1 && session.connected) return
      // Most of them silent at once: more likely this controller's network than theirs
      // (KAFKA-15019). One more session shows.
      if (isMass) session.reprieved = true
      const grantedMs = session.reprieved ? 2 * sessionTimeoutMs : sessionTimeoutMs
      if (!silentFor(grantedMs)(session)) continue
      remaining--
      this.#fence(session, 'session timed out')
    }
  }

  #probeDisconnected(nowMs: number): void {
    for (const session of this.#unfenced()) {
      if (session.connected || session.probing || nowMs < session.nextProbeAtMs) continue
      session.probing = true
      const { brokerId, epoch } = session
      this.#effects.push({ type: 'probe', brokerId, epoch })
    }
  }

  #mayStop(session: Session): boolean {
    if (!session.wantsShutdown) return false
    if (session.fenced) return true
    const { shutdown } = session
    if (shutdown === null || shutdown.remainingLeaders > 0) return false
    // Whoever is refused by the stopping broker must find the new leaders elsewhere.
    for (const other of this.#sessions.values()) {
      if (other === session || other.fenced || !other.connected) continue
      if (other.appliedOffset < shutdown.offset) return false
    }
    return true
  }
}
