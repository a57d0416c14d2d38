// Brokers that come take their share, brokers that go are emptied first, and who is on the way out
// is kept alive until it has given everything away.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { poolOf, Stage, specOf } from '../../../support/operator/stage.ts'

const brokers = (replicas: number) => poolOf(replicas, { name: 'b', roles: ['broker'] })
const controllers = poolOf(1, { name: 'q', roles: ['controller'] })
const spec = (replicas: number, over: object = {}) =>
  specOf({
    nodePools: [controllers, brokers(replicas)],
    topics: [{ name: 't', partitions: 12, replicas: 3 }],
    ...over,
  })

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
  stage.cluster.voters.add(0)
})

afterEach(async () => {
  expect(stage.failures).toEqual([])
  await stage.close()
})

const replicasOn = (id: number) =>
  stage.cluster.topics.get('t')?.replicas.filter((ids) => ids.includes(id)).length ?? 0

async function scaledUp(over: object = {}): Promise<void> {
  stage.create(spec(3, over))
  await stage.settle()
  const topic = stage.cluster.topics.get('t')
  if (topic !== undefined) topic.replicas = topic.replicas.map(() => [1, 2, 3])
  stage.change(spec(4, over))
}

describe('a broker that is added', () => {
  it('takes its share, no faster than it may, and the limit goes when it has it', async () => {
    await scaledUp({ rebalance: { throttleBytesPerSecond: 4096 } })
    let throttle: number | null = null
    for (let count = 0; count < 40 && replicasOn(4) === 0; count++) await stage.pass()
    throttle = stage.cluster.throttle
    expect(stage.condition('Balanced')).toMatchObject({ status: 'False', reason: 'Moving' })
    expect(stage.status().rebalance).toMatchObject({ state: 'Moving', brokers: [1, 2, 3] })
    await stage.settle()
    expect(throttle).toBe(4096)
    expect(stage.cluster.throttle).toBeNull()
    expect([1, 2, 3, 4].map(replicasOn)).toEqual([9, 9, 9, 9])
    expect(stage.status().rebalance).toMatchObject({ state: 'Done', brokers: [1, 2, 3, 4] })
    expect(stage.events('Rebalance')).toHaveLength(1)
  })

  it('stays empty where that is wanted', async () => {
    await scaledUp({ rebalance: { onScaleUp: false } })
    await stage.settle()
    expect(replicasOn(4)).toBe(0)
    expect(stage.status().rebalance?.brokers).toEqual([1, 2, 3, 4])
  })

  it('waits while other replicas are moving', async () => {
    await scaledUp()
    stage.cluster.reassigning = 2
    for (let count = 0; count < 10; count++) await stage.pass()
    expect(replicasOn(4)).toBe(0)
    expect(stage.condition('Balanced')?.message).toBe('2 partitions are moving')
    stage.cluster.reassigning = 0
    await stage.settle()
    expect(replicasOn(4)).toBe(9)
  })
})

describe('a broker that is taken away', () => {
  it('is not touched while it holds replicas and nobody may move them', async () => {
    stage.create(spec(4, { rebalance: { onScaleDown: false } }))
    await stage.settle()
    const topic = stage.cluster.topics.get('t')
    if (topic !== undefined) topic.replicas = topic.replicas.map(() => [2, 3, 4])
    stage.change(spec(3, { rebalance: { onScaleDown: false }, config: { 'num.io.threads': 5 } }))
    for (let count = 0; count < 10; count++) await stage.pass()
    expect(stage.condition('ScaleSettled')).toMatchObject({ reason: 'BrokersNotEmpty' })
    expect(stage.events('BrokersNotEmpty')).toHaveLength(1)
    expect(stage.names('v1/pods')).toContain('c-b-4')
    expect(stage.cluster.defaults).toEqual({ 'num.io.threads': '5' })
    if (topic !== undefined) topic.replicas = topic.replicas.map(() => [1, 2, 3])
    await stage.settle()
    expect(stage.names('v1/pods')).not.toContain('c-b-4')
  })

  it.each(['b', 'other'])('is reached from outside until it is gone (pool %s)', async (name) => {
    const outside = { name: 'outside', port: 9094, type: 'cluster-ip' }
    const listeners = [{ name: 'plain', port: 9092, type: 'internal' }, outside]
    stage.create(spec(4, { listeners }))
    await stage.settle()
    const topic = stage.cluster.topics.get('t')
    if (topic !== undefined) topic.replicas = topic.replicas.map(() => [2, 3, 4])
    stage.cluster.reassigning = 1
    const nodePools = [controllers, { ...brokers(3), name }]
    stage.change({ ...spec(3, { listeners }), nodePools })
    for (let count = 0; count < 3; count++) await stage.pass()
    expect(stage.names('v1/services')).toContain('c-outside-4')
    stage.cluster.reassigning = 0
    await stage.settle(60)
    expect(stage.names('v1/services')).not.toContain('c-outside-4')
  })

  it('is brought back if its pod dies before it has given everything away', async () => {
    stage.create(spec(4))
    await stage.settle()
    const topic = stage.cluster.topics.get('t')
    if (topic !== undefined) topic.replicas = topic.replicas.map(() => [4])
    stage.cluster.reassigning = 1
    stage.change(spec(3))
    await stage.pass()
    stage.server.store.delete({ collection: 'v1/pods', namespace: 'ns', name: 'c-b-4' })
    await stage.pass()
    expect(stage.names('v1/pods')).toContain('c-b-4')
    stage.cluster.reassigning = 0
    await stage.settle()
    expect(stage.names('v1/pods')).not.toContain('c-b-4')
    expect(stage.names('v1/secrets')).not.toContain('c-b-4')
    expect(replicasOn(4)).toBe(0)
  })
})
