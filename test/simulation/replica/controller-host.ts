// A controller of the simulation: the product's controller and its broker sessions over the model's
// metadata log. Requests reach it late, and answers come back late, twice asked for, or not at all;
// brokers talk to it over streams.

import type { Controller } from '@samsa/controller/controller'
import { ControllerError } from '@samsa/controller/errors'
import { QuorumController } from '@samsa/controller/quorum-controller'
import { BrokerSessions, type BrokerStream } from '@samsa/controller/service/broker-sessions'
import type { BrokerProcess } from '@samsa/controller/sessions/events'
import { defaultSessionOptions } from '@samsa/controller/sessions/events'
import type { BrokerAnswerInit, Heartbeat, Register } from '@samsa/proto/grpc/gen/controller'
import { configRules } from '../../support/controller/controllers.ts'
import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import { SimulatedProcess } from '../shared/simulated-process.ts'
import { type Flaws, flawedController } from './flaws.ts'
import type { ModelMetadataLog, ModelQuorum } from './model-quorum.ts'
import type { Network, Stream, StreamEnd } from './network.ts'

export type SessionMessage = { readonly register: Register } | { readonly heartbeat: Heartbeat }

export interface ControllerWorld {
  readonly events: EventQueue
  readonly random: Random
  readonly network: Network
  readonly quorum: ModelQuorum
  readonly newUuid: () => string
  readonly minInsyncReplicas: number
  readonly flaws: Flaws
  /** Whether nothing listens at the host any more, seen from `from`. */
  readonly isRefused: (from: string, host: string) => Promise<boolean>
  readonly log: (line: () => string) => void
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export class ControllerHost {
  readonly nodeId: number
  readonly host: string
  readonly process: SimulatedProcess
  readonly controller: Controller
  readonly #sessions: BrokerSessions
  readonly #log: ModelMetadataLog

  constructor(world: ControllerWorld, nodeId: number) {
    this.nodeId = nodeId
    this.host = `c${nodeId}`
    this.process = new SimulatedProcess(this.host, world.events)
    this.#log = world.quorum.node(nodeId, this.process)
    const uncleanLeaderElection = world.flaws.has('unclean elections')
    const controller = new QuorumController({
      nodeId,
      clusterId: null,
      log: this.#log,
      newUuid: world.newUuid,
      nowMs: () => 0,
      random: (bound) => world.random.integer(0, bound - 1),
      configRules,
      numPartitionsDefault: 1,
      replicationFactorDefault: 1,
      topicDefaults: { minInsyncReplicas: world.minInsyncReplicas, uncleanLeaderElection },
      onFault: (error) => {
        throw error
      },
    })
    this.controller = flawedController(controller, world.flaws)
    this.#sessions = new BrokerSessions({
      nodeId,
      controller: this.controller,
      session: defaultSessionOptions,
      clock: {
        nowMs: () => this.process.nowMs,
        after: (delayMs, call) => {
          const timer = this.process.after(delayMs, call)
          return () => timer.cancel()
        },
      },
      isRefused: ({ host }) => world.isRefused(this.host, host),
      leader: () => ({ ...world.quorum.leader, host: '', port: 0, committedOffset: 0 }),
      events: {
        ...quiet,
        warn: (fields, message) => world.log(() => `${this.host}: ${message} ${text(fields)}`),
        info: (fields, message) => world.log(() => `${this.host}: ${message} ${text(fields)}`),
      },
    })
    this.#log.onLeader = (leader) => this.#sessions.leaderChanged(leader)
  }

  start(): Promise<void> {
    return this.controller.start()
  }

  /** A broker's session stream. */
  accept(answers: Stream<BrokerAnswerInit>): {
    process: SimulatedProcess
    end: StreamEnd<SessionMessage>
  } {
    let session: BrokerProcess | null = null
    let isOpen = true
    const stream: BrokerStream = {
      send: (answer) => answers.send(answer),
      end: () => answers.close(),
    }
    const closed = () => {
      isOpen = false
      if (session !== null) this.#sessions.closed(session, stream)
      session = null
    }
    const onMessage = async (message: SessionMessage) => {
      if ('heartbeat' in message) {
        if (session !== null) this.#sessions.heartbeat(session, stream, message.heartbeat)
        return
      }
      session = await this.#sessions.register(stream, message.register)
      if (!isOpen) closed()
    }
    return {
      process: this.process,
      end: { onMessage: (message) => void onMessage(message), onClosed: closed },
    }
  }
}

function text(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) =>
    value instanceof Error ? String(value) : value,
  )
}

export interface AskFaults {
  /** Of one request, or one answer. */
  readonly askLossChance: number
  readonly askTwiceChance: number
  readonly askDelayMaxMs: number
}

/** What one broker asks of the controllers. */
export class ControllerClient {
  readonly #world: ControllerWorld
  readonly #faults: () => AskFaults
  readonly #process: SimulatedProcess
  readonly #host: string
  readonly #hosts: ReadonlyMap<number, ControllerHost>

  constructor(
    world: ControllerWorld,
    faults: () => AskFaults,
    from: { process: SimulatedProcess; host: string },
    hosts: ReadonlyMap<number, ControllerHost>,
  ) {
    this.#world = world
    this.#faults = faults
    this.#process = from.process
    this.#host = from.host
    this.#hosts = hosts
  }

  /** Asks the controller that is the active one as far as this broker knows. */
  ask<T>(activeId: number, ask: (controller: Controller) => Promise<T>): Promise<T> {
    const { random, network } = this.#world
    if (!this.#process.isAlive) return new Promise(() => {})
    const { askLossChance, askTwiceChance, askDelayMaxMs } = this.#faults()
    const answer = Promise.withResolvers<T>()
    const give = (settle: () => void) => this.#process.take(settle)
    const timer = this.#process.after(askTimeoutMs, () => {
      answer.reject(new ControllerError('REQUEST_TIMED_OUT', 'No answer came in time.'))
    })
    const target = this.#hosts.get(activeId)
    const done = (settle: () => void, isLast: boolean) => {
      if (target === undefined || random.chance(askLossChance)) return
      network.send(target.host, this.#host, () =>
        give(() => {
          if (isLast) timer.cancel()
          settle()
        }),
      )
    }
    const arrive = () =>
      target?.process.take(() => {
        ask(target.controller).then(
          (value) => done(() => answer.resolve(value), true),
          (error: unknown) => done(() => answer.reject(error), true),
        )
      })
    if (target === undefined || random.chance(askLossChance)) return answer.promise
    const send = () =>
      this.#world.events.after(random.between(0, askDelayMaxMs), () => {
        network.send(this.#host, target.host, arrive)
      })
    send()
    if (random.chance(askTwiceChance)) send()
    return answer.promise
  }
}

const askTimeoutMs = 1_000
