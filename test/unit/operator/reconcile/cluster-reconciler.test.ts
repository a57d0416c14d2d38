// A KafkaCluster's stories, with the kubelet and the cluster played by fakes.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventRecorder } from '../../../../operator/kube/event-recorder.ts'
import {
  type ClusterReconcilerOptions,
  reconcileCluster,
} from '../../../../operator/reconcile/cluster-reconciler.ts'
import type { KafkaCluster } from '../../../../operator/resources/kafka-cluster.ts'
import { connect } from '../../../support/kube-api/connect.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'
import type { StoredObject } from '../../../support/kube-api/store.ts'
import { FakeCluster } from '../../../support/operator/fake-cluster.ts'
import { type FakeKubelet, fakeKubelet } from '../../../support/operator/fake-kubelet.ts'

type Spec = KafkaCluster['spec']

const pool = (replicas: number, over: object = {}) => ({
  name: 'nodes',
  roles: ['broker', 'controller'] as const,
  replicas,
  topologyKey: 'zone',
  volumes: [{ id: 0, size: '10Gi' }],
  ...over,
})

const specOf = (over: object = {}): Spec =>
  ({
    nodePools: [pool(3)],
    listeners: [{ name: 'plain', port: 9092, type: 'internal' }],
    ...over,
  }) as unknown as Spec

const place = { collection: 'samsa.io/v1/kafkaclusters', namespace: 'ns', name: 'c' }

let server: KubeApiServer
let kubelet: FakeKubelet
let cluster: FakeCluster
let failures: unknown[]
let options: ClusterReconcilerOptions
let pass: () => Promise<number | null>

beforeEach(async () => {
  server = await KubeApiServer.start()
  kubelet = fakeKubelet(server.store)
  cluster = new FakeCluster(server.store)
  failures = []
  const client = connect(server)
  const onTrouble = (error: unknown) => failures.push(error)
  const events = new EventRecorder({ client, instance: 'test', wallMs: Date.now, onTrouble })
  options = {
    client,
    events,
    adminOf: () => cluster,
    image: 'samsa:test',
    wallMs: Date.now,
    stepTimeoutMs: 5_000,
    onStepFailure: (_cluster: string, condition: string, error: unknown) =>
      failures.push([condition, error]),
  }
  pass = () => reconcileCluster(options, 'ns', 'c', new AbortController().signal)
})

afterEach(async () => {
  expect(failures).toEqual([])
  kubelet.stop()
  await server.close()
})

const create = (spec: Spec) =>
  server.store.create(place, {
    apiVersion: 'samsa.io/v1',
    kind: 'KafkaCluster',
    metadata: {},
    spec: JSON.parse(JSON.stringify(spec)),
  })
const change = (spec: object) =>
  server.store.mergePatch(place, { spec: JSON.parse(JSON.stringify(spec)) })
const status = () => server.store.get(place)['status'] as NonNullable<KafkaCluster['status']>
const condition = (type: string) => status().conditions?.find((one) => one.type === type)
const pods = () =>
  server.store
    .list('v1/pods', 'ns')
    .map(({ metadata }) => metadata.name)
    .sort()
const uids = () =>
  server.store
    .list('v1/pods', 'ns')
    .map(({ metadata }) => metadata.uid)
    .sort()

/** Passes until the cluster is ready; the count of them. */
async function settle(passesMax = 30): Promise<number> {
  for (let count = 1; count <= passesMax; count++) {
    await pass()
    if (condition('Ready')?.status === 'True') return count
  }
  throw new Error(`not ready: ${JSON.stringify(status(), null, 1)}`)
}

