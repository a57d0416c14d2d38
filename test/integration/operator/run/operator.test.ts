// The operator as it runs, with the API server, the kubelet and the Samsa cluster played by fakes:
// resources come in by HTTP, and what it says of them goes out the same way.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeTransport } from '../../../../operator/kube/node-transport.ts'
import type { KubeTransport } from '../../../../operator/kube/transport.ts'
import { type Operator, startOperator } from '../../../../operator/run/operator.ts'
import { waitFor } from '../../../support/conformance/wait.ts'
import { connect, realTimers } from '../../../support/kube-api/connect.ts'
import type { Json } from '../../../support/kube-api/field-sets.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'
import { FakeCluster } from '../../../support/operator/fake-cluster.ts'
import { type FakeKubelet, fakeKubelet } from '../../../support/operator/fake-kubelet.ts'

const clusters = { collection: 'samsa.io/v1/kafkaclusters', namespace: 'ns', name: 'c' }
const topics = { collection: 'samsa.io/v1/kafkatopics', namespace: 'ns', name: 't' }
const lease = { collection: 'coordination.k8s.io/v1/leases', namespace: 'ns', name: 'operator' }

let server: KubeApiServer
let kubelet: FakeKubelet
let cluster: FakeCluster
let running: Operator[]

beforeEach(async () => {
  server = await KubeApiServer.start()
  kubelet = fakeKubelet(server.store)
  cluster = new FakeCluster(server.store)
  running = []
})

afterEach(async () => {
  for (const operator of running) await operator.close()
  kubelet.stop()
  await server.close()
})

/** A transport that can be cut: what goes through it then is as of a process that was killed. */
function cuttable(): { readonly transport: KubeTransport; cut(): void } {
  const real = new NodeTransport({ server: server.url, authorize: async () => {} })
  let isCut = false
  const pass = <T>(send: () => Promise<T>): Promise<T> =>
    isCut ? Promise.reject(new Error('cut off')) : send()
  return {
    transport: {
      request: (request) => pass(() => real.request(request)),
      stream: (request) => pass(() => real.stream(request)),
      close: () => real.close(),
    },
    cut: () => {
      isCut = true
      real.close()
    },
  }
}

async function start(instance: string, namespaces: string[] = []) {
  const link = cuttable()
  const operator = await startOperator({
    transport: link.transport,
    namespaces,
    image: 'samsa:test',
    instance,
    lease: { namespace: 'ns', name: 'operator', durationMs: 1_000, renewMs: 100 },
    http: { host: '127.0.0.1', port: 0 },
    adminOf: () => cluster,
    onGone: () => {},
    log: { info() {}, warn() {}, error() {} },
    timers: realTimers,
    wallMs: Date.now,
    random: Math.random,
  })
  running.push(operator)
  return { operator, cut: () => link.cut() }
}

const kafkaCluster = (over: object = {}): Json => ({
  apiVersion: 'samsa.io/v1',
  kind: 'KafkaCluster',
  metadata: { name: 'c', namespace: 'ns' },
  spec: {
    nodePools: [
      {
        name: 'nodes',
        roles: ['broker', 'controller'],
        replicas: 3,
        topologyKey: 'zone',
        volumes: [{ id: 0, size: '10Gi' }],
      },
    ],
    listeners: [{ name: 'plain', port: 9092, type: 'internal' }],
    ...over,
  },
})

interface Status {
  observedGeneration?: number
  conditions?: { type: string; status: string; reason: string }[]
}

function isReady(place: typeof clusters, generation: number): boolean {
  const { observedGeneration, conditions } = (server.store.find(place)?.['status'] ?? {}) as Status
  const ready = conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' && observedGeneration === generation
}

const until = (is: () => boolean, what: string) => waitFor(is, { what, timeoutMs: 20_000 })
const podUids = () => server.store.list('v1/pods', 'ns').map(({ metadata }) => metadata.uid)

