// A KafkaCluster on a stage: the API server in memory, a kubelet and a Samsa cluster that are
// played, and passes over the cluster by hand. For tests of steps and of whole stories.

import type { KubeClient } from '../../../operator/kube/client.ts'
import { EventRecorder } from '../../../operator/kube/event-recorder.ts'
import { reconcileCluster } from '../../../operator/reconcile/cluster-reconciler.ts'
import { type KafkaCluster, kafkaCluster } from '../../../operator/resources/kafka-cluster.ts'
import { connect } from '../kube-api/connect.ts'
import type { Json } from '../kube-api/field-sets.ts'
import { KubeApiServer } from '../kube-api/server.ts'
import type { StoredObject } from '../kube-api/store.ts'
import { withDefaults } from './defaults.ts'
import { FakeCluster } from './fake-cluster.ts'
import { type FakeKubelet, fakeKubelet } from './fake-kubelet.ts'

export const clusterPlace = {
  collection: 'samsa.io/v1/kafkaclusters',
  namespace: 'ns',
  name: 'c',
} as const

export const poolOf = (replicas: number, over: object = {}) => ({
  name: 'nodes',
  roles: ['broker', 'controller'],
  replicas,
  volumes: [{ id: 0, size: '10Gi' }],
  ...over,
})

export const specOf = (over: object = {}) => ({
  nodePools: [poolOf(3)],
  listeners: [{ name: 'plain', port: 9092, type: 'internal' }],
  ...over,
})

type Status = NonNullable<KafkaCluster['status']>

export class Stage {
  readonly server: KubeApiServer
  readonly kubelet: FakeKubelet
  readonly cluster: FakeCluster
  readonly client: KubeClient
  /** Steps that threw, and events that could not be written. */
  readonly failures: unknown[] = []
  /** Of the operator's clock. */
  nowMs = Date.now()

  private constructor(server: KubeApiServer) {
    this.server = server
    this.kubelet = fakeKubelet(server.store)
    this.cluster = new FakeCluster(server.store)
    this.client = connect(server)
  }

  static async open(): Promise<Stage> {
    return new Stage(await KubeApiServer.start())
  }

  async close(): Promise<void> {
    this.kubelet.stop()
    await this.server.close()
  }

  create(spec: object = specOf()): void {
    this.server.store.create(clusterPlace, {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaCluster',
      metadata: {},
      spec: withDefaults(kafkaCluster.spec, spec) as Json,
    })
  }

  /** The spec as a whole, as `kubectl apply` gives it. */
  change(spec: object): void {
    const now = this.server.store.get(clusterPlace) as unknown as { [field: string]: Json }
    const next = withDefaults(kafkaCluster.spec, spec) as Json
    this.server.store.replace(clusterPlace, { ...now, spec: next })
  }

  annotate(annotations: Record<string, string>): void {
    this.server.store.mergePatch(clusterPlace, { metadata: { annotations } })
  }

  async pass(): Promise<number | null> {
    const { client } = this
    const onTrouble = (error: unknown) => this.failures.push(error)
    const wallMs = () => this.nowMs
    const events = new EventRecorder({ client, instance: 'test', wallMs, onTrouble })
    const options = {
      client,
      events,
      adminOf: () => this.cluster,
      image: 'registry:5000/samsa:test',
      wallMs,
      stepTimeoutMs: 5_000,
      onStepFailure: (_cluster: string, condition: string, error: unknown) =>
        this.failures.push([condition, error]),
    }
    return reconcileCluster(options, 'ns', 'c', new AbortController().signal)
  }

  /** Passes until the cluster is ready; the count of them. */
  async settle(passesMax = 40): Promise<number> {
    for (let count = 1; count <= passesMax; count++) {
      await this.pass()
      if (this.condition('Ready')?.status === 'True') return count
    }
    throw new Error(`not ready: ${JSON.stringify(this.status(), null, 1)}`)
  }

  status(): Status {
    return this.server.store.get(clusterPlace)['status'] ?? {}
  }

  condition(type: string) {
    return this.status().conditions?.find((one) => one.type === type)
  }

  list(collection: string): StoredObject[] {
    return this.server.store.list(collection, 'ns')
  }

  names(collection: string): string[] {
    return this.list(collection)
      .map(({ metadata }) => metadata.name)
      .sort()
  }

  podUids(): string[] {
    return this.list('v1/pods')
      .map(({ metadata }) => metadata.uid)
      .sort()
  }

  events(reason: string): string[] {
    return this.list('events.k8s.io/v1/events').flatMap((event) =>
      event['reason'] === reason ? [String(event['note'])] : [],
    )
  }
}
