// A broker of the simulation: the product's replica manager over the model's logs, network and
// controllers, with the life around it: it registers, beats, follows the metadata, dies anywhere,
// and comes back with what its disk kept.

import type { Clock } from '@samsa/broker/clock'
import type { ReplicationClient } from '@samsa/broker/peer/replication-client'
import { ReplicaManager } from '@samsa/broker/replica/replica-manager'
import { supportedFeatures } from '@samsa/controller/features'
import type { MetadataImage } from '@samsa/controller/image'
import type { AlterPartition } from '@samsa/controller/requests'
import { grpcListenerName } from '@samsa/controller/service/broker-sessions'
import type { BrokerAnswerInit } from '@samsa/proto/grpc/gen/controller'
import { logConfig } from '../../support/disk/log-fixture.ts'
import type { Random } from '../shared/random.ts'
import { SimulatedProcess } from '../shared/simulated-process.ts'
import {
  type AskFaults,
  ControllerClient,
  type ControllerHost,
  type ControllerWorld,
  type SessionMessage,
} from './controller-host.ts'
import type { Faults } from './faults.ts'
import { flawedAlterPartition, flawedImage } from './flaws.ts'
import { ModelDisk } from './model-disk.ts'
import type { LogWatcher } from './model-log.ts'
import { ModelLogs } from './model-logs.ts'
import type { MetadataStep } from './model-quorum.ts'
import type { Stream } from './network.ts'
import { FeedServer, type FollowerMessage, type LeaderMessage, ModelLinks } from './replication.ts'
import { WireServer, type WireWorld, wireLinks } from './wire-replication.ts'

export interface BrokerWorld extends ControllerWorld {
  readonly faults: Faults
  readonly askFaults: () => AskFaults
  readonly watcher: LogWatcher
  readonly controllers: ReadonlyMap<number, ControllerHost>
  readonly brokers: ReadonlyMap<number, BrokerHost>
  readonly isHealed: () => boolean
  readonly effectCrash: (broker: BrokerHost) => void
}

const heartbeatMs = 200
const sessionMs = 1_000
const reconnectMs = 40
/** A stop that takes longer is not waited for. */
const shutdownMaxMs = 2_000

/** One process of a broker. */
export class BrokerRun {
  readonly process: SimulatedProcess
  readonly incarnationId: string
  readonly host: BrokerHost
  readonly logs: ModelLogs
  readonly replicas: ReplicaManager
  readonly #world: BrokerWorld
  readonly #client: ControllerClient
  readonly #previousBrokerEpoch: number
  /** Where replication goes over the product's own streams. */
  readonly #wireLinks: ReplicationClient | null
  readonly #wireServer: WireServer | null
  readonly clock: Clock
  image: MetadataImage
  /** The next step of the metadata to be taken. */
  #nextStep: number
  #session: Stream<SessionMessage> | null = null
  #sessionId = 0
  #brokerEpoch = -1
  #lastContactMs = Number.NEGATIVE_INFINITY
  #wantsShutdown = false
  #isStopping = false

  constructor(host: BrokerHost, world: BrokerWorld) {
    const { brokerId, disk } = host
    const { faults, random, watcher } = world
    this.host = host
    this.#world = world
    this.incarnationId = world.newUuid()
    this.process = new SimulatedProcess(`b${brokerId}`, world.events)
    this.#previousBrokerEpoch = disk.cleanBrokerEpoch
    disk.cleanBrokerEpoch = -1
    this.clock = { nowMs: () => this.process.nowMs, monotonicMs: () => this.process.nowMs }
    const effect = () => this.effect()
    const logWorld = {
      brokerId,
      process: this.process,
      random,
      watcher,
      diskMaxMs: faults.diskMaxMs,
      flushesWrites: faults.lossMode === 'flushed' && !world.flaws.has('flushes nothing'),
      flaws: world.flaws,
      effect,
    }
    this.logs = new ModelLogs(disk, logWorld, host.directoryId, logConfig)
    // It begins with metadata that may be old.
    this.#nextStep = Math.max(1, world.quorum.steps.length - random.integer(0, 5))
    const image = world.quorum.steps[this.#nextStep - 1]?.image ?? world.quorum.image
    this.image = flawedImage(image, world.flaws)
    const from = { process: this.process, host: host.name }
    this.#client = new ControllerClient(world, world.askFaults, from, world.controllers)
    const wire = faults.overWire ? this.#wireWorld(effect) : null
    this.#wireLinks = wire === null ? null : wireLinks(wire)
    this.replicas = this.#makeReplicas(effect)
    this.#wireServer = wire === null ? null : new WireServer(wire, this.replicas)
  }

  #makeReplicas(effect: () => void): ReplicaManager {
    const { process, host } = this
    const { brokerId } = host
    const { faults, flaws } = this.#world
    const minInsyncReplicas = flaws.has('ignores min.insync.replicas')
      ? 1
      : faults.minInsyncReplicas
    const log = (fields: object, message: string) => {
      this.#world.log(() => `${host.name}: ${message} ${JSON.stringify(fields, textOf)}`)
    }
    return new ReplicaManager({
      nodeId: brokerId,
      logs: this.logs,
      topicConfig: () => ({ ...logConfig, minInsyncReplicas }),
      lagTimeMaxMs: () => faults.lagTimeMaxMs,
      image: () => this.image,
      brokerEpoch: () => this.#brokerEpoch,
      isRegistered: () => this.#isRegistered(),
      alterPartition: (request) => this.#alterPartition(request),
      links: this.#wireLinks ?? this.#modelLinks(effect),
      leadership: { onElected: () => {}, onResigned: () => {} },
      inContact: () => process.nowMs - this.#lastContactMs <= sessionMs,
      clock: this.clock,
      timers: process,
      events: { debug: log, info: log, warn: log, error: log },
    })
  }