async function createByHttp(): Promise<void> {
  const client = connect(server)
  const kind = { apiVersion: 'samsa.io/v1', kind: 'KafkaCluster', plural: 'kafkaclusters' }
  await client.create(kind, kafkaCluster() as never)
}

async function get(operator: Operator, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${operator.httpPort}${path}`)
  return { status: response.status, text: await response.text() }
}

describe('the operator', () => {
  it('brings up a cluster and its topics, and tells how they stand', async () => {
    const { operator } = await start('a')
    await until(() => operator.isLeader, 'the operator leads')
    await createByHttp()
    await until(() => isReady(clusters, 1), 'the cluster is ready')
    server.store.create(topics, {
      apiVersion: 'samsa.io/v1',
      kind: 'KafkaTopic',
      metadata: {},
      spec: { clusterRef: { name: 'c' }, partitions: 2, replicas: 3 },
    })
    await until(() => isReady(topics, 1), 'the topic is ready')
    server.store.mergePatch(topics, { spec: { partitions: 6 } })
    await until(() => cluster.topics.get('t')?.replicas.length === 6, 'partitions are added')
    expect(await get(operator, '/healthz')).toMatchObject({ status: 200 })
    expect(await get(operator, '/readyz')).toMatchObject({ status: 200 })
    const { text } = await get(operator, '/metrics')
    expect(text).toContain('samsa_operator_leader 1')
    expect(text).toContain('samsa_operator_cluster_ready{namespace="ns",name="c"} 1')
    expect(text).toContain('samsa_operator_resources{kind="KafkaTopic",namespace="ns"} 1')
    expect(text).toMatch(/reconciliations_total\{kind="KafkaCluster",result="successful"\} \d/)
  })

  it('that is killed in the middle of a roll has its work finished, and none done twice', async () => {
    const first = await start('a')
    await createByHttp()
    await until(() => isReady(clusters, 1), 'the cluster is ready')
    const before = podUids()
    let downMax = 0
    server.store.subscribe(() => {
      downMax = Math.max(downMax, 3 - cluster.alive().size)
    })
    server.store.mergePatch(clusters, { spec: { config: { 'socket.listen.backlog.size': 99 } } })
    await until(() => kubelet.started.length >= 4, 'the first pod is replaced')
    first.cut()
    const second = await start('b')
    expect(second.operator.isLeader).toBe(false)
    await until(() => second.operator.isLeader, 'the other operator leads')
    await until(() => isReady(clusters, 2), 'the cluster is ready again')
    expect(podUids().filter((uid) => before.includes(uid))).toEqual([])
    expect(kubelet.started).toHaveLength(6)
    expect(downMax).toBe(1)
    expect(first.operator.isLeader).toBe(false)
  })

  it('gives the lease up when it stops, so that another need not wait', async () => {
    const { operator } = await start('a')
    await until(() => operator.isLeader, 'the operator leads')
    await operator.close()
    const { spec } = server.store.get(lease) as unknown as { spec: { holderIdentity: string } }
    expect(spec.holderIdentity).toBe('')
    await until(() => server.watchCount === 0, 'its watches are closed')
  })

  it('looks after its own namespaces only', async () => {
    const { operator } = await start('a', ['other'])
    await until(() => operator.isLeader, 'the operator leads')
    server.store.create(clusters, kafkaCluster())
    const other = { ...clusters, namespace: 'other' }
    server.store.create(other, kafkaCluster())
    await until(() => isReady(other, 1), 'the cluster of its namespace is ready')
    expect(server.store.get(clusters)['status']).toBeUndefined()
  })

  it('goes on when every watch breaks and all that was known is forgotten', async () => {
    const { operator } = await start('a')
    await until(() => operator.isLeader, 'the operator leads')
    server.store.compact()
    server.dropWatches('break')
    await createByHttp()
    await until(() => isReady(clusters, 1), 'the cluster is ready')
  })
})