describe('a cluster', () => {
  it('comes up, and says so', async () => {
    create(specOf())
    await settle()
    expect(pods()).toEqual(['c-nodes-0', 'c-nodes-1', 'c-nodes-2'])
    expect(status()).toMatchObject({ clusterId: 'cluster-id', readyBrokers: 3, voters: [0, 1, 2] })
    const claims = server.store.list('v1/persistentvolumeclaims', 'ns')
    expect(claims.map(({ metadata }) => metadata.name)).toContain('data-0-c-1')
    const names = server.store.list('v1/services', 'ns').map(({ metadata }) => metadata.name)
    expect(names.sort()).toEqual(['c-bootstrap', 'c-nodes'])
  })

  it('is left alone when all is as it should be', async () => {
    create(specOf())
    await settle()
    await pass()
    const before = server.store.version
    await pass()
    expect(server.store.version).toBe(before)
  })

  it('that does not answer holds up no pass for longer than a step', async () => {
    create(specOf())
    await settle()
    // As connections do whose other side is gone without a word.
    const never = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      })
    options = { ...options, adminOf: () => Object.assign(cluster, { describe: never }) }
    await reconcileCluster(
      { ...options, stepTimeoutMs: 500 },
      'ns',
      'c',
      new AbortController().signal,
    )
    expect(condition('QuorumHealthy')?.message).toContain('within 500 ms')
    expect(condition('PodsReady')?.status).toBe('True')
  })

  it('says not ready for a new generation before anything else', async () => {
    create(specOf())
    await settle()
    const seen: string[] = []
    server.store.subscribe(({ collection, object }) => {
      if (collection !== place.collection) return
      const ready = (object['status'] as typeof status extends () => infer S ? S : never).conditions
      seen.push(ready?.find(({ type }) => type === 'Ready')?.reason ?? '')
    })
    change({ config: { 'num.io.threads': 4 } })
    await settle()
    expect(seen[1]).toBe('Reconciling')
    expect(condition('Ready')?.observedGeneration).toBe(2)
  })

  it('replaces one pod at a time for what needs a restart, and none for what does not', async () => {
    create(specOf({ topics: [{ name: 't', partitions: 3, replicas: 3 }] }))
    await settle()
    const before = uids()
    change({ config: { 'log.retention.ms': 1000 } })
    await settle()
    expect(uids()).toEqual(before)
    expect(cluster.defaults).toEqual({ 'log.retention.ms': '1000' })
    change({ config: { 'socket.listen.backlog.size': 99 } })
    let downMax = 0
    server.store.subscribe(() => {
      downMax = Math.max(downMax, 3 - cluster.alive().size)
    })
    await settle()
    expect(uids().filter((uid) => before.includes(uid))).toEqual([])
    expect(downMax).toBe(1)
    expect(kubelet.started.slice(3)).toEqual(['c-nodes-1', 'c-nodes-2', 'c-nodes-0'])
  })

  it('waits while a partition could not spare a replica, and says which', async () => {
    create(specOf({ topics: [{ name: 't', partitions: 1, replicas: 3 }] }))
    await settle()
    const topic = cluster.topics.get('t')
    if (topic === undefined) throw new Error('no topic')
    const healthy = topic.isr
    topic.isr = (ids, alive) => healthy(ids, alive).slice(0, 2)
    const before = uids()
    change({ config: { 'socket.listen.backlog.size': 99 } })
    await pass()
    await pass()
    expect(uids()).toEqual(before)
    expect(status().rollout?.blockedBy?.[0]).toContain('t-0')
    topic.isr = healthy
    await settle()
    expect(uids().filter((uid) => before.includes(uid))).toEqual([])
  })

  it('heals from a spec that lets no pod start, all of them at once', async () => {
    kubelet.isBad = (pod: StoredObject) => JSON.stringify(pod).includes('"memory":"1"')
    create(specOf({ nodePools: [pool(3, { resources: { limits: { memory: '1' } } })] }))
    for (let count = 0; count < 4; count++) await pass()
    expect(condition('PodsReady')?.message).toContain('CrashLoopBackOff')
    change({ nodePools: [pool(3)] })
    expect(await settle()).toBeLessThan(8)
  })

  it('makes a pod again that was deleted, with its volume', async () => {
    create(specOf())
    await settle()
    server.store.delete({ collection: 'v1/pods', namespace: 'ns', name: 'c-nodes-1' })
    await settle()
    expect(pods()).toContain('c-nodes-1')
  })

  it('takes controllers and brokers in, and lets them go after they were drained', async () => {
    create(specOf({ topics: [{ name: 't', partitions: 4, replicas: 3 }] }))
    await settle()
    change({ nodePools: [pool(5)] })
    await settle()
    expect([...cluster.voters].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    const topic = cluster.topics.get('t')
    if (topic !== undefined) topic.replicas = topic.replicas.map(() => [2, 3, 4])
    change({ nodePools: [pool(3)] })
    await settle()
    expect([...cluster.voters].sort((a, b) => a - b)).toEqual([0, 1, 2])
    expect(pods()).toEqual(['c-nodes-0', 'c-nodes-1', 'c-nodes-2'])
    const drained = cluster.topics.get('t')?.replicas.flat() ?? []
    expect(drained.some((id) => id > 2)).toBe(false)
    const order = cluster.calls.filter((call) => !call.startsWith('configs'))
    expect(order.indexOf('unregister 4')).toBeGreaterThan(order.indexOf('remove voter 4'))
    expect(order.findIndex((c) => c.startsWith('move'))).toBeLessThan(order.indexOf('unregister 3'))
    expect(server.store.list('v1/persistentvolumeclaims', 'ns')).toHaveLength(5)
  })

  it('grows volumes in use and makes nothing of those grown by hand', async () => {
    create(specOf())
    await settle()
    change({ nodePools: [pool(3, { volumes: [{ id: 0, size: '20Gi' }] })] })
    await settle()
    const claim = { collection: 'v1/persistentvolumeclaims', namespace: 'ns', name: 'data-0-c-0' }
    const sizeOf = () => JSON.stringify(server.store.get(claim)['spec'])
    expect(sizeOf()).toContain('20Gi')
    server.store.mergePatch(claim, { spec: { resources: { requests: { storage: '30Gi' } } } })
    await settle()
    expect(sizeOf()).toContain('30Gi')
  })

  it('does nothing while it is paused', async () => {
    create(specOf({ paused: true }))
    await pass()
    expect(pods()).toEqual([])
    expect(condition('Ready')?.reason).toBe('Paused')
  })

  it('waits for approval where it is asked to', async () => {
    create(specOf({ updatePolicy: { type: 'OnApproval' } }))
    await settle()
    const before = uids()
    change({ config: { 'socket.listen.backlog.size': 99 } })
    await pass()
    await pass()
    expect(uids()).toEqual(before)
    expect(status().rollout?.awaitingApproval).toBe(true)
    server.store.mergePatch(place, {
      metadata: { annotations: { 'samsa.io/approved-generation': '2' } },
    })
    await settle()
    expect(uids().filter((uid) => before.includes(uid))).toEqual([])
  })
})
