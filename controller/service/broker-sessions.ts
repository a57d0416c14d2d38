// The sessions of brokers with this controller while it is the active one: takes registrations and
// heartbeats from their streams, feeds the pure tracker, and carries out what it says. Decides by
// itself only who may register.

import type {
  BrokerAnswerInit,
  Heartbeat,
  QuorumLeaderInit,
  Register,
} from '@samsa/proto/grpc/gen/controller'
import type { Controller } from '../controller.ts'
import { endpointOf } from '../endpoints.ts'
import { ControllerError } from '../errors.ts'
import type { BrokerId, BrokerImage, MetadataImage } from '../image.ts'
import type { Predecessor, QuorumLeader } from '../metadata-log.ts'
import type { BrokerRegistration } from '../requests.ts'
import type {
  AskedOfController,
  BrokerProcess,
  FenceReason,
  SessionEffect,
  SessionInput,
  SessionOptions,
} from '../sessions/events.ts'
import { type SessionCounts, SessionTracker } from '../sessions/session-tracker.ts'
import { refusalOf } from './refusal.ts'

/** The name of the endpoint at which other nodes reach a broker; clients never see it. */
export const grpcListenerName = 'SAMSA_GRPC'

/** One broker's open stream. */
export interface BrokerStream {
  send(answer: BrokerAnswerInit): void
  /** After what was sent. */
  end(): void
}

export interface SessionsClock {
  /** Monotonic. */
  nowMs(): number
  after(delayMs: number, call: () => void): () => void
}

export interface ServiceEvents {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface BrokerSessionsOptions {
  readonly nodeId: BrokerId
  readonly controller: Controller
  readonly session: SessionOptions
  readonly clock: SessionsClock
  /** Whether the address certainly has nobody behind it. Never rejects. */
  readonly isRefused: (address: { host: string; port: number }) => Promise<boolean>
  readonly leader: () => QuorumLeaderInit
  readonly events: ServiceEvents
}

interface OpenSession extends BrokerProcess {
  readonly stream: BrokerStream
  lastAnswer: { readonly fenced: boolean; readonly mayStop: boolean } | null
}

/** Ids that have nothing to do here must not fill the memory. */
const refusedMax = 1_000

export class BrokerSessions {
  readonly #options: BrokerSessionsOptions
  readonly #tracker: SessionTracker
  readonly #open = new Map<BrokerId, OpenSession>()
  /** Why brokers were refused last. */
  readonly #refused = new Map<BrokerId, string>()
  /** The registrations that the log says are being fenced: until it is done it is tried again. */
  readonly #fencing = new Map<BrokerId, number>()
  /** The epoch in which this controller is active; null while another is, or none. */
  #activeEpoch: number | null = null
  #stopTicks = () => {}
  readonly #unsubscribe: () => void

