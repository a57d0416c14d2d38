// The controller of a node: its metadata log, what it decides, and the gRPC server by which
// brokers and other controllers reach it. Wires these together and takes them apart in reverse;
// runs in a thread of its own, and knows nothing of the broker beside it.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import { ActiveRounds } from '@samsa/controller/active-rounds'
import type { QuorumLeader } from '@samsa/controller/metadata-log'
import type { RaftMetadataLog } from '@samsa/controller/quorum/raft-metadata-log'
import { QuorumController } from '@samsa/controller/quorum-controller'
import { BrokerSessions } from '@samsa/controller/service/broker-sessions'
import {
  ControllerService,
  controllerServiceMethods,
} from '@samsa/controller/service/controller-service'
import { MetadataFeed } from '@samsa/controller/service/metadata-feed'
import { TappedLog } from '@samsa/controller/service/tapped-log'
import { defaultSessionOptions } from '@samsa/controller/sessions/events'
import { Raft } from '@samsa/proto/grpc/gen/raft'
import { probe } from '@samsa/raft/grpc/probe'
import { applyChanges, replaceOverrides } from '../config/alter.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type Address, ControllerAddresses } from '../peer/controller-addresses.ts'
import type { ControllerCaller } from '../peer/controller-caller.ts'
import { GrpcServer } from '../peer/grpc-server.ts'
import type { PeerEvents } from '../peer/peer-events.ts'
import { isAlone, staticVoters } from '../peer/quorum-addresses.ts'
import { systemClock, systemTimers } from '../system-time.ts'
import { randomUuid } from '../uuid.ts'
import { controllerEndpoints } from '../wiring/endpoints.ts'
import type { OpenedKeys } from '../wiring/node-keys.ts'
import type { ControllerStatus } from './messages.ts'
import { OwnBroker } from './own-broker.ts'
import { makeQuorumLog, metadataLogPath } from './quorum-log.ts'
import { Registrar } from './registrar.ts'

export interface ControllerNodeOptions {
  readonly config: BrokerConfig
  readonly clusterId: string | null
  readonly directoryId: string
  readonly incarnationId: string
  /** Where the broker of this process calls, if there is one. */
  readonly calls: MessagePort | null
  readonly keys: OpenedKeys
  readonly events: PeerEvents
  readonly onFault: (error: Error) => void
}

/** A listener that only this node's broker uses is nobody else's business. */
const ownListener = { host: '127.0.0.1', port: 0 }
/** A probe that is not answered by then tells nothing. */
const probeTimeoutMs = 250
/** Another voter gets so long to take over before this one goes. */
const handOverMs = 1_000
/** Calls under way get so long; streams of followers end by then. */
const closeGraceMs = 200
/** Followers are told something so often. */
const feedTickMs = 250
const eventLoopResolutionMs = 20

function later(delayMs: number, call: () => void): () => void {
  const timer = systemTimers.schedule(delayMs, call)
  return () => timer.cancel()
}

export class ControllerNode {
  readonly #options: ControllerNodeOptions
  readonly #log: RaftMetadataLog
  readonly #controller: QuorumController
  readonly #feed: MetadataFeed
  readonly #sessions: BrokerSessions
  readonly #server = new GrpcServer()
  readonly #ownBroker: OwnBroker | null
  /** Of the other controllers. */
  readonly #addresses: ControllerAddresses
  readonly #rebalancer: ActiveRounds | null
  readonly #sweeper: ActiveRounds
  readonly #delay = monitorEventLoopDelay({ resolution: eventLoopResolutionMs })
  #registrar: Registrar | null = null
  #leader: QuorumLeader = { leaderId: -1, epoch: -1 }
  #port = 0
  #damageCount = 0
  #stopTicks = () => {}
  #unlock: (() => Promise<void>) | null = null

