// What the operator does while it leads: the queues of clusters and topics, and their passes. A
// term ends when the lease is lost or the operator stops; the next begins with a look at all there
// is. Owns the queues.

import type { ClusterAdmin } from '../cluster/admin.ts'
import type { KubeClient } from '../kube/client.ts'
import { EventRecorder } from '../kube/event-recorder.ts'
import { keyOf } from '../kube/objects.ts'
import { reconcileCluster } from '../reconcile/cluster-reconciler.ts'
import { nameInKafka, reconcileTopic } from '../reconcile/topic-reconciler.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import type { Timers } from '../timers.ts'
import { WorkQueue } from '../watch/work-queue.ts'
import type { OperatorLog } from './log.ts'
import type { OperatorMetrics } from './metrics.ts'
import type { Watches } from './watches.ts'

export interface TermOptions {
  readonly client: KubeClient
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
const topicsAtOnce = 8

export class Term {
  readonly #options: TermOptions
  readonly #events: EventRecorder
  readonly #clusters: WorkQueue
  readonly #topics: WorkQueue

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
  }

  get depths(): ReadonlyMap<string, { readonly queued: number; readonly running: number }> {
    return new Map([
      ['KafkaCluster', this.#clusters.counts],
      ['KafkaTopic', this.#topics.counts],
    ])
  }

  begin(): void {
    const { watches } = this.#options
    for (const cluster of watches.clusters()) this.#clusters.add(keyOf(cluster))
    for (const topic of watches.topics()) this.#topics.add(keyOf(topic))
  }

  cluster(key: string, now: KafkaCluster | null, isSpec: boolean): void {
    if (!isSpec) return
    if (now === null) this.#clusters.forget(key)
    else this.#clusters.add(key, { preempt: true })
    for (const topic of this.#options.watches.topics()) {
      if (clusterKeyOf(topic) === key) this.#topics.add(keyOf(topic))
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
    for (const other of this.#options.watches.topics()) {
      const isSame = nameInKafka(other) === nameInKafka(before)
      if (isSame && clusterKeyOf(other) === clusterKeyOf(before)) this.#topics.add(keyOf(other))
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#clusters.close(), this.#topics.close()])
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
    const { client, watches, adminOf, wallMs } = this.#options
    const topic = watches.topic(key)
    if (topic === undefined) return null
    const options = {
      client,
      adminOf,
      wallMs,
      clusterOf: (namespace: string, name: string) => watches.cluster(`${namespace}/${name}`),
      topics: () => watches.topics(),
    }
    return await reconcileTopic(options, topic, signal)
  }
}

function clusterKeyOf({ spec, metadata }: KafkaTopic): string {
  return `${spec.clusterRef.namespace ?? metadata.namespace}/${spec.clusterRef.name}`
}
