// One node: wires the controller, the logs, the replicas, the coordinators, the handlers and the
// sockets together, in the order that data needs them, and takes them apart in reverse. Decides
// nothing by itself.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { supportedFeatures } from '@samsa/controller/features'
import type { Endpoint, MetadataDelta, MetadataImage } from '@samsa/controller/image'
import { LocalLog } from '@samsa/controller/local-log'
import { QuorumController } from '@samsa/controller/quorum-controller'
import { NodeMetadataStorage } from '@samsa/controller/storage-node'
import { DecodeError } from '@samsa/proto/wire/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { type HttpServer, startHttpServer } from './admin/http-server.ts'
import { registerNodeMetrics } from './admin/node-metrics.ts'
import { Registry } from './admin/prometheus.ts'
import { TrafficMetrics } from './admin/traffic-metrics.ts'
import { applyChanges, replaceOverrides } from './config/alter.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { CurrentConfig } from './config/current-config.ts'
import { ConfigError } from './config/value.ts'
import { groupConfig } from './coordinator/group/group-config.ts'
import { GroupCoordinator } from './coordinator/group/group-coordinator.ts'
import { nodeDisk } from './disk/node-disk.ts'
import { BrokerError } from './errors.ts'
import { handlers } from './handlers/registry.ts'
import { type MetaProperties, readMetaProperties } from './log/checkpoint/meta-properties.ts'
import { metadataLogFolder } from './log/file-names.ts'
import type { LogEvents, LogManager } from './log/log-manager.ts'
import { openLogManager } from './log/open-log-manager.ts'
import type { Connection, ConnectionService } from './network/connection.ts'
import { FrameError } from './network/frame-reader.ts'
import { NetworkServer } from './network/server.ts'
import { ProducerIds } from './producer-ids.ts'
import { InternalTopic } from './replica/internal-topic.ts'
import type { Partition } from './replica/partition.ts'
import { ReplicaManager } from './replica/replica-manager.ts'
import { advertised, apiTable } from './request/api-table.ts'
import { Dispatcher, InvalidRequestError } from './request/dispatcher.ts'
import type { Services } from './services.ts'
import { systemClock, systemTimers } from './system-time.ts'
import { randomUuid } from './uuid.ts'

export const offsetsTopic = '__consumer_offsets'

/** In flight requests get this long to be answered when the node stops. */
const drainGraceMs = 2_000
/**
 * What `queued.max.request.bytes` -1, Kafka's "no limit", means here: nothing fed from outside is
 * unbounded.
 */
const requestBytesMaxDefault = 64 * 1024 * 1024

export interface NodeOptions {
  readonly config: BrokerConfig
  readonly events: LogEvents
  /** Called when samsa.log.level was changed while the node runs. */
  readonly onLogLevel?: (level: string) => void
}

export interface RunningNode {
  /** The port of each client listener, by its name. */
  readonly ports: ReadonlyMap<string, number>
  readonly httpPort: number | null
  readonly clusterId: string
  /** Resolves with the reason when the node cannot go on and should be stopped. */
  readonly failed: Promise<Error>
  close(): Promise<void>
}

