// A KafkaTopic's stories.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventRecorder } from '../../../../operator/kube/event-recorder.ts'
import {
  nameInKafka,
  reconcileTopic,
  type TopicReconcilerOptions,
} from '../../../../operator/reconcile/topic-reconciler.ts'
import type { KafkaCluster } from '../../../../operator/resources/kafka-cluster.ts'
import type { KafkaTopic } from '../../../../operator/resources/kafka-topic.ts'
import { connect } from '../../../support/kube-api/connect.ts'
import type { Json } from '../../../support/kube-api/field-sets.ts'
import { KubeApiServer } from '../../../support/kube-api/server.ts'
import { FakeCluster } from '../../../support/operator/fake-cluster.ts'

const collection = 'samsa.io/v1/kafkatopics'
let server: KubeApiServer
let cluster: FakeCluster
let owner: KafkaCluster | undefined
let options: TopicReconcilerOptions
let nowMs: number

const place = (name: string, namespace = 'ns') => ({ collection, namespace, name })
const topic = (name: string, namespace?: string) =>
  server.store.get(place(name, namespace)) as unknown as KafkaTopic

function create(name: string, spec: object, namespace?: string): void {
  const body = { apiVersion: 'samsa.io/v1', kind: 'KafkaTopic', metadata: {}, spec }
  server.store.create(place(name, namespace), body as unknown as Json)
}

async function pass(name: string, namespace?: string): Promise<string | undefined> {
  const { signal } = new AbortController()
  await reconcileTopic(options, topic(name, namespace), signal)
  return server.store.find(place(name, namespace)) === undefined
    ? 'gone'
    : topic(name, namespace).status?.conditions?.[0]?.reason
}

beforeEach(async () => {
  server = await KubeApiServer.start()
  nowMs = Date.now()
  cluster = new FakeCluster(server.store)
  for (const id of [0, 1, 2]) {
    cluster.registered.add(id)
    server.store.create(
      { collection: 'v1/pods', namespace: 'ns', name: `p${id}` },
      {
        metadata: { labels: { 'samsa.io/node-id': String(id) } },
        status: { conditions: [{ status: 'True' }] },
      },
    )
  }
  owner = { metadata: { name: 'c', namespace: 'ns' }, spec: {} } as unknown as KafkaCluster
  const client = connect(server)
  options = {
    client,
    clusterOf: (namespace, name) => (namespace === 'ns' && name === 'c' ? owner : undefined),
    adminOf: () => cluster,
    topicsNamed: (name) =>
      (server.store.list(collection) as unknown as KafkaTopic[]).filter(
        (one) => nameInKafka(one) === name,
      ),
    events: new EventRecorder({ client, instance: 'test', wallMs: Date.now, onTrouble: () => {} }),
    wallMs: () => nowMs,
  }
})

afterEach(() => server.close())

const clusterRef = { name: 'c' }

describe('a KafkaTopic', () => {
  it('is made, grows, and has the configs that it says', async () => {
    create('t', { clusterRef, partitions: 2, replicas: 3, config: { 'retention.ms': 5 } })
    expect(await pass('t')).toBe('Ready')
    expect(cluster.topics.get('t')?.config).toEqual({ 'retention.ms': '5' })
    server.store.mergePatch(place('t'), { spec: { partitions: 6, config: null } })
    expect(await pass('t')).toBe('Ready')
    expect(topic('t').status).toMatchObject({ partitions: 6, replicas: 3, observedGeneration: 2 })
    expect(cluster.topics.get('t')?.config).toEqual({})
  })

  it('changes its replicas', async () => {
    create('t', { clusterRef, partitions: 2, replicas: 1 })
    await pass('t')
    server.store.mergePatch(place('t'), { spec: { replicas: 3 } })
    expect(await pass('t')).toBe('Reassigning')
    expect(await pass('t')).toBe('Ready')
    expect(cluster.topics.get('t')?.replicas.map((ids) => ids.length)).toEqual([3, 3])
  })

  it('says why where it cannot be', async () => {
    create('t', { clusterRef, partitions: 1, replicas: 1 })
    await pass('t')
    server.store.mergePatch(place('t'), { spec: { replicas: 9 } })
    expect(await pass('t')).toBe('TooFewBrokers')
    create('lost', { clusterRef: { name: 'nobody' } })
    expect(await pass('lost')).toBe('ClusterNotFound')
  })

  it('belongs to the older of two resources', async () => {
    create('t', { clusterRef, partitions: 1, replicas: 1 })
    create('u', { clusterRef, topicName: 't', partitions: 5, replicas: 1 })
    server.store.mergePatch(place('u'), { metadata: { creationTimestamp: 'ignored' } })
    const reasons = [await pass('t'), await pass('u')]
    expect(reasons.filter((reason) => reason === 'ResourceConflict')).toHaveLength(1)
    expect(reasons.filter((reason) => reason === 'Ready')).toHaveLength(1)
  })

  it('comes from another namespace only where the cluster allows it', async () => {
    create('t', { clusterRef: { name: 'c', namespace: 'ns' } }, 'apps')
    expect(await pass('t', 'apps')).toBe('NamespaceNotAllowed')
    owner = { ...owner, spec: { topicNamespaces: ['apps'] } } as unknown as KafkaCluster
    expect(await pass('t', 'apps')).toBe('Ready')
  })

  it('keeps its records when it is deleted, unless it says otherwise', async () => {
    create('t', { clusterRef, partitions: 1, replicas: 1, deletionPolicy: 'Retain' })
    await pass('t')
    server.store.delete(place('t'))
    expect(server.store.find(place('t'))).toBeUndefined()
    expect(cluster.topics.has('t')).toBe(true)
    create('d', { clusterRef, partitions: 1, replicas: 1, deletionPolicy: 'Delete' })
    await pass('d')
    server.store.delete(place('d'))
    expect(await pass('d')).toBe('gone')
    expect(cluster.topics.has('d')).toBe(false)
  })

  it('does not hang when its cluster is gone', async () => {
    create('d', { clusterRef, partitions: 1, replicas: 1, deletionPolicy: 'Delete' })
    await pass('d')
    owner = undefined
    server.store.delete(place('d'))
    expect(await pass('d')).toBe('gone')
  })

  it('does not hang when its cluster is there and does not answer', async () => {
    create('d', { clusterRef, partitions: 1, replicas: 1, deletionPolicy: 'Delete' })
    await pass('d')
    server.store.delete(place('d'))
    options = {
      ...options,
      adminOf: () => {
        throw new Error('nobody answers')
      },
    }
    expect(await pass('d')).toBe('Ready')
    nowMs = Date.now() + 31_000
    expect(await pass('d')).toBe('gone')
    const [event] = server.store.list('events.k8s.io/v1/events')
    expect(event?.['note']).toBe('topic d stays in the cluster: nobody answers')
    expect(cluster.topics.has('d')).toBe(true)
  })

  it('writes its status only where it says something new', async () => {
    create('t', { clusterRef, partitions: 1, replicas: 1 })
    await pass('t')
    const before = server.store.version
    const count = server.requests.length
    await pass('t')
    expect(server.store.version).toBe(before)
    expect(server.requests.slice(count)).toEqual([])
  })
})
