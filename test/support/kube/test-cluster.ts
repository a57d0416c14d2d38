// One KafkaCluster under test, in a namespace of its own, with a listener for the tests outside.

import { type Kind, type KubeObject, kinds } from '../../../operator/kube/objects.ts'
import type { KafkaCluster } from '../../../operator/resources/kafka-cluster.ts'
import { Admin, type PartitionStatus } from '../chaos/admin.ts'
import type { NodeAddress } from '../chaos/cluster-view.ts'
import { connectWithin, within } from '../chaos/deadline.ts'
import { waitFor } from '../conformance/wait.ts'
import { dropNamespace, kubeClient, makeNamespace, nodeAddress } from './kube.ts'

export type Status = NonNullable<KafkaCluster['status']>

export interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { image: string }[] }
  readonly status?: {
    readonly podIP?: string
    readonly startTime?: string
    readonly conditions?: readonly { type: string; status: string }[]
    readonly containerStatuses?: readonly { restartCount: number }[]
  }
}

export const volume = (size = '1Gi') => [{ id: 0, size }]
export const combined = (replicas: number, over: object = {}) => ({
  name: 'nodes',
  roles: ['broker', 'controller'],
  replicas,
  volumes: volume(),
  ...over,
})
export const separate = (controllers: number, brokers: number) => [
  { ...combined(controllers), name: 'controllers', roles: ['controller'] },
  { ...combined(brokers), name: 'brokers', roles: ['broker'] },
]

const name = 'samsa'
const readyMs = 90_000

export class TestCluster {
  readonly namespace: string
  readonly name = name
  /** Of brokers from outside; grows as brokers do. */
  readonly addresses: NodeAddress[] = []

  constructor(namespace: string) {
    this.namespace = namespace
  }

  /** Makes the namespace and the cluster, and waits until it is Ready. */
  static async start(namespace: string, spec: object = {}): Promise<TestCluster> {
    await makeNamespace(namespace)
    const cluster = new TestCluster(namespace)
    try {
      await cluster.create(spec)
      await cluster.ready()
      await cluster.findBrokers()
      return cluster
    } catch (error) {
      // Whoever comes next needs the place, and another try the name.
      await cluster.close()
      throw error
    }
  }

  async create(spec: object = {}): Promise<void> {
    await kubeClient().create(kinds.kafkaCluster, {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaCluster',
      metadata: { name, namespace: this.namespace },
      spec: {
        nodePools: [combined(3)],
        listeners: [
          { name: 'plain', port: 9092, type: 'internal' },
          { name: 'outside', port: 9094, type: 'nodeport' },
        ],
        config: { 'default.replication.factor': 3, 'min.insync.replicas': 2 },
        ...spec,
      },
    } as KubeObject)
  }

  async get(): Promise<KafkaCluster & KubeObject> {
    const found = await kubeClient().get<KafkaCluster & KubeObject>(
      kinds.kafkaCluster,
      this.namespace,
      name,
    )
    if (found === null) throw new Error('the KafkaCluster is not there')
    return found
  }

  async status(): Promise<Status> {
    return (await this.get()).status ?? {}
  }

