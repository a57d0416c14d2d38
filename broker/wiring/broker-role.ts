// The broker of a node: its logs, replicas, coordinators, sockets and its session with the
// controller, wired together in the order that data needs them. Follows the metadata. Decides
// nothing by itself.

import { randomUUID } from 'node:crypto'
import { endpointFields } from '@samsa/controller/endpoints'
import { supportedFeatures } from '@samsa/controller/features'
import {
  configOverrides,
  type Endpoint,
  type MetadataDelta,
  type MetadataImage,
} from '@samsa/controller/image'
import { offsetsTopic, transactionTopic } from '@samsa/controller/topic-names'
import type { RegisterInit } from '@samsa/proto/grpc/gen/controller'
import { registerNodeMetrics } from '../admin/node-metrics.ts'
import type { MetricsRegistry } from '../admin/prometheus.ts'
import { registerQuotaMetrics } from '../admin/quota-metrics.ts'
import { TrafficMetrics } from '../admin/traffic-metrics.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { CurrentConfig } from '../config/current-config.ts'
import { consumerGroupSettings, streamsGroupSettings } from '../config/group-configs.ts'
import { groupConfig } from '../coordinator/group/group-config.ts'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { handlers } from '../handlers/registry.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import type { NetworkServer } from '../network/server.ts'
import { BrokerSession } from '../peer/broker-session.ts'
import type { ControllerClient } from '../peer/controller-client.ts'
import { GrpcServer } from '../peer/grpc-server.ts'
import { isAlone } from '../peer/quorum-addresses.ts'
import { ProducerIds } from '../producer-ids.ts'
import { ClientQuotas } from '../quota/client-quotas.ts'
import { InternalTopic } from '../replica/internal-topic.ts'
import type { Partition } from '../replica/partition.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import { advertised } from '../request/api-table.ts'
import type { ListenerTls } from '../security/tls/listener-tls.ts'
import type { Services } from '../services.ts'
import { PublicServices } from '../storage/public-services.ts'
import { systemClock, systemTimers } from '../system-time.ts'
import { ClientTelemetry } from '../telemetry/client-telemetry.ts'
import { makeClientServer } from './client-server.ts'
import type { ClusterLink } from './cluster-link.ts'
import { brokerEndpoints } from './endpoints.ts'
import { GroupTopics } from './group-topics.ts'
import type { NodeIdentity } from './identity.ts'
import { openNodeLogs } from './logs.ts'
import type { OpenedKeys } from './node-keys.ts'
import { Replication } from './replication.ts'
import {
  makeAuthorizer,
  makeDelegationTokens,
  makeLogIn,
  openListenerTls,
  type SecurityOptions,
} from './security.ts'
import { NodeTransactions } from './transactions.ts'

/** In flight requests get this long to be answered when the node stops. */
const drainGraceMs = 2_000
/** A stopping broker waits so long for its leaderships to move. */
const controlledShutdownMs = 5_000
/** Streams of followers end with the connection; nobody is to be waited for. */
const grpcGraceMs = 100

export interface BrokerRoleOptions {
  readonly file: BrokerConfig
  readonly identity: NodeIdentity
  readonly incarnationId: string
  readonly cluster: ClusterLink
  readonly keys: OpenedKeys
  readonly registry: MetricsRegistry
  readonly events: LogEvents
  readonly onLogLevel: (level: string) => void
  readonly onFault: (error: Error) => void
}

export interface OpenedPorts {
  /** The port of each client listener, by its name. */
  readonly ports: ReadonlyMap<string, number>
  readonly grpcPort: number | null
}

export class BrokerRole {
  readonly #options: BrokerRoleOptions
  readonly #file: BrokerConfig
  readonly #events: LogEvents
  readonly #client: ControllerClient
  readonly #config: CurrentConfig
  readonly #metrics: TrafficMetrics
  #groupTopics: GroupTopics
  readonly #groups: GroupCoordinator
  readonly #producerIds: ProducerIds
  readonly #transactions: NodeTransactions
  readonly #telemetry: ClientTelemetry
  readonly #quotas: ClientQuotas
  readonly #session: BrokerSession
  readonly #grpc = new GrpcServer()
  /** What to close, in the order of opening. */
  readonly #opened: (() => Promise<void>)[] = []
  #logs: LogManager | null = null
  #replication: Replication | null = null
  #endpoints: readonly Endpoint[] = []
  #closed = false
  /** What the start has come to; null when it is through. */
  #step: string | null = 'the logs are being opened'

