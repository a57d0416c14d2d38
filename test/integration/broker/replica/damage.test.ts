// Bits that flip at rest: found before anybody gets them, healed from the other replicas, and never
// the reason that a record is lost.

import { afterEach, describe, expect, it } from 'vitest'
import { batchOf, readAll } from '../../../support/disk/log-fixture.ts'
import {
  type ReplicaCluster,
  startReplicaCluster,
  type TestBroker,
  type TopicSettings,
  topicName,
  until,
} from '../../../support/replica/replica-cluster.ts'

let cluster: ReplicaCluster

afterEach(() => cluster.close())

const healed =
  'damage was found in a log, which is dropped and healed from its peers: nothing is lost'

async function produce(broker: TestBroker, value: string): Promise<void> {
  const { leading } = broker
  const append = leading.append(batchOf([value.padEnd(500, '.')]), 'client')
  await append.written
  expect(await leading.committed(append, 5000)).toBeNull()
}

async function startWith(
  records: number,
  settings: Partial<TopicSettings> = {},
): Promise<TestBroker> {
  cluster = await startReplicaCluster(3, settings)
  const first = cluster.broker(1)
  await until('it leads', () => first.partition.leading !== null)
  for (let index = 0; index < records; index++) await produce(first, `record ${index}`)
  return first
}

/** Flips a bit in the records of the second batch. */
function damage(broker: TestBroker): void {
  const file = broker.disk.inode(`/data/${topicName}-0/00000000000000000000.log`)
  const at = Math.floor(file.sizeBytes / 10) + 200
  const bytes = Buffer.from(file.bytes())
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
  file.write(bytes, 0)
}

async function contents({ partition }: TestBroker): Promise<[number, string][]> {
  return partition.log === null ? [] : readAll(partition.log)
}

describe('a log that is damaged when its broker comes back', () => {
  it('is fetched again from the leader', async () => {
    const first = await startWith(10)
    const third = cluster.broker(3)
    await third.crash()
    damage(third)
    cluster.controller.fence(3)
    await third.start()
    await until('it is in sync', () => first.leading.isr.length === 3)
    expect(third.replicas.metrics.healedLogs).toBe(1)
    expect(third.events.messages('warn')).toContain(healed)
    expect(await contents(third)).toEqual(await contents(first))
  })

  it('is not touched while the replica counts as in sync', async () => {
    const first = await startWith(10, { lagTimeMaxMs: 1500 })
    const third = cluster.broker(3)
    await third.crash()
    damage(third)
    await third.start()
    await until('it is known to be damaged', () => third.partition.openError !== null)
    expect(third.replicas.metrics.healedLogs).toBe(0)
    expect(first.leading.isr).toContain(3)
    const append = first.leading.append(batchOf(['later']), 'client')
    await append.written
    await until('it is out, healed and back', () => third.replicas.metrics.healedLogs === 1)
    await until('it is in sync', () => first.leading.isr.length === 3)
    expect(await contents(third)).toEqual(await contents(first))
  })
})

describe('a batch that is damaged in the log of the leader', () => {
  it('is sent to nobody; another one leads, and has it', async () => {
    const first = await startWith(10)
    const [second, third] = [cluster.broker(2), cluster.broker(3)]
    const expected = await contents(first)
    damage(first)
    const { topicId } = first.partition
    const change = { type: 'partitionChange', topicId, partitionId: 0 } as const
    cluster.controller.apply([{ ...change, replicas: [1, 2], isr: [1, 2] }])
    cluster.controller.apply([{ ...change, replicas: [1, 2, 3] }])
    await until('it is found', () => first.replicas.metrics.corruptAtRest > 0)
    expect(third.partition.log?.logEndOffset).toBe(0)
    expect(first.events.messages('error')).toContain(
      'a batch at rest is damaged: it is not sent to followers',
    )
    await until('all are in sync', () => second.partition.leading?.isr.length === 3)
    expect(first.replicas.metrics.healedLogs).toBe(1)
    expect(await contents(third)).toEqual(expected)
    expect(await contents(first)).toEqual(expected)
  })
})

describe('a bit that flips while the log is in use', () => {
  it('at a follower is healed at once: it leaves the ISR and fetches all of it again', async () => {
    const first = await startWith(10)
    const third = cluster.broker(3)
    damage(third)
    const scrubber = third.scrub()
    await until('it is healed', () => third.replicas.metrics.healedLogs === 1)
    await until('it is in sync', () => first.leading.isr.length === 3)
    expect(first.replicas.metrics.isrShrinks).toBe(1)
    expect(await contents(third)).toEqual(await contents(first))
    await scrubber.close()
  })

  it('at a leader moves the leadership, and is healed then', async () => {
    const first = await startWith(10)
    const expected = await contents(first)
    damage(first)
    const scrubber = first.scrub()
    await until('it is healed', () => first.replicas.metrics.healedLogs === 1)
    expect(first.replicas.metrics.corruptAtRest).toBe(1)
    const second = cluster.broker(2)
    expect(second.partition.isLeader).toBe(true)
    await until('it is in sync', () => second.partition.leading?.isr.length === 3)
    expect(await contents(first)).toEqual(expected)
    const { topicId } = first.partition
    await until('its directory is known', () => {
      const known = cluster.controller.image.topicsById.get(topicId)?.partitions[0]
      return known?.directories[0] === first.partition.log?.directoryId
    })
    await scrubber.close()
  })

  it('at a leader and a follower at once is healed from the third', async () => {
    const first = await startWith(10, { minInsyncReplicas: 2 })
    const [second, third] = [cluster.broker(2), cluster.broker(3)]
    const expected = await contents(first)
    damage(third)
    damage(first)
    const scrubbers = [third.scrub(), first.scrub()]
    await until('both are healed', () => {
      return [first, third].every(({ replicas }) => replicas.metrics.healedLogs === 1)
    })
    await until('all are in sync', () => second.partition.leading?.isr.length === 3)
    for (const broker of cluster.brokers) expect(await contents(broker)).toEqual(expected)
    for (const scrubber of scrubbers) await scrubber.close()
  })

  it('at a leader that no other can stand in for is told, and nothing is dropped', async () => {
    const first = await startWith(10)
    cluster.controller.fence(2)
    cluster.controller.fence(3)
    await until('it is alone', () => first.leading.isr.length === 1)
    damage(first)
    const scrubber = first.scrub()
    await until('it is found', () => first.replicas.metrics.corruptAtRest === 1)
    await until('a round is over', () => scrubber.rounds === 1)
    await produce(first, 'one more')
    expect(first.replicas.metrics.healedLogs).toBe(0)
    expect(first.partition.isLeader).toBe(true)
    expect(first.leading.log.logEndOffset).toBe(11)
    expect(first.events.messages('error')).toContain(
      'damage was found in a log while it was in use',
    )
    await scrubber.close()
  })

  it('is not found where there is none', async () => {
    const first = await startWith(10)
    const scrubber = first.scrub()
    await produce(first, 'one more')
    await until('a round is over', () => scrubber.rounds === 1)
    expect(first.replicas.metrics.corruptAtRest).toBe(0)
    await scrubber.close()
  })
})
