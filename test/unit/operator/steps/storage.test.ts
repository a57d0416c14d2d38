// Volumes: who owns them, who takes them up again, and that they grow and never shrink.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterPlace, poolOf, Stage, specOf } from '../../../support/operator/stage.ts'

const claims = 'v1/persistentvolumeclaims'
const claim = (id: number, volume = 0) => ({
  collection: claims,
  namespace: 'ns',
  name: `data-${volume}-c-${id}`,
})
const withVolumes = (volumes: object[], replicas = 3) =>
  specOf({ nodePools: [poolOf(replicas, { volumes })] })

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})

afterEach(async () => {
  expect(stage.failures).toEqual([])
  await stage.close()
})

const sizeOf = (id: number) => JSON.stringify(stage.server.store.get(claim(id))['spec'])

describe('the volumes of a cluster that is deleted', () => {
  it('stay, and are taken up by one of its name with the id of what they hold', async () => {
    stage.create()
    await stage.settle()
    const before = stage.list(claims).map(({ metadata }) => metadata.uid)
    stage.server.store.delete(clusterPlace)
    expect(stage.names('v1/pods')).toEqual([])
    expect(stage.list(claims).map(({ metadata }) => metadata.uid)).toEqual(before)
    stage.create()
    await stage.settle()
    expect(stage.list(claims).map(({ metadata }) => metadata.uid)).toEqual(before)
    expect(stage.names('v1/pods')).toEqual(['c-nodes-0', 'c-nodes-1', 'c-nodes-2'])
    expect(stage.status().clusterId).toBe('cluster-id')
    expect(stage.list(claims)[0]?.metadata.annotations?.['samsa.io/cluster-id']).toBe('cluster-id')
  })

  it('go with it where the policy says so, also where it was changed to that later', async () => {
    stage.create()
    await stage.settle()
    stage.change(specOf({ deletionPolicy: 'Delete' }))
    await stage.settle()
    expect(stage.list(claims)[0]?.metadata.ownerReferences).toHaveLength(1)
    stage.change(specOf({ deletionPolicy: 'Retain' }))
    await stage.settle()
    expect(stage.list(claims)[0]?.metadata.ownerReferences).toEqual([])
    stage.change(specOf({ deletionPolicy: 'Delete' }))
    await stage.settle()
    stage.server.store.delete(clusterPlace)
    expect(stage.names(claims)).toEqual([])
  })
})

describe('the volumes of a node that was scaled away', () => {
  it('are taken up again by a node of its id', async () => {
    stage.create(specOf({ nodePools: [poolOf(5)] }))
    await stage.settle()
    const { uid } = stage.server.store.get(claim(4)).metadata
    stage.change(specOf())
    await stage.settle()
    const released = stage.server.store.get(claim(4)).metadata
    expect(released.labels).toMatchObject({ 'samsa.io/released': 'true' })
    expect(stage.names('v1/pods')).toHaveLength(3)
    stage.change(specOf({ nodePools: [poolOf(5)] }))
    await stage.settle()
    const { metadata } = stage.server.store.get(claim(4))
    expect(metadata.uid).toBe(uid)
    expect(metadata.labels).toMatchObject({ 'samsa.io/cluster': 'c', 'samsa.io/node-id': '4' })
    expect(metadata.labels).not.toHaveProperty(['samsa.io/released'])
    expect(stage.events('VolumeAdopted')).toHaveLength(2)
  })

  it('are left alone where they hold the records of another cluster', async () => {
    stage.create(specOf({ nodePools: [poolOf(5)] }))
    await stage.settle()
    stage.change(specOf())
    await stage.settle()
    const annotations = { 'samsa.io/cluster-id': 'another' }
    stage.server.store.mergePatch(claim(4), { metadata: { annotations } })
    stage.change(specOf({ nodePools: [poolOf(5)] }))
    await stage.pass()
    await stage.pass()
    expect(stage.condition('StorageReady')?.message).toContain('data-0-c-4: a claim of that name')
  })
})

describe('volumes in use', () => {
  it('grow, also together with the resources of the pods', async () => {
    stage.create()
    await stage.settle()
    const resources = { requests: { cpu: '1' } }
    const volumes = [{ id: 0, size: '20Gi' }]
    stage.change(specOf({ nodePools: [poolOf(3, { volumes, resources })] }))
    await stage.settle()
    expect([0, 1, 2].every((id) => sizeOf(id).includes('20Gi'))).toBe(true)
    expect(JSON.stringify(stage.list('v1/pods')[0])).toContain('"requests":{"cpu":"1"}')
  })

  it('that cannot grow are told, and hold up nothing else', async () => {
    stage.create()
    await stage.settle()
    stage.server.fault = ({ method, path }) =>
      method === 'PATCH' && path.includes('persistentvolumeclaims') ? { status: 403 } : undefined
    const before = stage.podUids()
    stage.change({
      ...withVolumes([{ id: 0, size: '20Gi' }]),
      config: { 'socket.listen.backlog.size': 99 },
      topics: [{ name: 't', partitions: 2 }],
    })
    for (let count = 0; count < 20; count++) await stage.pass()
    expect(stage.condition('StorageReady')).toMatchObject({ status: 'False' })
    expect(stage.condition('StorageReady')?.message).toContain('data-0-c-0')
    expect(stage.condition('PodsReady')?.status).toBe('True')
    expect(stage.podUids().filter((uid) => before.includes(uid))).toEqual([])
    expect(stage.cluster.topics.has('t')).toBe(true)
  })

  it('that were grown by others are no fault, and are not shrunk', async () => {
    stage.create()
    await stage.settle()
    const requests = { storage: '30Gi' }
    stage.server.store.mergePatch(claim(0), { spec: { resources: { requests } } })
    await stage.settle()
    expect(sizeOf(0)).toContain('30Gi')
  })

  it('can be several a node, and more of them later', async () => {
    stage.create(withVolumes([{ id: 0, size: '10Gi' }]))
    await stage.settle()
    const two = [
      { id: 0, size: '10Gi' },
      { id: 1, size: '5Gi' },
    ]
    stage.change(withVolumes(two))
    await stage.settle()
    expect(stage.names(claims)).toHaveLength(6)
    const secret = stage.server.store.get({
      collection: 'v1/secrets',
      namespace: 'ns',
      name: 'c-nodes-0',
    })
    const { data } = secret as unknown as { data: Record<string, string> }
    const text = Buffer.from(data['server.properties'] ?? '', 'base64').toString()
    expect(text).toContain('log.dirs=/var/lib/samsa/0,/var/lib/samsa/1\n')
  })
})