  constructor(options: BrokerRoleOptions) {
    const { file, events, cluster, registry } = options
    this.#options = options
    this.#file = file
    this.#events = events
    this.#client = cluster.client
    this.#config = new CurrentConfig(file, () => this.#client.image())
    this.#metrics = new TrafficMetrics(registry, systemClock.monotonicMs)
    this.#groupTopics = new GroupTopics(cluster.client.image())
    this.#groups = this.#makeGroups()
    this.#producerIds = new ProducerIds(file.nodeId, this.#client)
    this.#transactions = this.#makeTransactions()
    this.#telemetry = new ClientTelemetry({
      image: () => this.#client.image(),
      monotonicMs: systemClock.monotonicMs,
      bytesMax: () => this.#config.broker.telemetryMaxBytes,
    })
    this.#quotas = new ClientQuotas({
      clientWindows: file.quotaWindows,
      controllerWindows: file.controllerQuotaWindows,
    })
    registerQuotaMetrics(registry, this.#quotas, systemClock.monotonicMs)
    this.#session = new BrokerSession({
      addresses: cluster.addresses,
      follower: this.#client.follower,
      registration: () => this.#registration(),
      heartbeatMs: file.brokerHeartbeatIntervalMs,
      sessionTimeoutMs: file.brokerSessionTimeoutMs,
      clock: systemClock,
      timers: systemTimers,
      events,
    })
  }

  /** Resolves once the broker is in its cluster and serves. */
  async start(): Promise<OpenedPorts> {
    this.#refreshConfig()
    const logs = await this.#openLogs()
    this.#step = 'the partitions are being opened'
    const replication = this.#makeReplication(logs)
    const { replicas } = replication
    await this.#startReplicas(replication)
    await this.#own(async () => this.#groups.close())
    await this.#own(async () => this.#transactions.close())
    const services = this.#services(replicas)
    const tls = await openListenerTls(this.#security())
    await this.#own(async () => {
      for (const listener of tls.values()) listener.close()
    })
    this.#transactions.serve(services, this.#grpc)
    const server = this.#makeServer(services, tls)
    const ports = await server.start()
    await this.#own(() => server.close(drainGraceMs))
    const grpcPort = await this.#openGrpc(services)
    await this.#own(async () => replication.closeService())
    registerNodeMetrics(this.#options.registry, { server: () => server, replicas })
    this.#endpoints = brokerEndpoints(this.#file, ports, grpcPort)
    await this.#own(() => this.#session.close())
    this.#step = null
    this.#session.start()
    await this.#session.unfenced()
    return { ports, grpcPort }
  }

  /** Why the broker does not serve all that it should; null when it does. */
  notReady(): string | null {
    if (this.#step !== null) return this.#step
    let offline = 0
    for (const partition of this.#replication?.replicas.all() ?? []) {
      if (!partition.online) offline++
    }
    const notServing = this.#session.notServing()
    return notServing ?? (offline === 0 ? null : `${offline} partitions are offline`)
  }

  /** What clients pushed, as Prometheus text. */
  telemetryText(): string {
    return this.#telemetry.text()
  }

  async #openLogs(): Promise<LogManager> {
    const { clusterId } = this.#client.image()
    const [file, current, events] = [this.#file, this.#config, this.#events]
    const logs = await openNodeLogs({ file, current, clusterId, events })
    await this.#own(() => logs.close({ brokerEpoch: this.#session.epoch }))
    this.#logs = logs
    logs.onDirectoryFailure((directoryId, error) => {
      events.error({ directoryId, error }, 'a log directory failed and is offline')
      if (logs.onlineDirectoryIds.length === 0) this.#options.onFault(error)
      else this.#session.update()
    })
    return logs
  }

  #makeReplication(logs: LogManager): Replication {
    const replication = new Replication({
      nodeId: this.#file.nodeId,
      logs,
      config: this.#config,
      image: () => this.#client.image(),
      brokerEpoch: () => this.#session.epoch,
      isRegistered: () => {
        const registered = this.#client.image().brokers.get(this.#file.nodeId)
        return registered?.incarnationId === this.#options.incarnationId
      },
      alterPartition: (request) => this.#client.alterPartition(request),
      assignDirectories: (request) => this.#client.assignDirectories(request),
      inContact: () => this.#inContact(),
      leadership: {
        onElected: (partition) => this.#onElected(partition),
        onResigned: ({ topic, index }) => {
          if (topic === offsetsTopic) this.#groups.onResigned(index)
          else if (topic === transactionTopic) this.#transactions.coordinator.onResigned(index)
        },
      },
      grpc: this.#grpc,
      credentials: this.#options.keys.toBrokers,
      events: this.#events,
    })
    this.#replication = replication
    return replication
  }

  /** Nobody else could lead what the only broker of a cluster does. */
  #inContact(): boolean {
    return this.#client.image().brokers.size <= 1 || !this.#session.isFencedFromCluster()
  }

  /** The metadata may change while the logs open: nothing of that is missed. */
  async #startReplicas(replication: Replication): Promise<void> {
    this.#refreshConfig()
    this.#groupTopics = new GroupTopics(this.#client.image())
    this.#quotas.update(this.#client.image().clientQuotas, systemClock.monotonicMs())
    const started = replication.replicas.start(this.#client.image())
    const unsubscribe = this.#client.subscribe((image, delta) => this.#onMetadata(image, delta))
    await this.#own(async () => {
      unsubscribe()
      await replication.close()
    })
    await started
  }

  #makeGroups(): GroupCoordinator {
    const topic = () => this.#client.image().topicsByName.get(offsetsTopic)
    return new GroupCoordinator({
      config: () => {
        const { broker } = this.#config
        const image = this.#client.image()
        const overrides = (groupId: string) => configOverrides(image, 'group', groupId)
        return groupConfig(broker, {
          consumer: (groupId) => consumerGroupSettings(broker, overrides(groupId)),
          streams: (groupId) => streamsGroupSettings(broker, overrides(groupId)),
        })
      },
      topics: () => this.#groupTopics.view(),
      partitionCount: () =>
        topic()?.partitions.length ?? this.#config.broker.offsetsTopicNumPartitions,
      writer: new InternalTopic(topic, () => this.#replicas()),
      clock: systemClock,
      timers: systemTimers,
      newUuid: randomUUID,
      onFault: (partition, error) =>
        this.#events.error({ topic: offsetsTopic, partition, error }, 'groups are not served'),
    })
  }

  #makeTransactions(): NodeTransactions {
    return new NodeTransactions({
      nodeId: this.#file.nodeId,
      config: this.#config,
      image: () => this.#client.image(),
      replicas: () => this.#replicas(),
      producerIds: this.#producerIds,
      credentials: this.#options.keys.toBrokers,
      events: this.#events,
    })
  }

  #replicas(): ReplicaManager {
    if (this.#replication === null) throw new Error('the replicas are not there yet')
    return this.#replication.replicas
  }

  #onElected({ topic, index, leaderEpoch }: Partition): void {
    // A load that fails is told by onLoadFailed.
    if (topic === offsetsTopic) void this.#groups.onElected(index, leaderEpoch)
    if (topic !== transactionTopic) return
    void this.#transactions.coordinator.onElected(index, leaderEpoch)
  }

  #onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.#refreshConfig()
    this.#groupTopics.onMetadata(image, delta)
    if (delta.quotasChanged) this.#quotas.update(image.clientQuotas, systemClock.monotonicMs())
    this.#replication?.onMetadata(image, delta)
    for (const key of delta.changedConfigs) {
      const [type, name] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
      if (type === 'topic' && image.topicsByName.has(name)) {
        this.#logs?.updateConfig(name, this.#config.topic(name))
      }
    }
    if (delta.deletedTopics.length === 0) return
    for (const { name } of delta.deletedTopics) {
      this.#config.forget(name)
      this.#metrics.onTopicDeleted(name)
    }
    this.#groups.onTopicsDeleted(delta.deletedTopics)
  }

  /** Broker-wide changes reach the logs of every topic. */
  #refreshConfig(): void {
    const { changed, warnings } = this.#config.refresh()
    for (const warning of warnings) this.#events.warn({ warning }, 'a dynamic config was ignored')
    if (!changed) return
    this.#options.onLogLevel(this.#config.broker.logLevel)
    for (const name of this.#client.image().topicsByName.keys()) {
      this.#logs?.updateConfig(name, this.#config.topic(name))
    }
  }

  #services(replicas: ReplicaManager): Services {
    const { nodeId } = this.#file
    const authorizer = makeAuthorizer(this.#security())
    const delegationTokens = makeDelegationTokens(this.#security())
    return {
      nodeId,
      config: () => this.#config.broker,
      topicConfig: (topic) => this.#config.topic(topic),
      metadata: () => this.#client.image(),
      controller: this.#client,
      replicas,
      groups: this.#groups,
      authorizer: () => authorizer,
      delegationTokens,
      logIn: makeLogIn(this.#security(), delegationTokens),
      transactions: this.#transactions.coordinator,
      transactionJoins: this.#transactions.joins,
      producerIds: this.#producerIds,
      quotas: this.#quotas,
      clock: systemClock,
      timers: systemTimers,
      metrics: this.#metrics,
      telemetry: this.#telemetry,
      advertisedApis: advertised(handlers),
      supportedFeatures,
    }
  }

  #makeServer(services: Services, tls: ReadonlyMap<string, ListenerTls>): NetworkServer {
    const [config, metrics, events] = [this.#file, this.#metrics, this.#events]
    return makeClientServer({ config, tls, services, metrics, events })
  }

  #security(): SecurityOptions {
    return {
      file: this.#file,
      current: () => this.#config.broker,
      image: () => this.#client.image(),
      events: this.#events,
    }
  }

  async #openGrpc(services: Services): Promise<number | null> {
    const { grpcListener } = this.#file
    if (grpcListener === null) return null
    const storage = new PublicServices({
      services,
      credentials: this.#options.keys.toBrokers,
      isReady: () => this.notReady() === null,
      onFault: (error) => this.#events.error({ error }, 'a gRPC call failed unexpectedly'),
    })
    storage.addTo(this.#grpc)
    const port = await this.#grpc.start(grpcListener, this.#options.keys.ofBrokers)
    await this.#own(() => this.#grpc.close(grpcGraceMs))
    if (!isAlone(this.#file)) this.#grpc.prepare()
    await this.#own(async () => storage.close())
    return port
  }

  #registration(): RegisterInit {
    const { nodeId, brokerRack } = this.#file
    return {
      clusterId: this.#client.image().clusterId,
      brokerId: nodeId,
      incarnationId: this.#options.incarnationId,
      endpoints: this.#endpoints.map(endpointFields),
      rack: brokerRack,
      logDirs: this.#logs?.onlineDirectoryIds ?? [],
      features: supportedFeatures,
      previousBrokerEpoch: this.#options.identity.previousBrokerEpoch,
    }
  }

  /** Leaderships move away first; then everything closes, in reverse. Bounded in time. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#step === null && this.#hasPeers()) await this.#session.shutDown(controlledShutdownMs)
    this.#step = 'the node is stopping'
    for (const close of this.#opened.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        this.#events.error({ error }, 'a part of the broker did not close cleanly')
      }
    }
  }

  /** What was opened closes with the broker, or at once where that was closed meanwhile. */
  async #own(close: () => Promise<void>): Promise<void> {
    if (!this.#closed) {
      this.#opened.push(close)
      return
    }
    await close()
    throw new Error('the broker was closed while it started')
  }

  /** Whether anybody could take over from this broker. */
  #hasPeers(): boolean {
    const { nodeId } = this.#file
    return [...this.#client.image().brokers.values()].some(({ id, fenced }) => {
      return id !== nodeId && !fenced
    })
  }
}
