// Three brokers over real gRPC: what is committed when, what followers hold, and what becomes of it
// when leaders change, followers lag, and logs part ways.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { afterEach, describe, expect, it } from 'vitest'
import { batchOf, readAll } from '../../../support/disk/log-fixture.ts'
import {
  type ReplicaCluster,
  startReplicaCluster,
  type TestBroker,
  until,
} from '../../../support/replica/replica-cluster.ts'

let cluster: ReplicaCluster

afterEach(() => cluster.close())

async function leader(id: number): Promise<TestBroker> {
  const broker = cluster.broker(id)
  await until(`broker ${id} leads`, () => broker.partition.leading !== null)
  return broker
}

/** Appends and waits as a producer with acks=all does. */
async function produce(
  broker: TestBroker,
  value: string,
  timeoutMs = 5000,
): Promise<KafkaErrorName | null> {
  const { leading } = broker
  const append = leading.append(batchOf([value]), 'client')
  await append.written
  return (await leading.committed(append, timeoutMs)) ?? null
}

function ends(): (number | undefined)[] {
  return cluster.brokers.map(({ partition }) => partition.log?.logEndOffset)
}

async function contents(broker: TestBroker): Promise<[number, string][]> {
  const { log } = broker.partition
  return log === null ? [] : readAll(log)
}

describe('a partition of three replicas', () => {
  it('has its records on all of them, byte by byte, and commits them', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) => produce(first, `record ${index}`)),
    )
    expect(results.every((error) => error === null)).toBe(true)
    expect(ends()).toEqual([100, 100, 100])
    const expected = await contents(first)
    expect(expected).toHaveLength(100)
    for (const id of [2, 3]) expect(await contents(cluster.broker(id))).toEqual(expected)
    await until('followers know what is committed', () =>
      cluster.brokers.every(({ partition }) => partition.log?.highWatermark === 100),
    )
  })

  it('takes large batches, and many more bytes than may be under way', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    const value = 'x'.repeat(900_000)
    const work = Array.from({ length: 30 }, () => produce(first, value))
    expect((await Promise.all(work)).every((error) => error === null)).toBe(true)
    expect(ends()).toEqual([30, 30, 30])
  })

  it('goes on without a member that stopped, once it is out of the ISR', async () => {
    cluster = await startReplicaCluster(3, { lagTimeMaxMs: 1000 })
    const first = await leader(1)
    await produce(first, 'before')
    await cluster.broker(3).stop()
    expect(await produce(first, 'after')).toBeNull()
    expect(first.leading.isr).toEqual([1, 2])
    expect(first.replicas.metrics.isrShrinks).toBe(1)
    await cluster.broker(3).start()
    await until('it is back', () => first.leading.isr.length === 3)
    expect(await contents(cluster.broker(3))).toEqual(await contents(first))
  })

  it('answers nothing as committed while too few are in sync', async () => {
    cluster = await startReplicaCluster(3, { minInsyncReplicas: 3, lagTimeMaxMs: 1000 })
    const first = await leader(1)
    await produce(first, 'before')
    await cluster.broker(3).stop()
    expect(await produce(first, 'after', 300)).toBe('REQUEST_TIMED_OUT')
    await until('it is out', () => first.leading.isr.length === 2)
    expect(first.leading.isUnderMinIsr).toBe(true)
    expect(first.partition.log?.highWatermark).toBe(1)
    await cluster.broker(3).start()
    await until('all is committed', () => first.partition.log?.highWatermark === 2)
  })

  it('loses nothing when its leader dies, and the leader comes back as a follower', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    for (let index = 0; index < 20; index++) await produce(first, `old ${index}`)
    const kept = await contents(first)
    await first.stop()
    cluster.controller.fence(1)
    const second = await leader(2)
    await until('it has caught up', () => second.leading.isCaughtUp)
    expect(await produce(second, 'new')).toBeNull()
    await first.start()
    await until('it follows', () => first.partition.log?.logEndOffset === 21)
    await until('it is in sync', () => second.leading.isr.length === 3)
    expect(await contents(first)).toEqual([...kept, [20, 'new']])
  })

  it('cuts what a former leader alone had', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    await produce(first, 'kept')
    // Nobody follows any more: the next records are the leader's alone.
    await cluster.broker(2).stop()
    await cluster.broker(3).stop()
    cluster.controller.refuseIsrChanges = true
    expect(await produce(first, 'lost', 200)).toBe('REQUEST_TIMED_OUT')
    await first.stop()
    await cluster.broker(2).start()
    await cluster.broker(3).start()
    cluster.controller.refuseIsrChanges = false
    cluster.controller.fence(1)
    const second = await leader(2)
    await until('it has caught up', () => second.leading.isCaughtUp)
    expect(await produce(second, 'instead')).toBeNull()
    await first.start()
    await until('it is in sync', () => second.leading.isr.length === 3)
    const expected = [
      [0, 'kept'],
      [1, 'instead'],
    ]
    for (const broker of cluster.brokers) expect(await contents(broker)).toEqual(expected)
    expect(first.replicas.metrics.truncations).toBe(1)
  })

  it('ends the waits of producers when leadership moves', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    await cluster.broker(2).stop()
    await cluster.broker(3).stop()
    const waiting = produce(first, 'nobody knows')
    cluster.controller.apply([
      { type: 'partitionChange', topicId: first.partition.topicId, partitionId: 0, leader: 2 },
    ])
    expect(await waiting).toBe('NOT_LEADER_OR_FOLLOWER')
  })

  it('is fetched from its start by a replica that is added', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    const { topicId } = first.partition
    const change = { type: 'partitionChange', topicId, partitionId: 0 } as const
    cluster.controller.apply([{ ...change, replicas: [1, 2], isr: [1, 2] }])
    await until('the log is gone', () => cluster.broker(3).replicas.find(topicId, 0) === undefined)
    for (let index = 0; index < 10; index++) await produce(first, `record ${index}`)
    cluster.controller.apply([{ ...change, replicas: [1, 2, 3] }])
    await until('it is in sync', () => first.leading.isr.length === 3)
    expect(await contents(cluster.broker(3))).toEqual(await contents(first))
  })

  it('begins anew on a replica whose records were all deleted at the leader', async () => {
    cluster = await startReplicaCluster(3, { lagTimeMaxMs: 1000 })
    const first = await leader(1)
    for (let index = 0; index < 5; index++) await produce(first, `record ${index}`)
    await cluster.broker(3).stop()
    for (let index = 5; index < 10; index++) await produce(first, `record ${index}`)
    await first.partition.log?.deleteRecords(8)
    await cluster.broker(3).start()
    await until('it is in sync', () => first.leading.isr.length === 3)
    const third = cluster.broker(3).partition.log
    expect(third?.logStartOffset).toBe(8)
    expect(await contents(cluster.broker(3))).toEqual([
      [8, 'record 8'],
      [9, 'record 9'],
    ])
  })
})
