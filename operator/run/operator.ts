// The operator as a whole: watches, the lease, a term while it leads, its HTTP port. Put together
// in order and taken apart in reverse; a replica that does not lead watches on, so that it can take
// over at once. Chance, clocks and the transport are given to it.

import { type HttpServer, startHttpServer } from '@samsa/broker/admin/http-server'
import type { ClusterAdmin } from '../cluster/admin.ts'
import { KubeClient } from '../kube/client.ts'
import { LeaderLease } from '../kube/leader-lease.ts'
import type { KubeTransport } from '../kube/transport.ts'
import { prepareIssuing } from '../pki/issue.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { Timers } from '../timers.ts'
import type { OperatorLog } from './log.ts'
import { OperatorMetrics } from './metrics.ts'
import { Term } from './term.ts'
import { isOtherSpec, type News, Watches } from './watches.ts'

export interface OperatorOptions {
  readonly transport: KubeTransport
  /** Whose resources are looked after; empty: those of all. */
  readonly namespaces: readonly string[]
  /** Of the nodes' pods. */
  readonly image: string
  /** Of this process; another one for each start. */
  readonly instance: string
  readonly lease: {
    readonly namespace: string
    readonly name: string
    readonly durationMs: number
    readonly renewMs: number
  }
  readonly http: { readonly host: string; readonly port: number }
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  /** The cluster is gone: nobody will be asked for it again. */
  readonly onGone: (uid: string) => void
  readonly log: OperatorLog
  readonly timers: Timers
  readonly wallMs: () => number
  readonly random: () => number
}

export interface Operator {
  readonly httpPort: number
  readonly isLeader: boolean
  /** Ends what is under way, gives the lease up, and resolves when nothing is left. */
  close(): Promise<void>
}

/** For one request; watches have times of their own. */
const requestTimeoutMs = 15_000

export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const running = new RunningOperator(options)
  await running.start()
  return running
}

class RunningOperator implements Operator {
  readonly #options: OperatorOptions
  readonly #client: KubeClient
  /** For topics and users, of which there may be thousands. */
  readonly #bulkClient: KubeClient
  readonly #metrics: OperatorMetrics
  readonly #watches: Watches
  readonly #lease: LeaderLease
  #http: HttpServer | null = null
  #term: Term | null = null
  #ending: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: OperatorOptions) {
    const { transport, log, timers, random, namespaces, instance } = options
    this.#options = options
    this.#client = new KubeClient({ transport, timeoutMs: requestTimeoutMs })
    this.#bulkClient = new KubeClient({ transport, timeoutMs: requestTimeoutMs, isBulk: true })
    this.#metrics = new OperatorMetrics({
      clusters: () => this.#watches.clusters(),
      topics: () => this.#watches.topics(),
      users: () => this.#watches.users(),
      isLeader: () => this.isLeader,
      depths: () => this.#term?.depths ?? new Map(),
    })
    const client = this.#client
    this.#watches = new Watches({ client, namespaces, timers, random, news: this.#news() })
    this.#lease = new LeaderLease({
      ...options,
      ...options.lease,
      client,
      identity: instance,
      onElected: () => this.#beginTerm(),
      onLost: (reason) => {
        log.info({ reason }, 'leads no more')
        void this.#endTerm()
      },
      onTrouble: (error) => log.warn({ error }, 'the lease could not be taken or renewed'),
    })
  }

  get httpPort(): number {
    return this.#http?.port ?? 0
  }

  get isLeader(): boolean {
    return this.#term !== null && this.#lease.isLeader
  }

  async start(): Promise<void> {
    const { http, log } = this.#options
    this.#http = await startHttpServer({
      ...http,
      registry: this.#metrics.registry,
      notReady: () => (this.#watches.isSynced ? null : 'not everything has been listed yet'),
    })
    // Nobody waits for this: until then the replica is not ready, and says so.
    void Promise.all([this.#watches.start(), prepareIssuing()]).then(() => {
      if (this.#isClosed) return
      log.info({}, 'has seen everything')
      this.#lease.start()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#endTerm()
    await this.#lease.close()
    await this.#watches.close()
    await this.#http?.close()
    this.#options.transport.close()
  }

  #beginTerm(): void {
    this.#options.log.info({}, 'leads')
    const clients = { client: this.#client, bulkClient: this.#bulkClient }
    const parts = { ...clients, watches: this.#watches, metrics: this.#metrics }
    // What the term before began must have ended: two passes over one resource would cross.
    void this.#ending.then(() => {
      if (this.#isClosed || !this.#lease.isLeader) return
      this.#term = new Term({ ...this.#options, ...parts })
      this.#term.begin()
    })
  }

  #endTerm(): Promise<void> {
    const term = this.#term
    this.#term = null
    if (term !== null) this.#ending = term.close()
    return this.#ending
  }

  #news(): News {
    const { log, onGone } = this.#options
    return {
      cluster: (key, now, before) => {
        if (now === null && before !== null) onGone(before.metadata.uid)
        this.#term?.cluster(key, now, isOtherSpec(now, before))
      },
      topic: (key, now, before) => {
        if (isOtherSpec(now, before)) this.#term?.topic(key, now, before)
      },
      user: (key, now, before) => {
        if (isOtherSpec(now, before)) this.#term?.user(key, now)
      },
      owned: (clusterKey) => this.#term?.owned(clusterKey),
      ownedByUser: (userKey) => this.#term?.ownedByUser(userKey),
      trouble: (kind, error) => {
        this.#metrics.watchTrouble(kind)
        log.warn({ kind, error }, 'a watch had to begin anew')
      },
    }
  }
}
