// The operator's metrics: passes and how long they take, resources and how they stand, the queues,
// and whether this replica leads. Read off when somebody asks.

import {
  Counter,
  Gauge,
  Histogram,
  type MetricsRegistry,
  Registry,
} from '@samsa/broker/admin/prometheus'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import type { KafkaTopic } from '../resources/kafka-topic.ts'
import type { KafkaUser } from '../resources/kafka-user.ts'
import { PreemptedError } from '../watch/work-queue.ts'

export interface MetricsSources {
  readonly clusters: () => Iterable<KafkaCluster>
  readonly topics: () => Iterable<KafkaTopic>
  readonly users: () => Iterable<KafkaUser>
  readonly isLeader: () => boolean
  readonly depths: () => ReadonlyMap<string, { readonly queued: number; readonly running: number }>
}

export class OperatorMetrics {
  readonly registry = new Registry()
  readonly #passes = new Counter({
    name: 'samsa_operator_reconciliations_total',
    help: 'Passes over a resource, by how they ended.',
    labelNames: ['kind', 'result'],
    registers: [this.registry],
  })
  readonly #seconds = new Histogram({
    name: 'samsa_operator_reconciliation_duration_seconds',
    help: 'How long a pass over a resource takes.',
    labelNames: ['kind'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120],
    registers: [this.registry],
  })
  readonly #watchTroubles = new Counter({
    name: 'samsa_operator_watch_troubles_total',
    help: 'Times that a list or a watch had to begin anew.',
    labelNames: ['kind'],
    registers: [this.registry],
  })

  constructor(sources: MetricsSources) {
    for (const gauge of gauges(sources)) register(this.registry, gauge)
  }

  async timed<T>(kind: string, pass: () => Promise<T>): Promise<T> {
    const startMs = performance.now()
    const count = (result: string) => {
      this.#passes.inc({ kind, result })
      this.#seconds.observe({ kind }, (performance.now() - startMs) / 1000)
    }
    try {
      const value = await pass()
      count('successful')
      return value
    } catch (error) {
      count(error instanceof PreemptedError ? 'preempted' : 'failed')
      throw error
    }
  }

  watchTrouble(kind: string): void {
    this.#watchTroubles.inc({ kind })
  }
}

interface GaugeSpec {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Values of the same labels are added up. */
  readonly read: () => Iterable<readonly [labels: Record<string, string>, value: number]>
}

function gauges({ clusters, topics, users, isLeader, depths }: MetricsSources): GaugeSpec[] {
  const resources = function* () {
    for (const resource of clusters()) yield ['KafkaCluster', resource] as const
    for (const resource of topics()) yield ['KafkaTopic', resource] as const
    for (const resource of users()) yield ['KafkaUser', resource] as const
  }
  const eachResource = function* (value: (resource: Resource) => number) {
    for (const [kind, resource] of resources()) {
      const { namespace } = resource.metadata
      yield [{ kind, namespace }, value(resource)] as const
    }
  }
  const eachCluster = function* (value: (cluster: KafkaCluster) => boolean) {
    for (const cluster of clusters()) {
      const { namespace, name } = cluster.metadata
      yield [{ namespace, name }, Number(value(cluster))] as const
    }
  }
  const eachQueue = function* () {
    for (const [kind, { queued, running }] of depths()) {
      yield [{ kind, state: 'queued' }, queued] as const
      yield [{ kind, state: 'running' }, running] as const
    }
  }
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: GaugeSpec['read'],
  ): GaugeSpec => ({ name: `samsa_operator_${name}`, help, labelNames, read })
  const ofKind = ['kind', 'namespace']
  const ofCluster = ['namespace', 'name']
  return [
    gauge('leader', '1 while this replica acts.', [], () => [[{}, Number(isLeader())]]),
    gauge('resources', 'Resources that the operator looks after.', ofKind, () =>
      eachResource(() => 1),
    ),
    gauge('resources_ready', 'Those of them that are as their spec says.', ofKind, () =>
      eachResource((resource) => Number(isReady(resource))),
    ),
    gauge('cluster_ready', '1 while a KafkaCluster is Ready.', ofCluster, () =>
      eachCluster(isReady),
    ),
    gauge('cluster_paused', '1 while a KafkaCluster is left alone.', ofCluster, () =>
      eachCluster(({ spec }) => spec.paused ?? false),
    ),
    gauge(
      'queue',
      'Resources that wait for a pass, and those in one.',
      ['kind', 'state'],
      eachQueue,
    ),
  ]
}

function register(registry: MetricsRegistry, { name, help, labelNames, read }: GaugeSpec): void {
  const made: InstanceType<typeof Gauge> = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      made.reset()
      for (const [labels, value] of read()) made.inc(labels, value)
    },
  })
}

type Resource = KafkaCluster | KafkaTopic | KafkaUser

function isReady({ status }: Resource): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
}