  /** Changes fields of the spec by a merge patch. */
  async change(spec: object, annotations?: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name, namespace: this.namespace }
    const patch = { ...(annotations !== undefined && { metadata: { annotations } }), spec }
    await kubeClient().merge(kinds.kafkaCluster, { metadata }, patch)
  }

  /** Restarts everything, as `kubectl annotate` does. */
  async restart(): Promise<void> {
    await this.change({}, { 'samsa.io/restart-at': new Date().toISOString() })
  }

  /** Waits until Ready is said of the spec as it is now. */
  async ready(timeoutMs = readyMs): Promise<KafkaCluster> {
    return this.until((one) => isReady(one), 'the cluster to be Ready', timeoutMs)
  }

  async until(
    isSo: (cluster: KafkaCluster) => boolean | Promise<boolean>,
    what: string,
    timeoutMs = readyMs,
  ): Promise<KafkaCluster> {
    let last: KafkaCluster | undefined
    const probe = async () => {
      last = await this.get()
      return (await isSo(last)) ? last : undefined
    }
    return waitFor(probe, { what, timeoutMs }).catch((error: unknown) => {
      const status = JSON.stringify(last?.status, undefined, 1)
      throw new Error(`${String(error)}; the status is ${status}`, { cause: error })
    })
  }

  async pods(): Promise<readonly Pod[]> {
    const labelSelector = `samsa.io/cluster=${name}`
    const { namespace } = this
    const { items } = await kubeClient().list<Pod>(kinds.pod, { namespace, labelSelector })
    return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  }

  /** By name; what is the same later was not replaced, nor its container restarted. */
  async incarnations(): Promise<ReadonlyMap<string, string>> {
    const all = await this.pods()
    return new Map(
      all.map(({ metadata, status }) => [
        metadata.name,
        `${metadata.uid} ${status?.containerStatuses?.[0]?.restartCount ?? 0}`,
      ]),
    )
  }

  list<T extends KubeObject>(kind: Kind) {
    const { namespace } = this
    const labelSelector = `samsa.io/cluster=${name}`
    return kubeClient().list<T>(kind, { namespace, labelSelector })
  }

  async topic(topic: string, spec: object): Promise<void> {
    await kubeClient().apply(kinds.kafkaTopic, this.topicObject(topic, spec))
    await this.topicReady(topic)
  }

  topicObject(topic: string, spec: object): KubeObject {
    const object = {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaTopic',
      metadata: { name: topic, namespace: this.namespace },
      spec: { clusterRef: { name }, ...spec },
    }
    return object
  }

  async topicReady(topic: string, timeoutMs = 30_000): Promise<void> {
    interface Topic extends KubeObject, Pick<KafkaCluster, 'status'> {
      readonly metadata: KubeObject['metadata'] & { generation: number }
    }
    const probe = async () => {
      const found = await kubeClient().get<Topic>(kinds.kafkaTopic, this.namespace, topic)
      return found !== null && isReady(found)
    }
    await waitFor(probe, { what: `topic ${topic} to be Ready`, timeoutMs })
  }

  /** Looks up at which node ports brokers are now. */
  async findBrokers(): Promise<void> {
    interface Service extends KubeObject {
      readonly spec: { readonly ports: readonly { nodePort?: number }[] }
    }
    const host = await nodeAddress()
    const { items } = await this.list<Service>(kinds.service)
    for (const { metadata, spec } of items) {
      const id = Number(/-outside-(\d+)$/.exec(metadata.name)?.[1] ?? Number.NaN)
      const port = spec.ports[0]?.nodePort
      if (Number.isNaN(id) || port === undefined) continue
      if (!this.addresses.some((one) => one.id === id)) this.addresses.push({ id, host, port })
    }
  }

  /** Asks brokers as clients outside do. */
  get admin(): Admin {
    return new Admin(this.addresses.map((address) => ({ ...address, isRunning: true })))
  }

  /** The same cluster, asked of all brokers but this one. */
  without(id: number): TestCluster {
    const others = new TestCluster(this.namespace)
    others.addresses.push(...this.addresses.filter((address) => address.id !== id))
    return others
  }

  /** Waits until every replica of the topic is in sync, and returns them. */
  inSync(topic: string, timeoutMs = 60_000): Promise<readonly PartitionStatus[]> {
    return this.admin.partitionsWhere(topic, timeoutMs, (all) =>
      all.every(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length),
    )
  }

  /** A config as the broker itself tells it. */
  async brokerConfig(id: number, config: string): Promise<string | null> {
    const address = this.addresses.find((one) => one.id === id)
    if (address === undefined) throw new Error(`broker ${id} has no address`)
    const client = await connectWithin(address, 2_000)
    try {
      const resources = [{ resourceType: 4, resourceName: String(id), configurationKeys: [config] }]
      const request = { resources, includeSynonyms: false, includeDocumentation: false }
      const answer = await within(5_000, client.send('describeConfigs', 4, request))
      return answer.results[0]?.configs[0]?.value ?? null
    } finally {
      await client.close()
    }
  }

  close(timeoutMs?: number): Promise<void> {
    return dropNamespace(this.namespace, timeoutMs)
  }
}

export function isReady({
  metadata,
  status,
}: {
  readonly metadata: { readonly generation?: number }
  readonly status?: Pick<Status, 'observedGeneration' | 'conditions'>
}): boolean {
  const { observedGeneration, conditions = [] } = status ?? {}
  const ready = conditions.find(({ type }) => type === 'Ready')
  return observedGeneration === metadata.generation && ready?.status === 'True'
}

export function conditionOf(cluster: KafkaCluster, type: string) {
  return cluster.status?.conditions?.find((one) => one.type === type)
}

export function idOf({ metadata }: Pod): number {
  return Number(metadata.labels?.['samsa.io/node-id'])
}

export function isPodReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  return ready && metadata.deletionTimestamp === undefined
}