/**
 * Starts a node; resolves once it serves. Rejects with what is wrong, everything opened so far
 * closed again.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  refuseCluster(options.config)
  const identity = await readMetaProperties(nodeDisk, options.config.metadataLogDir)
  const node = new Node(options, identity ?? {})
  try {
    return await node.start()
  } catch (error) {
    await node.close()
    throw error
  }
}

class Node {
  readonly #file: BrokerConfig
  readonly #events: LogEvents
  readonly #onLogLevel: NodeOptions['onLogLevel']
  /** What the metadata log's directory says of itself; nothing before the first start. */
  #identity: Partial<MetaProperties>
  readonly #incarnationId = randomUuid()
  readonly #config: CurrentConfig
  readonly #controller: QuorumController
  readonly #registry = new Registry()
  readonly #metrics = new TrafficMetrics(this.#registry, systemClock.monotonicMs)
  readonly #groups: GroupCoordinator
  /** What to close, in the order of opening. */
  readonly #opened: (() => Promise<void>)[] = []
  #fail: (error: Error) => void = () => {}
  readonly #failed = new Promise<Error>((resolve) => {
    this.#fail = resolve
  })
  #replicas: ReplicaManager | null = null
  #serving = false

  constructor({ config, events, onLogLevel }: NodeOptions, identity: Partial<MetaProperties>) {
    this.#file = config
    this.#events = events
    this.#onLogLevel = onLogLevel
    this.#identity = identity
    this.#controller = this.#makeController()
    this.#config = new CurrentConfig(config, () => this.#controller.image())
    this.#groups = this.#makeGroups()
  }

  async start(): Promise<RunningNode> {
    await this.#open(this.#controller)
    this.#refreshConfig()
    const logs = await this.#openLogs()
    this.#identity = (await readMetaProperties(nodeDisk, this.#file.metadataLogDir)) ?? {}
    const replicas = this.#makeReplicas(logs)
    await replicas.start(this.#controller.image())
    this.#controller.subscribe((image, delta) => this.#onMetadata(image, delta))
    this.#opened.push(async () => this.#groups.close())
    const server = this.#makeServer(replicas)
    const ports = await server.start()
    this.#opened.push(() => server.close(drainGraceMs))
    await this.#register(ports, logs)
    const http = await this.#openHttp(server, replicas)
    this.#serving = true
    return {
      ports,
      httpPort: http?.port ?? null,
      clusterId: this.#controller.image().clusterId,
      failed: this.#failed,
      close: () => this.close(),
    }
  }

  async #open(part: { start(): Promise<void>; close(): Promise<void> }): Promise<void> {
    this.#opened.push(() => part.close())
    await part.start()
  }

  #makeController(): QuorumController {
    const { nodeId, metadataLogDir, numPartitions, defaultReplicationFactor } = this.#file
    const log = new LocalLog({
      storage: new NodeMetadataStorage(join(metadataLogDir, metadataLogFolder)),
      nodeId,
      directoryId: () => this.#identity.directoryId ?? zeroUuid,
      nowMs: systemClock.nowMs,
      onTornTail: (tornBytes, nextOffset) =>
        this.#events.warn(
          { tornBytes, nextOffset },
          'the metadata log had a torn write at its end: it was never acknowledged, and is cut',
        ),
    })
    return new QuorumController({
      nodeId,
      clusterId: this.#identity.clusterId ?? null,
      log,
      newUuid: randomUuid,
      configRules: {
        change: (...change) => applyChanges(this.#config.broker, ...change),
        replace: (...replacement) => replaceOverrides(this.#config.broker, ...replacement),
      },
      numPartitionsDefault: numPartitions,
      replicationFactorDefault: defaultReplicationFactor,
      topicDefaults: {
        minInsyncReplicas: this.#file.minInsyncReplicas,
        uncleanLeaderElection: this.#file.uncleanLeaderElectionEnable,
      },
      onFault: (error) => this.#fail(error),
      onSnapshotError: (error) => this.#events.error({ error }, 'no metadata snapshot was written'),
    })
  }

  async #openLogs(): Promise<LogManager> {
    const logs = await openLogManager(nodeDisk, {
      logDirs: this.#file.logDirs,
      nodeId: this.#file.nodeId,
      clusterId: this.#controller.image().clusterId,
      config: () => {
        const broker = this.#config.broker
        return {
          retentionCheckIntervalMs: broker.logRetentionCheckIntervalMs,
          flushSchedulerIntervalMs: broker.logFlushSchedulerIntervalMs,
          flushOffsetCheckpointIntervalMs: broker.logFlushOffsetCheckpointIntervalMs,
          flushStartOffsetCheckpointIntervalMs: broker.logFlushStartOffsetCheckpointIntervalMs,
          highWatermarkCheckpointIntervalMs: broker.replicaHighWatermarkCheckpointIntervalMs,
          producerIdExpirationMs: broker.producerIdExpirationMs,
          producerIdExpirationCheckIntervalMs: broker.producerIdExpirationCheckIntervalMs,
          logDirReserveBytes: broker.logDirReserveBytes,
        }
      },
      topicConfig: (topic) => this.#config.topic(topic),
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      events: this.#events,
    })
    this.#opened.push(() => logs.close())
    logs.onDirectoryFailure((directoryId, error) => {
      this.#events.error({ directoryId, error }, 'a log directory failed and is offline')
      if (logs.onlineDirectoryIds.length === 0) this.#fail(error)
    })
    return logs
  }

  #makeReplicas(logs: LogManager): ReplicaManager {
    this.#replicas = new ReplicaManager({
      nodeId: this.#file.nodeId,
      logs,
      topicConfig: (topic) => this.#config.topic(topic),
      leadership: {
        onElected: (partition) => this.#onElected(partition),
        onResigned: ({ topic, index }) => {
          if (topic === offsetsTopic) this.#groups.onResigned(index)
        },
      },
      events: this.#events,
    })
    return this.#replicas
  }

  #makeGroups(): GroupCoordinator {
    const topic = () => this.#controller.image().topicsByName.get(offsetsTopic)
    const replicas = () => {
      if (this.#replicas === null) throw new Error('the replicas are not there yet')
      return this.#replicas
    }
    return new GroupCoordinator({
      config: () => groupConfig(this.#config.broker),
      partitionCount: () =>
        topic()?.partitions.length ?? this.#config.broker.offsetsTopicNumPartitions,
      writer: new InternalTopic(topic, replicas),
      clock: systemClock,
      timers: systemTimers,
      newUuid: randomUUID,
      onFault: (partition, error) =>
        this.#events.error({ topic: offsetsTopic, partition, error }, 'groups are not served'),
    })
  }

  #onElected({ topic, index, leaderEpoch }: Partition): void {
    // A load that fails is told by onLoadFailed.
    if (topic === offsetsTopic) void this.#groups.onElected(index, leaderEpoch)
  }

  #onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.#refreshConfig()
    this.#replicas?.apply(image, delta)
    for (const key of delta.changedConfigs) {
      const [type, name] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
      if (type === 'topic' && image.topicsByName.has(name)) {
        this.#replicas?.logs.updateConfig(name, this.#config.topic(name))
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
    if (changed) this.#onLogLevel?.(this.#config.broker.logLevel)
    if (!changed || this.#replicas === null) return
    for (const name of this.#controller.image().topicsByName.keys()) {
      this.#replicas.logs.updateConfig(name, this.#config.topic(name))
    }
  }

  #makeServer(replicas: ReplicaManager): NetworkServer {
    const table = apiTable(handlers)
    const services: Services = {
      nodeId: this.#file.nodeId,
      config: () => this.#config.broker,
      topicConfig: (topic) => this.#config.topic(topic),
      metadata: () => this.#controller.image(),
      controller: this.#controller,
      replicas,
      groups: this.#groups,
      producerIds: new ProducerIds(this.#file.nodeId, this.#controller),
      clock: systemClock,
      timers: systemTimers,
      metrics: this.#metrics,
      advertisedApis: advertised(handlers),
      supportedFeatures,
    }
    const file = this.#file
    const server: NetworkServer = new NetworkServer({
      listeners: file.listeners.map(({ listener, host, port }) => ({ name: listener, host, port })),
      backlog: file.socketListenBacklogSize,
      frameBytesMax: file.socketRequestMaxBytes,
      requestBytesMax:
        file.queuedMaxRequestBytes > 0 ? file.queuedMaxRequestBytes : requestBytesMaxDefault,
      connectionsMax: file.maxConnections,
      connectionsPerIpMax: (host) =>
        file.maxConnectionsPerIpOverrides.get(host) ?? file.maxConnectionsPerIp,
      idleMaxMs: file.connectionsMaxIdleMs,
      service: {
        overlaps: (frame) => dispatcher.overlaps(frame),
        serve: (request) => dispatcher.serve(request),
      } satisfies ConnectionService,
      monotonicMs: systemClock.monotonicMs,
      onConnectionClosed: (connection, cause) => this.#onConnectionClosed(connection, cause),
      onConnectionRefused: (remoteHost, limit) =>
        this.#events.warn({ remoteHost, limit }, 'connection refused: the limit is reached'),
    })
    const dispatcher = new Dispatcher({
      apis: table,
      services,
      pool: server.pool,
      observer: this.#metrics,
    })
    return server
  }

  /** A client that breaks the protocol or goes away is its business; anything else is a bug. */
  #onConnectionClosed({ remoteHost, client }: Connection, cause: Error | null): void {
    if (cause === null) return
    const fields = { remoteHost, client, error: cause }
    if (isClientsFault(cause)) this.#events.debug(fields, 'connection closed for its own fault')
    else this.#events.error(fields, 'a request failed unexpectedly; its connection was closed')
  }

  async #register(ports: ReadonlyMap<string, number>, logs: LogManager): Promise<void> {
    await this.#controller.registerBroker({
      brokerId: this.#file.nodeId,
      clusterId: this.#controller.image().clusterId,
      features: supportedFeatures,
      previousBrokerEpoch: -1,
      incarnationId: this.#incarnationId,
      endpoints: this.#file.advertisedListeners.map((endpoint) => reachable(endpoint, ports)),
      rack: this.#file.brokerRack,
      logDirs: logs.onlineDirectoryIds,
      fenced: false,
    })
  }

  async #openHttp(server: NetworkServer, replicas: ReplicaManager): Promise<HttpServer | null> {
    const address = this.#file.httpListener
    if (address === null) return null
    registerNodeMetrics(this.#registry, { server: () => server, replicas })
    const http = await startHttpServer({
      ...address,
      registry: this.#registry,
      notReady: () => this.#notReady(replicas),
    })
    this.#opened.push(() => http.close())
    return http
  }

  #notReady(replicas: ReplicaManager): string | null {
    if (!this.#serving) return 'the node is starting or stopping'
    let offline = 0
    for (const partition of replicas.all()) if (!partition.online) offline++
    return offline === 0 ? null : `${offline} partitions are offline`
  }

  /** Idempotent; bounded by the grace that requests in flight get. */
  async close(): Promise<void> {
    this.#serving = false
    for (const close of this.#opened.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        this.#events.error({ error }, 'a part of the node did not close cleanly')
      }
    }
  }
}

/**
 * What clients are told: the port that was opened, and this machine's name where no address is
 * given.
 */
function reachable(endpoint: Endpoint, ports: ReadonlyMap<string, number>): Endpoint {
  const port = endpoint.port === 0 ? (ports.get(endpoint.listener) ?? 0) : endpoint.port
  const anywhere = endpoint.host === '' || endpoint.host === '0.0.0.0' || endpoint.host === '::'
  return { ...endpoint, port, host: anywhere ? hostname() : endpoint.host }
}

/** A node that believed itself part of a larger cluster would serve alone and lose what it took. */
function refuseCluster({ controllerQuorumVoters, isBroker, isController }: BrokerConfig): void {
  if (controllerQuorumVoters.length > 1) {
    throw new ConfigError('controller.quorum.voters: more than one voter is not supported yet')
  }
  if (!isBroker || !isController) {
    throw new ConfigError('process.roles: a node must be broker and controller, for now')
  }
}

function isClientsFault(cause: Error): boolean {
  return (
    cause instanceof DecodeError ||
    cause instanceof FrameError ||
    cause instanceof InvalidRequestError ||
    cause instanceof BrokerError ||
    'syscall' in cause
  )
}
