// What the operator does while it leads: the queues of clusters and topics, and their passes. A
// term ends when the lease is lost or the operator stops; the next begins with a look at all there
// is. Owns the queues.

import type { ClusterAdmin } from '../cluster/admin.ts'
import type { KubeClient } from '../kube/client.ts'
import { EventRecorder } from '../kube/event-recorder.ts'
import { keyOf } from '../kube/objects.ts'
import { reconcileCluster } from '../reconcile/cluster-reconciler.ts'
import { clusterKeyOf } from '../reconcile/cluster-ref.ts'
import { nameInKafka, reconcileTopic } from '../reconcile/topic-reconciler.ts'
import { reconcileUser } from '../reconcile/user-reconciler.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import type { Timers } from '../timers.ts'
import { WorkQueue } from '../watch/work-queue.ts'
import type { OperatorLog } from './log.ts'
import type { OperatorMetrics } from './metrics.ts'
import type { Watches } from './watches.ts'

export interface TermOptions {
  readonly client: KubeClient
  readonly bulkClient: KubeClient
  readonly watches: Watches
  readonly metrics: OperatorMetrics
  readonly log: OperatorLog
  readonly adminOf: (cluster: KafkaCluster) => ClusterAdmin
  readonly image: string
  readonly instance: string
  readonly timers: Timers
  readonly wallMs: () => number
  readonly random: () => number
}

const stepTimeoutMs = 20_000
const clusterPassTimeoutMs = 120_000
const topicPassTimeoutMs = 30_000
/** Every cluster and topic is looked at so often, whatever was heard. */
const resyncMs = 120_000
const retry = { retryMinMs: 250, retryMaxMs: 60_000 }
const clustersAtOnce = 4
/** Their requests to a cluster go together (cluster/batch.ts). */
const topicsAtOnce = 64
const usersAtOnce = 8

export class Term {
  readonly #options: TermOptions
  readonly #events: EventRecorder
  readonly #clusters: WorkQueue
  readonly #topics: WorkQueue
  readonly #users: WorkQueue

  constructor(options: TermOptions) {
    this.#options = options
    const { client, instance, wallMs, log } = options
    const onTrouble = (error: unknown) => log.warn({ error }, 'an event was not recorded')
    this.#events = new EventRecorder({ client, instance, wallMs, onTrouble })
    this.#clusters = this.#queue('KafkaCluster', {
      concurrency: clustersAtOnce,
      passTimeoutMs: clusterPassTimeoutMs,
      work: (key, signal) => this.#reconcileCluster(key, signal),
    })
    this.#topics = this.#queue('KafkaTopic', {
      concurrency: topicsAtOnce,
      passTimeoutMs: topicPassTimeoutMs,
      work: (key, signal) => this.#reconcileTopic(key, signal),
    })
    this.#users = this.#queue('KafkaUser', {
      concurrency: usersAtOnce,
      passTimeoutMs: topicPassTimeoutMs,
      work: (key, signal) => this.#reconcileUser(key, signal),
    })
  }

  get depths(): ReadonlyMap<string, { readonly queued: number; readonly running: number }> {
    return new Map([
      ['KafkaCluster', this.#clusters.counts],
      ['KafkaTopic', this.#topics.counts],
      ['KafkaUser', this.#users.counts],
    ])
  }

  begin(): void {
    const { watches } = this.#options
    for (const cluster of watches.clusters()) this.#clusters.add(keyOf(cluster))
    for (const topic of watches.topics()) this.#topics.add(keyOf(topic))
    for (const user of watches.users()) this.#users.add(keyOf(user))
  }

  cluster(key: string, now: KafkaCluster | null, isSpec: boolean): void {
    if (!isSpec) return
    if (now === null) this.#clusters.forget(key)
    else this.#clusters.add(key, { preempt: true })
    const { watches } = this.#options
    for (const topic of watches.topics()) {
      if (clusterKeyOf(topic) === key) this.#topics.add(keyOf(topic))
    }
    for (const user of watches.users()) {
      if (clusterKeyOf(user) === key) this.#users.add(keyOf(user))
    }
  }

  owned(clusterKey: string): void {
    if (this.#options.watches.cluster(clusterKey) !== undefined) this.#clusters.add(clusterKey)
  }

  topic(key: string, now: KafkaTopic | null, before: KafkaTopic | null): void {
    if (now !== null) return this.#topics.add(key, { preempt: true })
    this.#topics.forget(key)
    if (before === null) return
    // Another resource may have waited for this one to give up the topic.
    for (const other of this.#options.watches.topicsNamed(nameInKafka(before))) {
      if (clusterKeyOf(other) === clusterKeyOf(before)) this.#topics.add(keyOf(other))
    }
  }

  user(key: string, now: KafkaUser | null): void {
    if (now !== null) return this.#users.add(key, { preempt: true })
    this.#users.forget(key)
    const name = key.slice(key.indexOf('/') + 1)
    for (const other of this.#options.watches.usersNamed(name)) this.#users.add(keyOf(other))
  }

  ownedByUser(userKey: string): void {
    if (this.#options.watches.user(userKey) !== undefined) this.#users.add(userKey)
  }

  async close(): Promise<void> {
    await Promise.all([this.#clusters.close(), this.#topics.close(), this.#users.close()])
  }

  #queue(
    kind: string,
    own: Pick<ConstructorParameters<typeof WorkQueue>[0], 'concurrency' | 'passTimeoutMs' | 'work'>,
  ): WorkQueue {
    const { timers, random, metrics, log } = this.#options
    return new WorkQueue({
      ...own,
      ...retry,
      resyncMs,
      timers,
      random,
      work: (key, signal) => metrics.timed(kind, () => own.work(key, signal)),
      onFailure: (key, error, attempts) =>
        log.warn({ kind, key, attempts, error }, 'a pass has failed'),
    })
  }

  async #reconcileCluster(key: string, signal: AbortSignal): Promise<number | null> {
    const { client, adminOf, image, wallMs, log } = this.#options
    const [namespace = '', name = ''] = key.split('/')
    const options = {
      client,
      events: this.#events,
      adminOf,
      image,
      wallMs,
      stepTimeoutMs,
      onStepFailure: (cluster: string, condition: string, error: unknown) =>
        log.warn({ namespace, cluster, condition, error }, 'a step has failed'),
    }
    return await reconcileCluster(options, namespace, name, signal)
  }

  async #reconcileTopic(key: string, signal: AbortSignal): Promise<number | null> {
    const { bulkClient: client, watches, adminOf, wallMs } = this.#options
    const topic = watches.topic(key)
    if (topic === undefined) return null
    const options = {
      client,
      adminOf,
      wallMs,
      events: this.#events,
      clusterOf: (namespace: string, name: string) => watches.cluster(`${namespace}/${name}`),
      topicsNamed: (name: string) => watches.topicsNamed(name),
    }
    return await reconcileTopic(options, topic, signal)
  }

  async #reconcileUser(key: string, signal: AbortSignal): Promise<number | null> {
    const { bulkClient: client, watches, adminOf, wallMs } = this.#options
    const user = watches.user(key)
    if (user === undefined) return null
    const options = {
      client,
      adminOf,
      events: this.#events,
      wallMs,
      clusterOf: (namespace: string, name: string) => watches.cluster(`${namespace}/${name}`),
      usersNamed: (name: string) => watches.usersNamed(name),
    }
    return await reconcileUser(options, user, signal)
  }
}
