// An idempotent producer whose leader dies: the next one knows what was written, answers a batch
// that it has with its first offset, and refuses what would leave a gap (KIP-98, KIP-360).

import type { Append } from '@samsa/broker/log/partition-log'
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

const producerId = 40
const sequenceMax = 0x7fff_ffff

async function leader(id: number): Promise<TestBroker> {
  const broker = cluster.broker(id)
  await until(`broker ${id} leads`, () => broker.partition.leading !== null)
  await until('it has caught up', () => broker.leading.isCaughtUp)
  return broker
}

/** Appends and waits as a producer with acks=all does. */
async function produce(
  { leading }: TestBroker,
  baseSequence: number,
  { count = 1, producerEpoch = 0 }: { count?: number; producerEpoch?: number } = {},
): Promise<Append> {
  const values = Array.from({ length: count }, (_, index) => `${baseSequence + index}`)
  const of = { ...options(baseSequence), producerEpoch }
  const append = leading.append(batchOf(values, of), 'client')
  await append.written
  expect(await leading.committed(append, 5_000)).toBeNull()
  return append
}

async function kill(id: number): Promise<void> {
  await cluster.broker(id).crash()
  cluster.controller.fence(id)
}

async function values(broker: TestBroker): Promise<string[]> {
  const { log } = broker.partition
  return log === null ? [] : (await readAll(log)).map(([, value]) => value)
}

describe('a producer whose leader dies', () => {
  it('is answered with the first offset of each of its last five batches', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    const offsets: number[] = []
    for (let batch = 0; batch < 6; batch++) {
      offsets.push((await produce(first, batch * 2, { count: 2 })).baseOffset)
    }
    await kill(1)
    const second = await leader(2)
    for (let batch = 1; batch < 6; batch++) {
      const again = await produce(second, batch * 2, { count: 2 })
      expect([again.duplicate, again.baseOffset]).toEqual([true, offsets[batch]])
    }
    // The sixth last is not remembered, and not written again either.
    expect(() => second.leading.append(batchOf(['0', '1'], options(0)), 'client')).toThrow(
      expect.objectContaining({ kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }),
    )
    expect((await produce(second, 12)).baseOffset).toBe(12)
    expect(await values(second)).toHaveLength(13)
  })

  it('may not leave out what the dead leader alone had', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    await produce(first, 0)
    await cluster.broker(2).stop()
    await cluster.broker(3).stop()
    cluster.controller.refuseIsrChanges = true
    const lost = first.leading.append(batchOf(['1'], options(1)), 'client')
    await lost.written
    await first.crash()
    await cluster.broker(2).start()
    await cluster.broker(3).start()
    cluster.controller.refuseIsrChanges = false
    cluster.controller.fence(1)
    const second = await leader(2)
    expect(() => second.leading.append(batchOf(['2'], options(2)), 'client')).toThrow(
      expect.objectContaining({ kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }),
    )
    await produce(second, 1)
    await produce(second, 2)
    await first.start()
    await until('it is in sync', () => second.leading.isr.length === 3)
    for (const broker of cluster.brokers) expect(await values(broker)).toEqual(['0', '1', '2'])
  })

  it('goes on past the last sequence there is, and is recognised there too', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    const wrapping = await produce(first, sequenceMax - 1, { count: 4 })
    await kill(1)
    const second = await leader(2)
    const again = await produce(second, sequenceMax - 1, { count: 4 })
    expect([again.duplicate, again.baseOffset]).toEqual([true, wrapping.baseOffset])
    // 2^31 - 2, 2^31 - 1, 0, 1: the next one is 2.
    expect((await produce(second, 2)).baseOffset).toBe(4)
  })

  it('begins anew with its next epoch, and its old one is refused', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    await produce(first, 0)
    await produce(first, 0, { producerEpoch: 1 })
    await kill(1)
    const second = await leader(2)
    expect((await produce(second, 0, { producerEpoch: 1 })).duplicate).toBe(true)
    expect(() => second.leading.append(batchOf(['1'], options(1)), 'client')).toThrow(
      expect.objectContaining({ kafkaError: 'INVALID_PRODUCER_EPOCH' }),
    )
    expect((await produce(second, 0, { producerEpoch: 2 })).duplicate).toBe(false)
  })

  it('is known to a leader that was killed itself, and came back from its files', async () => {
    cluster = await startReplicaCluster(3)
    const first = await leader(1)
    for (let sequence = 0; sequence < 3; sequence++) await produce(first, sequence)
    await kill(1)
    const second = await leader(2)
    await produce(second, 3)
    await cluster.broker(1).start()
    await until('it is in sync', () => second.leading.isr.length === 3)
    await kill(2)
    await kill(3)
    const back = await leader(1)
    for (let sequence = 0; sequence < 4; sequence++) {
      const again = await produce(back, sequence)
      expect([again.duplicate, again.baseOffset]).toEqual([true, sequence])
    }
    expect((await produce(back, 4)).baseOffset).toBe(4)
  })
})

/** Written now: a producer that wrote nothing for long is forgotten. */
function options(baseSequence: number) {
  return { producerId, producerEpoch: 0, baseSequence, timestampMs: Date.now() }
}
