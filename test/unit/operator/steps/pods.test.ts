// Pods: zones, addresses from outside, releases, and what waits for what.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { poolOf, Stage, specOf } from '../../../support/operator/stage.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})

afterEach(async () => {
  expect(stage.failures).toEqual([])
  await stage.close()
})

const needsRestart = { config: { 'socket.listen.backlog.size': 99 } }
const place = (collection: string, name: string) => ({ collection, namespace: 'ns', name })
const podPlace = (id: number) => place('v1/pods', `c-nodes-${id}`)

function propertiesOf(id: number): string {
  const secret = stage.server.store.get(place('v1/secrets', `c-nodes-${id}`))
  const { data } = secret as unknown as { data: Record<string, string> }
  return Buffer.from(data['server.properties'] ?? '', 'base64').toString()
}

describe('nodes of a pool with zones', () => {
  const zoned = (replicas: number, zones: string[]) =>
    specOf({ nodePools: [poolOf(replicas, { zones })] })

  it('are spread over them, bound to them, and stay where they are', async () => {
    stage.create(zoned(3, ['a', 'b', 'c']))
    await stage.settle()
    const zones = () => stage.status().nodes?.map(({ zone }) => zone)
    expect(zones()).toEqual(['a', 'b', 'c'])
    expect(propertiesOf(1)).toContain('broker.rack=b\n')
    expect(JSON.stringify(stage.server.store.get(podPlace(1)))).toContain(
      '{"key":"topology.kubernetes.io/zone","operator":"In","values":["b"]}',
    )
    const before = stage.podUids()
    stage.change(zoned(5, ['a', 'b', 'c', 'd']))
    await stage.settle()
    expect(zones()).toEqual(['a', 'b', 'c', 'd', 'a'])
    expect(stage.podUids()).toEqual(expect.arrayContaining(before))
  })
})

describe('a listener of type nodeport', () => {
  const listeners = [
    { name: 'plain', port: 9092, type: 'internal' },
    { name: 'out', port: 9094, type: 'nodeport' },
  ]

  function giveNodePorts(): void {
    for (const [index, { metadata }] of stage.list('v1/services').entries()) {
      if (!metadata.name.startsWith('c-out')) continue
      const ports = [{ port: 9094, nodePort: 30_000 + index }]
      stage.server.store.mergePatch(place('v1/services', metadata.name), { spec: { ports } })
    }
  }

  it('has its ports before any pod is made, and none is made twice for them', async () => {
    stage.create(specOf({ listeners }))
    await stage.pass()
    expect(stage.names('v1/pods')).toEqual([])
    expect(stage.condition('PodsReady')).toMatchObject({ reason: 'WaitingForAddresses' })
    giveNodePorts()
    await stage.settle()
    expect(stage.kubelet.started).toHaveLength(3)
    const text = JSON.stringify(stage.server.store.get(podPlace(0)))
    expect(text).toMatch(/advertised.listeners=PLAIN:[^,]*:9092,OUT:\/\/\$\(HOST_IP\):3000\d/)
    expect(text).toContain('status.hostIP')
    const out = stage.status().listeners?.find(({ name }) => name === 'out')
    expect(out?.addresses?.[0]).toMatch(/^10\.0\.0\.1:3000\d$/)
    expect(out?.bootstrap).toMatch(/^10\.0\.0\.1:3000\d$/)
    const plain = stage.status().listeners?.find(({ name }) => name === 'plain')
    expect(plain?.bootstrap).toBe('c-bootstrap.ns.svc:9092')
    expect(plain?.addresses).toHaveLength(3)
  })

  it('has the port of a broker that is added before its pod is made, too', async () => {
    stage.create(specOf({ listeners }))
    await stage.pass()
    giveNodePorts()
    await stage.settle()
    stage.change(specOf({ listeners, nodePools: [poolOf(4)] }))
    await stage.pass()
    await stage.pass()
    expect(stage.names('v1/pods')).toHaveLength(3)
    giveNodePorts()
    await stage.settle()
    expect(stage.kubelet.started).toHaveLength(4)
  })
})

describe('a listener with tls and authentication', () => {
  const secure = {
    name: 'secure',
    port: 9093,
    type: 'internal',
    tls: true,
    authentication: { type: 'scram-sha-512' },
  }

  it('is opened with the certificate of the node', async () => {
    const listeners = [{ name: 'plain', port: 9092, type: 'internal' }, secure]
    stage.create(specOf({ listeners }))
    await stage.settle()
    expect(propertiesOf(0)).toContain('SECURE:SASL_SSL')
    const location = '/etc/samsa-certificates/node.pem'
    expect(propertiesOf(0)).toContain(`listener.name.secure.ssl.keystore.location=${location}`)
    expect(JSON.stringify(stage.list('v1/pods'))).toContain('node.pem')
    const secrets = stage
      .list('v1/secrets')
      .filter(({ metadata }) => metadata.name.endsWith('-tls'))
    for (const { data } of secrets) {
      const pem = Buffer.from((data as Record<string, string>)['node.pem'] ?? '', 'base64')
      expect(pem.toString()).toMatch(/PRIVATE KEY-----[^]*BEGIN CERTIFICATE-----/)
    }
  })

  it('is not the only one: the operator must come in, and the cluster says so', async () => {
    stage.create(specOf({ listeners: [secure] }))
    for (let count = 0; count < 3; count++) await stage.pass()
    expect(stage.condition('ListenersReady')).toMatchObject({ reason: 'NoOpenListener' })
    expect(stage.condition('Ready')?.status).toBe('False')
  })
})