  constructor(options: BrokerSessionsOptions) {
    this.#options = options
    this.#tracker = new SessionTracker(options.session)
    this.#unsubscribe = options.controller.subscribe((image, { brokersChanged }) => {
      if (brokersChanged && this.#activeEpoch !== null) {
        this.#step({ type: 'brokers', ...standings(image) })
      }
    })
  }

  counts(): SessionCounts {
    return this.#tracker.counts()
  }

  leaderChanged({ leaderId, epoch, predecessor }: QuorumLeader): void {
    const activeEpoch = leaderId === this.#options.nodeId ? epoch : null
    if (activeEpoch === this.#activeEpoch) return
    if (this.#activeEpoch !== null) this.#deactivate()
    if (activeEpoch !== null) this.#activate(activeEpoch, predecessor)
  }

  #activate(epoch: number, led: Predecessor | undefined): void {
    this.#activeEpoch = epoch
    this.#options.events.info({ epoch, predecessor: led }, 'this controller is the active one')
    const predecessor = led === undefined ? null : { brokerId: led.nodeId, silentMs: led.silentMs }
    const image = this.#options.controller.image()
    this.#step({ type: 'activated', ...standings(image), predecessor })
    this.#scheduleTick()
  }

  #deactivate(): void {
    this.#activeEpoch = null
    this.#options.events.info({}, 'this controller is not the active one any more')
    this.#stopTicks()
    const open = [...this.#open.values()]
    // Their registrations stand: none of them may be told that its own is not the current one.
    this.#open.clear()
    this.#fencing.clear()
    this.#step({ type: 'deactivated' })
    for (const { stream } of open) this.#refuse(stream, notController())
  }

  close(): void {
    this.#unsubscribe()
    if (this.#activeEpoch !== null) this.#deactivate()
  }

  #scheduleTick(): void {
    this.#stopTicks = this.#options.clock.after(this.#options.session.tickMs, () => {
      this.#scheduleTick()
      this.#step({ type: 'tick' })
    })
  }

  /** Resolves with the session, or null where the stream was refused and has ended. */
  async register(stream: BrokerStream, register: Register): Promise<BrokerProcess | null> {
    const epochOfActivity = this.#activeEpoch
    try {
      this.#checkMayRegister(register)
      const { epoch } = await this.#options.controller.registerBroker(registrationOf(register))
      // Another controller may have taken over while the registration was under way.
      if (this.#activeEpoch === null || this.#activeEpoch !== epochOfActivity) throw notController()
      return this.#opened({ brokerId: register.brokerId, epoch, stream, lastAnswer: null })
    } catch (error) {
      if (!(error instanceof ControllerError)) throw error
      const { brokerId } = register
      if (error.kafkaError !== 'NOT_CONTROLLER') this.#tellRefused(brokerId, error.message)
      this.#refuse(stream, error)
      return null
    }
  }

  /** Once, however often the broker tries. */
  #tellRefused(brokerId: BrokerId, reason: string): void {
    if (this.#refused.get(brokerId) === reason) return
    if (this.#refused.size >= refusedMax) this.#refused.clear()
    this.#refused.set(brokerId, reason)
    this.#options.events.warn({ broker: brokerId, reason }, 'a broker was refused')
  }

  #checkMayRegister({ brokerId, incarnationId }: Register): void {
    if (this.#activeEpoch === null) throw notController()
    const holder = this.#options.controller.image().brokers.get(brokerId)
    if (holder === undefined || holder.incarnationId === incarnationId) return
    if (!this.#tracker.isAlive(brokerId, this.#options.clock.nowMs())) return
    throw new ControllerError(
      'DUPLICATE_BROKER_REGISTRATION',
      `Another process has registered as broker ${brokerId} and is still heard of.`,
    )
  }

  #opened(session: OpenSession): BrokerProcess {
    const { brokerId, epoch } = session
    // The same process over a new connection, or the one that this one takes the place of.
    this.#open.get(brokerId)?.stream.end()
    this.#open.set(brokerId, session)
    this.#refused.delete(brokerId)
    this.#step({ type: 'opened', brokerId, epoch })
    this.#answer(session, 0)
    return session
  }

  heartbeat(session: BrokerProcess, stream: BrokerStream, heartbeat: Heartbeat): void {
    const open = this.#open.get(session.brokerId)
    if (open?.stream !== stream) return
    const { brokerId, epoch } = session
    const { appliedOffset, wantsShutdown } = heartbeat
    this.#fencing.delete(brokerId)
    this.#step({ type: 'heartbeat', brokerId, epoch, appliedOffset, wantsShutdown })
    this.#answer(open, heartbeat.id)
  }

  /** The stream has ended, however. */
  closed(session: BrokerProcess, stream: BrokerStream): void {
    const { brokerId, epoch } = session
    if (this.#open.get(brokerId)?.stream !== stream) return
    this.#open.delete(brokerId)
    this.#step({ type: 'closed', brokerId, epoch })
  }

  #step(input: SessionInput): void {
    const effects = this.#tracker.step(this.#options.clock.nowMs(), input)
    for (const effect of effects) this.#carryOut(effect)
    for (const session of this.#open.values()) this.#tellIfChanged(session)
  }

  #tellIfChanged(session: OpenSession): void {
    const state = this.#tracker.state(session)
    const { lastAnswer } = session
    if (state?.fenced === lastAnswer?.fenced && state?.mayStop === lastAnswer?.mayStop) return
    if (lastAnswer !== null) this.#answer(session, 0)
  }

  #answer(session: OpenSession, heartbeatId: number): void {
    const state = this.#tracker.state(session)
    if (state !== null) {
      session.lastAnswer = state
      const committedOffset = this.#options.controller.image().offset
      return session.stream.send({ state: { ...state, heartbeatId, committedOffset } })
    }
    this.#open.delete(session.brokerId)
    this.#refuse(
      session.stream,
      new ControllerError('STALE_BROKER_EPOCH', 'The registration is not the current one.'),
    )
  }

  #refuse(stream: BrokerStream, error: ControllerError): void {
    stream.send({ refusal: refusalOf(error, this.#options.leader()) })
    stream.end()
  }

  #carryOut(effect: SessionEffect): void {
    const { brokerId, epoch } = effect
    const { controller } = this.#options
    switch (effect.type) {
      case 'probe':
        return void this.#probe(effect)
      case 'fence': {
        this.#tellFencing(effect, effect.reason)
        return void this.#ask(effect, 'fence', () => controller.fenceBroker(brokerId, epoch))
      }
      case 'unfence':
        this.#options.events.info({ broker: brokerId, brokerEpoch: epoch }, 'taking a broker in')
        return void this.#ask(effect, 'unfence', () => controller.unfenceBroker(brokerId, epoch))
      case 'shutDown':
        return void this.#ask(effect, 'shutDown', async () => {
          const { remainingLeaders } = await controller.beginControlledShutdown(brokerId, epoch)
          const { offset } = controller.image()
          this.#step({ type: 'shutDown', brokerId, epoch, remainingLeaders, offset })
        })
    }
  }

  #tellFencing({ brokerId, epoch }: BrokerProcess, reason: FenceReason): void {
    if (this.#fencing.get(brokerId) === epoch) return
    this.#fencing.set(brokerId, epoch)
    const severity = reason === 'stopped' ? 'info' : 'warn'
    const fields = { broker: brokerId, brokerEpoch: epoch, reason }
    this.#options.events[severity](fields, 'fencing a broker')
  }

  async #ask(
    { brokerId, epoch }: BrokerProcess,
    asked: AskedOfController,
    ask: () => Promise<void>,
  ): Promise<void> {
    try {
      await ask()
    } catch (error) {
      this.#step({ type: 'failed', asked, brokerId, epoch })
      const isRefusal = error instanceof ControllerError
      if (isRefusal && error.kafkaError === 'NOT_CONTROLLER') return
      this.#options.events.warn({ broker: brokerId, asked, error }, 'a broker stays as it is')
    }
  }

  async #probe({ brokerId, epoch }: BrokerProcess): Promise<void> {
    const broker = this.#options.controller.image().brokers.get(brokerId)
    const address = broker === undefined ? null : grpcAddress(broker)
    const refused = address !== null && (await this.#options.isRefused(address))
    this.#step({ type: 'probed', brokerId, epoch, refused })
  }
}

function standings(image: MetadataImage) {
  const { offset, brokers } = image
  return {
    offset,
    brokers: [...brokers.values()].map(({ id, epoch, fenced }) => ({
      brokerId: id,
      epoch,
      fenced,
    })),
  }
}

/** Where other nodes reach the broker; null when it does not say. */
export function grpcAddress({ endpoints }: Pick<BrokerImage, 'endpoints'>) {
  const endpoint = endpoints.find(({ listener }) => listener === grpcListenerName)
  return endpoint === undefined ? null : { host: endpoint.host, port: endpoint.port }
}

function notController(): ControllerError {
  return new ControllerError('NOT_CONTROLLER', 'This node is not the active controller.')
}

function registrationOf(register: Register): BrokerRegistration {
  return {
    // One by one: defaults of a message are on its prototype, which a spread leaves out.
    brokerId: register.brokerId,
    clusterId: register.clusterId,
    incarnationId: register.incarnationId,
    endpoints: register.endpoints.map(endpointOf),
    features: register.features,
    rack: register.rack ?? null,
    logDirs: register.logDirs,
    previousBrokerEpoch: register.previousBrokerEpoch,
    // It is taken in once it has caught up.
    fenced: true,
  }
}
