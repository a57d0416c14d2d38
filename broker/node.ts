// One node: starts its controller's thread, its ties to the cluster and its broker, as its roles
// say, and takes them apart in reverse. Decides nothing by itself.

import { registerClusterMetrics } from './admin/cluster-metrics.ts'
import { type HttpServer, startHttpServer } from './admin/http-server.ts'
import { Registry } from './admin/prometheus.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { ControllerThread } from './controller-thread/controller-thread.ts'
import { settle } from './garbage.ts'
import type { LogEvents } from './log/log-manager.ts'
import { systemTimers } from './system-time.ts'
import { randomUuid } from './uuid.ts'
import type { BrokerRole } from './wiring/broker-role.ts'
import type { ClusterLink, ClusterLinkOptions, ReachedController } from './wiring/cluster-link.ts'
import { startControllerThread } from './wiring/controller.ts'
import { type NodeIdentity, readIdentity } from './wiring/identity.ts'
import { type OpenedKeys, openKeys } from './wiring/node-keys.ts'

export interface NodeOptions {
  readonly config: BrokerConfig
  readonly events: LogEvents
  /** Called when samsa.log.level was changed while the node runs. */
  readonly onLogLevel?: (level: string) => void
  /** Gives the start up, however long it would still wait for other nodes. */
  readonly signal?: AbortSignal
}

export interface RunningNode {
  /** The port of each client listener, by its name. */
  readonly ports: ReadonlyMap<string, number>
  readonly httpPort: number | null
  /** Of the server for other nodes; null where there is none. */
  readonly grpcPort: number | null
  /** Of this node's controller; null where it has none. */
  readonly controllerPort: number | null
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
  const { signal } = options
  signal?.throwIfAborted()
  // First of all: a node that others would refuse writes nothing to its disk.
  const keys = await openKeys(options.config, options.events)
  const identity = await readIdentity(options.config).catch((error: unknown) => {
    keys.close()
    throw error
  })
  const node = new Node(options, identity, keys)
  const abort = () => void node.close()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await node.start()
  } catch (error) {
    await node.close()
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

class Node {
  readonly #options: NodeOptions
  readonly #file: BrokerConfig
  readonly #link: ClusterLinkOptions
  readonly #keys: OpenedKeys
  readonly #registry = new Registry()
  /** What to close, in the order of opening. */
  readonly #opened: (() => Promise<void>)[] = []
  #closing: Promise<void> | null = null
  #fail: (error: Error) => void = () => {}
  readonly #failed = new Promise<Error>((resolve) => {
    this.#fail = resolve
  })
  #thread: ControllerThread | null = null
  #cluster: ClusterLink | null = null
  #broker: BrokerRole | null = null

  constructor(options: NodeOptions, identity: NodeIdentity, keys: OpenedKeys) {
    this.#options = options
    this.#keys = keys
    this.#opened.push(async () => keys.close())
    this.#file = options.config
    this.#link = {
      config: options.config,
      identity,
      incarnationId: randomUuid(),
      events: options.events,
      onFault: (error) => this.#fail(error),
    }
  }

  async start(): Promise<RunningNode> {
    const starting = this.#file.isController ? this.#startController() : null
    // Whoever waits for the port is told of its failure.
    starting?.catch(() => {})
    // Loaded while the controller's thread starts: each takes a core for as long as the other.
    const [{ makeClusterLink }, { BrokerRole: Broker }] = await Promise.all([
      import('./wiring/cluster-link.ts'),
      import('./wiring/broker-role.ts'),
    ])
    const own = await starting
    const cluster = makeClusterLink({ ...this.#link, keys: this.#keys, own })
    this.#cluster = cluster
    await this.#own(() => cluster.client.close())
    const http = await this.#openHttp(cluster)
    await cluster.client.start()
    const broker = this.#file.isBroker ? await this.#makeBroker(Broker, cluster) : null
    const opened = await broker?.start()
    // Closed while it was starting.
    this.#options.signal?.throwIfAborted()
    const settling = settle(systemTimers)
    await this.#own(async () => settling.cancel())
    return {
      ports: opened?.ports ?? new Map<string, number>(),
      httpPort: http?.port ?? null,
      grpcPort: opened?.grpcPort ?? null,
      controllerPort: own?.port ?? null,
      clusterId: cluster.client.image().clusterId,
      failed: this.#failed,
      close: () => this.close(),
    }
  }

  async #startController(): Promise<ReachedController> {
    const { thread, port } = await startControllerThread(this.#link)
    this.#thread = thread
    await this.#own(() => thread.close())
    return { port, calls: thread.calls }
  }

  async #makeBroker(Broker: typeof BrokerRole, cluster: ClusterLink): Promise<BrokerRole> {
    const { identity, incarnationId, events, onFault } = this.#link
    const broker = new Broker({
      file: this.#file,
      identity,
      incarnationId,
      cluster,
      keys: this.#keys,
      registry: this.#registry,
      events,
      onLogLevel: (level) => this.#options.onLogLevel?.(level),
      onFault,
    })
    this.#broker = broker
    await this.#own(() => broker.close())
    return broker
  }

  async #openHttp({ client }: ClusterLink): Promise<HttpServer | null> {
    const address = this.#file.httpListener
    if (address === null) return null
    const { nodeId } = this.#file
    registerClusterMetrics(this.#registry, { nodeId, client, controller: this.#thread })
    const http = await startHttpServer({
      ...address,
      registry: this.#registry,
      moreMetrics: () => this.#broker?.telemetryText() ?? '',
      notReady: () => this.#notReady(),
    })
    await this.#own(() => http.close())
    return http
  }

  /** What was opened closes with the node, or at once where the node was closed meanwhile. */
  async #own(close: () => Promise<void>): Promise<void> {
    if (this.#closing === null) {
      this.#opened.push(close)
      return
    }
    await close()
    throw new Error('the node was closed while it started')
  }

  #notReady(): string | null {
    if (this.#closing !== null) return 'the node is stopping'
    const notCaughtUp = this.#cluster?.client.follower.notCaughtUp() ?? null
    // A broker that runs serves by what it knows, until its session says that it may not.
    if (this.#broker === null) return notCaughtUp ?? (this.#file.isBroker ? 'starting' : null)
    return this.#broker.notReady()
  }

  /** Idempotent, and bounded in time. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const close of this.#opened.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        this.#options.events.error({ error }, 'a part of the node did not close cleanly')
      }
    }
  }
}