describe('a release that the spec names', () => {
  it('is what the pods run', async () => {
    stage.create(specOf({ version: '1.2.3' }))
    await stage.settle()
    expect(JSON.stringify(stage.list('v1/pods')[0])).toContain('"registry:5000/samsa:1.2.3"')
    expect(stage.status().version).toBe('1.2.3')
  })
})

describe('a roll', () => {
  it('leaves the voters that are level alone while another is behind', async () => {
    stage.create()
    await stage.settle()
    const before = stage.podUids()
    stage.cluster.lagging.add(2)
    stage.change(specOf(needsRestart))
    for (let count = 0; count < 6; count++) await stage.pass()
    expect(stage.podUids()).toEqual(before)
    expect(stage.status().rollout?.blockedBy?.[0]).toContain('only 1 of the other voters')
    expect(stage.events('RollWaits')).not.toEqual([])
    stage.cluster.lagging.clear()
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
  })

  it('goes on over a topic that has no replica to spare', async () => {
    stage.create(specOf({ topics: [{ name: 'one', partitions: 1, replicas: 1 }] }))
    await stage.settle()
    const before = stage.podUids()
    stage.change(specOf(needsRestart))
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
  })

  it('waits for its window', async () => {
    const windows = [{ schedule: '0 3 * * *', durationMinutes: 60 }]
    const policy = { updatePolicy: { type: 'Window', windows } }
    stage.nowMs = Date.parse('2026-11-21T12:00:00Z')
    stage.create(specOf(policy))
    await stage.settle()
    const before = stage.podUids()
    stage.change(specOf({ ...policy, ...needsRestart }))
    await stage.pass()
    await stage.pass()
    expect(stage.podUids()).toEqual(before)
    expect(stage.status().rollout?.blockedBy).toEqual(['waiting for a window'])
    stage.nowMs = Date.parse('2026-11-22T03:10:00Z')
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
  })

  it('is had by an annotation, of the cluster or of one pod', async () => {
    stage.create()
    await stage.settle()
    const before = stage.podUids()
    const annotations = { 'samsa.io/restart-at': 'now' }
    stage.server.store.mergePatch(podPlace(1), { metadata: { annotations } })
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toHaveLength(2)
    stage.annotate(annotations)
    await stage.settle()
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
  })
})

describe('a pod on a node that died', () => {
  const dying = (id: number) => {
    const finalizers = ['test/kubelet']
    stage.server.store.mergePatch(podPlace(id), { metadata: { finalizers } })
    stage.server.store.delete(podPlace(id))
    const gone = { conditions: [{ type: 'Ready', status: 'False' }] }
    stage.server.store.mergePatch(podPlace(id), { status: gone }, 'status')
  }
  const deletions = () => stage.server.requests.filter((one) => one.startsWith('DELETE')).length

  it('is taken away by force once its time is over and its broker given up', async () => {
    stage.create()
    await stage.settle()
    dying(1)
    const before = deletions()
    await stage.pass()
    expect(deletions()).toBe(before)
    stage.nowMs = Date.now() + 301_000
    await stage.pass()
    expect(deletions()).toBe(before + 1)
    expect(stage.events('PodLost')[0]).toContain('c-nodes-1')
  })

  it('stays where the spec says never', async () => {
    stage.create(specOf({ lostNodeTimeoutSeconds: 0 }))
    await stage.settle()
    dying(1)
    stage.nowMs += 3_000_000
    const before = deletions()
    await stage.pass()
    expect(deletions()).toBe(before)
  })
})

describe('what was deleted by others', () => {
  it('is made again, and no pod with it', async () => {
    stage.create()
    await stage.settle()
    const before = stage.podUids()
    const made: [string, string][] = [
      ['v1/services', 'c-bootstrap'],
      ['v1/secrets', 'c-nodes-0'],
      ['v1/serviceaccounts', 'c'],
      ['policy/v1/poddisruptionbudgets', 'c'],
      ['networking.k8s.io/v1/networkpolicies', 'c'],
    ]
    for (const [collection, name] of made) stage.server.store.delete(place(collection, name))
    await stage.settle()
    for (const [collection, name] of made) {
      expect(stage.server.store.get(place(collection, name)).kind).toBeTruthy()
    }
    expect(stage.podUids()).toEqual(before)
  })
})