  constructor(options: ControllerNodeOptions) {
    const { config, directoryId, events } = options
    this.#options = options
    const image = () => this.#controller.image()
    const ownAddress = () => this.#ownAddress()
    const onDamage = () => {
      this.#damageCount++
    }
    const credentials = options.keys.toControllers
    const isNode: GrpcServer['isNode'] = (call, nodeId) => this.#server.isNode(call, nodeId)
    const shared = { config, directoryId, image, ownAddress, onDamage, events }
    this.#log = makeQuorumLog({ ...shared, credentials, isNode })
    this.#controller = this.#makeController()
    this.#addresses = new ControllerAddresses({
      own: null,
      voters: staticVoters(config),
      bootstrap: [],
      credentials,
    })
    const leader = () => this.#leaderAndAddress()
    this.#feed = new MetadataFeed({ image, leader })
    const controller = this.#controller
    this.#sessions = new BrokerSessions({
      nodeId: config.nodeId,
      controller,
      session: { ...defaultSessionOptions, sessionTimeoutMs: config.brokerSessionTimeoutMs },
      clock: {
        nowMs: systemClock.monotonicMs,
        after: later,
      },
      isRefused: async (address) => (await probe(address, probeTimeoutMs)) === 'refused',
      leader,
      events,
    })
    this.#rebalancer = config.autoLeaderRebalanceEnable ? this.#makeRebalancer() : null
    this.#sweeper = this.#makeSweeper()
    const [feed, sessions] = [this.#feed, this.#sessions]
    const service = new ControllerService({ controller, feed, sessions, leader, events, isNode })
    this.#server.add(controllerServiceMethods, service.handlers())
    this.#server.add(Raft, this.#log.service)
    const { calls } = options
    this.#ownBroker = calls === null ? null : new OwnBroker(calls, service)
  }

  /** Resolves with the port once the controller can be asked; its quorum forms afterwards. */
  async listen(): Promise<number> {
    const path = metadataLogPath(this.#options.config)
    await nodeDisk.makeDirectory(path)
    // Two processes on one log would be one voter with two votes.
    this.#unlock = await nodeDisk.lock(path)
    const [listener = ownListener] = this.#options.config.controllerListeners
    this.#port = await this.#server.start(listener, this.#options.keys.ofControllers)
    if (!isAlone(this.#options.config)) this.#server.prepare()
    return this.#port
  }

  /** Resolves once what is on this node's disk is read and it takes part in its quorum. */
  async start(): Promise<void> {
    const { config, directoryId, incarnationId, events } = this.#options
    const { nodeId } = config
    this.#delay.enable()
    this.#registrar = new Registrar({
      controller: this.#controller,
      registration: {
        nodeId,
        directoryId,
        incarnationId,
        endpoints: controllerEndpoints(config, this.#port),
      },
      leader: () => this.#leaderCaller(),
      timers: systemTimers,
      events,
    })
    this.#scheduleTick()
    await this.#controller.start()
    this.#registrar.check()
  }

  #scheduleTick(): void {
    const timer = systemTimers.schedule(feedTickMs, () => {
      this.#feed.tick()
      this.#scheduleTick()
    })
    this.#stopTicks = () => timer.cancel()
  }

  status(): ControllerStatus {
    const { leaderId, epoch, highWatermark, voters } = this.#log.status()
    const eventLoopDelayMaxMs = this.#delay.max / 1e6
    this.#delay.reset()
    return {
      isActive: this.#isActive,
      leaderId,
      epoch,
      highWatermark,
      voterCount: voters.length,
      connectedBrokers: this.#sessions.counts().connected,
      followers: this.#feed.followerCount,
      damageCount: this.#damageCount,
      eventLoopDelayMaxMs,
    }
  }

  /** Bounded in time. Leadership is handed over before anything is closed. */
  async close(): Promise<void> {
    await this.#handOver()
    this.#registrar?.close()
    this.#rebalancer?.close()
    this.#sweeper.close()
    this.#stopTicks()
    this.#sessions.close()
    this.#ownBroker?.close()
    await this.#server.close(closeGraceMs)
    await this.#controller.close()
    this.#addresses.close()
    this.#options.keys.close()
    this.#delay.disable()
    await this.#unlock?.()
  }

  #makeRebalancer(): ActiveRounds {
    const { config, events } = this.#options
    return new ActiveRounds({
      round: async () => {
        const { elections: count, more } = await this.#controller.rebalanceLeaders()
        return { count, more }
      },
      intervalMs: config.leaderImbalanceCheckIntervalMs,
      after: later,
      onChanged: (partitions) =>
        events.info({ partitions }, 'leadership went back to preferred replicas'),
      onError: (error) => events.warn({ error }, 'leadership could not go back'),
    })
  }

  #makeSweeper(): ActiveRounds {
    const { config, events } = this.#options
    return new ActiveRounds({
      round: async () => {
        const count = await this.#controller.removeExpiredTokens()
        return { count, more: count > 0 }
      },
      intervalMs: config.delegationTokens.checkIntervalMs,
      after: later,
      onChanged: (tokens) =>
        events.info({ tokens }, 'delegation tokens that had ended are removed'),
      onError: (error) => events.warn({ error }, 'ended delegation tokens could not be removed'),
    })
  }

  get #isActive(): boolean {
    return this.#leader.leaderId === this.#options.config.nodeId
  }

  async #handOver(): Promise<void> {
    if (!this.#isActive || this.#log.status().voters.length < 2) return
    const timeout = new Promise<void>((resolve) => void systemTimers.schedule(handOverMs, resolve))
    const handedOver = this.#log.transferLeadership(null).catch((error: unknown) => {
      this.#options.events.info({ error }, 'the leadership of the quorum was not handed over')
    })
    await Promise.race([handedOver, timeout])
  }

  #leaderChanged(leader: QuorumLeader): void {
    this.#leader = leader
    const { leaderId, epoch } = leader
    this.#options.events.info({ leaderId, epoch }, 'the quorum has another leader, or epoch')
    this.#feed.leaderChanged()
    this.#sessions.leaderChanged(leader)
    this.#registrar?.check()
  }

  #ownAddress(): Address {
    const [{ host, port } = ownListener] = controllerEndpoints(this.#options.config, this.#port)
    return { host, port }
  }

  #leaderAddress(): Address | null {
    const { leaderId } = this.#leader
    if (this.#isActive) return this.#ownAddress()
    return this.#addresses.of(leaderId, this.#controller.image())
  }

  #leaderAndAddress() {
    const { leaderId, epoch } = this.#leader
    const address = this.#leaderAddress()
    return { leaderId, epoch, host: address?.host ?? '', port: address?.port ?? 0 }
  }

  #leaderCaller(): ControllerCaller | null {
    const address = this.#leaderAddress()
    return address === null ? null : this.#addresses.caller(address)
  }

  #makeController(): QuorumController {
    const { config, clusterId, events, onFault } = this.#options
    return new QuorumController({
      nodeId: config.nodeId,
      clusterId,
      log: new TappedLog(this.#log, {
        onReplaced: () => this.#feed.replaced(),
        onCommitted: (batch) => this.#feed.committed(batch),
        onLeader: (leader) => this.#leaderChanged(leader),
      }),
      newUuid: randomUuid,
      nowMs: systemClock.nowMs,
      configRules: {
        change: (...change) => applyChanges(config, ...change),
        replace: (...replacement) => replaceOverrides(config, ...replacement),
      },
      numPartitionsDefault: config.numPartitions,
      replicationFactorDefault: config.defaultReplicationFactor,
      topicDefaults: {
        minInsyncReplicas: config.minInsyncReplicas,
        uncleanLeaderElection: config.uncleanLeaderElectionEnable,
      },
      onFault,
      onSnapshotError: (error) => events.error({ error }, 'no metadata snapshot was written'),
    })
  }
}