  /** Something is about to leave the broker: the last chance to die before it does. */
  effect(): void {
    if (this.process.isAlive) this.#world.effectCrash(this.host)
  }

  #alterPartition(request: AlterPartition) {
    this.effect()
    const { flaws } = this.#world
    const alterPartition = (asked: AlterPartition) =>
      this.#client.ask(this.image.controllerId, (controller) => controller.alterPartition(asked))
    return flawedAlterPartition(request, { flaws, image: this.image, alterPartition })
  }

  start(): void {
    void this.replicas.start(this.image)
    this.#follow()
    this.#connect()
    this.#beat()
  }

  /** The metadata comes step by step, in order, for as long as some controller can be heard. */
  #follow(): void {
    const { random, faults, quorum, network, controllers, isHealed } = this.#world
    const maxMs = isHealed() ? 5 : faults.metadataDelayMaxMs
    this.process.after(random.between(0.1, maxMs), () => {
      const hosts = [...controllers.values()]
      const isHeard = hosts.some(({ host }) => !network.isCut(host, this.host.name))
      if (isHeard) while (this.#takeStep(quorum.steps[this.#nextStep]) && random.chance(0.5));
      this.#follow()
    })
  }

  /** False when there is none, or nobody to take it. */
  #takeStep(step: MetadataStep | undefined): boolean {
    if (step === undefined || !this.process.isAlive) return false
    this.#nextStep++
    this.image = flawedImage(step.image, this.#world.flaws)
    this.replicas.apply(this.image, step.delta)
    this.#wireLinks?.onMetadata(step.delta)
    return true
  }

  /** Whether the metadata that it has is of this process, and not of a former one. */
  #isRegistered(): boolean {
    if (this.#world.flaws.has('starts early')) return true
    return this.image.brokers.get(this.host.brokerId)?.incarnationId === this.incarnationId
  }

  #connect(): void {
    if (this.#isStopping || !this.process.isAlive) return
    const { network, controllers, random } = this.#world
    const known = random.chance(0.8) ? controllers.get(this.image.controllerId) : undefined
    const target = known ?? random.pick([...controllers.values()])
    const id = ++this.#sessionId
    const lost = () => {
      if (id !== this.#sessionId) return
      this.#session = null
      this.#sessionId++
      this.process.after(reconnectMs, () => this.#connect())
    }
    const stream = network.connect<BrokerAnswerInit, SessionMessage>(
      { host: this.host.name, process: this.process },
      { host: target.host, accept: (answers) => target.accept(answers) },
      { onMessage: (answer) => id === this.#sessionId && this.#answered(answer), onClosed: lost },
    )
    this.#session = stream
    this.#lastBeatMs = this.process.nowMs
    stream.send({ register: this.#registration() })
  }

  #lastBeatMs = 0

  #registration() {
    const { brokerId, name, directoryId } = this.host
    const endpoint = { host: name, port: 1, securityProtocol: 0 }
    return {
      clusterId: this.#world.quorum.image.clusterId,
      brokerId,
      incarnationId: this.incarnationId,
      endpoints: [
        { listener: 'PLAINTEXT', ...endpoint },
        { listener: grpcListenerName, ...endpoint },
      ],
      rack: null,
      logDirs: [directoryId],
      features: [...supportedFeatures],
      previousBrokerEpoch: this.#previousBrokerEpoch,
    }
  }

  #answered({ state, refusal }: BrokerAnswerInit): void {
    this.#lastBeatMs = this.process.nowMs
    if (refusal !== null && refusal !== undefined) return
    if (state?.epoch === null || state?.epoch === undefined) return
    this.#brokerEpoch = state.epoch
    this.#lastContactMs = this.process.nowMs
    if (this.#wantsShutdown && state.mayStop === true) void this.#stop()
  }

  #beat(): void {
    this.process.after(heartbeatMs, () => {
      if (this.process.nowMs - this.#lastBeatMs > sessionMs && this.#session !== null) {
        const stream = this.#session
        this.#session = null
        this.#sessionId++
        stream.close()
        this.process.after(reconnectMs, () => this.#connect())
      }
      const { offset: appliedOffset } = this.image
      const wantsShutdown = this.#wantsShutdown
      if (this.#brokerEpoch >= 0) {
        this.#session?.send({ heartbeat: { id: 1, appliedOffset, wantsShutdown } })
      }
      this.#beat()
    })
  }

  shutDown(): void {
    if (this.#wantsShutdown) return
    this.#wantsShutdown = true
    this.process.after(shutdownMaxMs, () => void this.#stop())
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    this.#wireServer?.close()
    await this.replicas.close()
    this.#wireLinks?.close()
    await this.logs.close({ brokerEpoch: this.#brokerEpoch })
    this.host.stopped(this)
  }

  #modelLinks(effect: () => void): ModelLinks {
    const { process } = this
    const { flaws, network, brokers } = this.#world
    return new ModelLinks({
      process,
      brokerId: this.host.brokerId,
      brokerEpoch: () => this.#brokerEpoch,
      connect: (to, end) =>
        network.connect<LeaderMessage, FollowerMessage>(
          { host: this.host.name, process },
          { host: `b${to}`, accept: (stream) => brokers.get(to)?.run?.accept(stream) ?? null },
          end,
        ),
      effect,
      flaws,
    })
  }

  #wireWorld(effect: () => void): WireWorld {
    const { process } = this
    const { network, brokers } = this.#world
    const runAt = (host: string) => [...brokers.values()].find(({ name }) => name === host)?.run
    return {
      process,
      brokerId: this.host.brokerId,
      brokerEpoch: () => this.#brokerEpoch,
      image: () => this.image,
      connect: (to, end) =>
        network.connect<Buffer, Buffer>(
          { host: this.host.name, process },
          { host: to, accept: (stream) => runAt(to)?.acceptWire(stream) ?? null },
          end,
        ),
      effect,
    }
  }

  acceptWire(stream: Stream<Buffer>) {
    const end = this.#wireServer?.accept(stream) ?? null
    return end === null ? null : { process: this.process, end }
  }

  accept(stream: Stream<LeaderMessage>) {
    return {
      process: this.process,
      end: new FeedServer(this.replicas, stream, this.#world.flaws, () => this.effect()),
    }
  }
}

function textOf(_: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

export class BrokerHost {
  readonly brokerId: number
  readonly name: string
  readonly directoryId: string
  readonly disk = new ModelDisk()
  readonly #world: BrokerWorld
  readonly #random: Random
  run: BrokerRun | null = null

  constructor(world: BrokerWorld, brokerId: number) {
    this.brokerId = brokerId
    this.name = `b${brokerId}`
    this.directoryId = world.newUuid()
    this.#world = world
    this.#random = world.random.fork()
  }

  get isUp(): boolean {
    return this.run !== null
  }

  start(): void {
    if (this.run !== null) return
    this.#world.log(() => `${this.name} starts`)
    this.run = new BrokerRun(this, this.#world)
    this.run.start()
  }

  /** By kill -9, or by the loss of power, with what was not flushed. */
  crash(losesUnflushed: boolean): void {
    const { run } = this
    if (run === null) return
    this.#world.log(() => `${this.name} ${losesUnflushed ? 'loses power' : 'is killed'}`)
    run.process.kill()
    this.run = null
    if (losesUnflushed) this.disk.cutPower(this.#random)
    this.#world.network.died(run.process)
  }

  stopped(run: BrokerRun): void {
    if (this.run !== run) return
    this.#world.log(() => `${this.name} has stopped`)
    run.process.kill()
    this.run = null
    this.#world.network.died(run.process)
  }
}
