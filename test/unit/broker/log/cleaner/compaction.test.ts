// What compaction keeps and what it drops, and how it lives with a log that is in use.

import type { CleanedGroup } from '@samsa/broker/log/cleaner/clean-job'
import { cleanLog } from '@samsa/broker/log/cleaner/clean-log'
import type { DiskPartitionLog } from '@samsa/broker/log/disk-partition-log'
import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { attributes, baseTimestamp, batchAttribute } from '@samsa/proto/record/batch'
import { describe, expect, it } from 'vitest'
import {
  batchesOf,
  cleanAll,
  compacted,
  endTransaction,
  keyed,
  openCompacted,
  recordsOf,
  roll,
  textOf,
} from '../../../../support/disk/compacted-log.ts'
import {
  appendAll,
  FakeTime,
  managerConfig,
  openManager,
  RecordedEvents,
  readFrom,
} from '../../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../../support/disk/memory-disk.ts'

async function start(config = {}) {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  const events = new RecordedEvents()
  const options = { time, events, topicConfig: { ...compacted, ...config } }
  const manager = await openManager(disk, options)
  const log = await openCompacted(manager, config)
  return { disk, time, events, manager, log, options }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

const withoutFiller = (texts: string[]) => texts.filter((text) => !text.includes('filler'))

/** Lets the producer be forgotten and the markers' time pass; returns how many are left. */
async function dropMarkers(time: FakeTime, manager: LogManager, log: PartitionLog) {
  time.now += 90_000_000
  ;(log as DiskPartitionLog).expireProducers()
  for (let round = 0; round < 3; round++) {
    await roll(log)
    await cleanAll(manager)
    time.now += 60_000
  }
  return (await batchesOf(log)).filter((batch) => batch.isControl).length
}

describe('compaction', () => {
  it('keeps the last record of each key, at its offset', async () => {
    const { manager, log } = await start()
    await appendAll(log, [
      keyed([
        ['a', '1'],
        ['b', '1'],
        ['a', '2'],
      ]),
      keyed([
        ['c', '1'],
        ['b', '2'],
      ]),
    ])
    await roll(log)
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['2 a=2', '3 c=1', '4 b=2'])
    expect(log.logStartOffset).toBe(0)
  })

  it('leaves the active segment and what is behind the last stable offset alone', async () => {
    const { manager, log } = await start()
    await appendAll(log, [keyed([['a', '1']])])
    await roll(log)
    await appendAll(log, [
      keyed([['a', '2']], {
        producerId: 5,
        producerEpoch: 0,
        baseSequence: 0,
        isTransactional: true,
      }),
    ])
    await roll(log)
    await appendAll(log, [keyed([['a', '3']])])
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log)).map((text) => text.split(' ')[1])).toEqual([
      'a=1',
      'a=2',
      'a=3',
    ])
  })

  it('is not void by its own swap, while files are being renamed', async () => {
    const { disk, time, log } = await start()
    for (const value of ['1', '2']) {
      await appendAll(log, [keyed([['a', value]])])
      await roll(log)
    }
    const { cleaning } = log as DiskPartitionLog
    const plan = await cleaning.plan(time.nowMs())
    const under = cleaning.begin(plan)
    const seen = new Set<boolean>()
    const swap = async (group: CleanedGroup) => {
      const turn = { isOver: false }
      const swapped = under.swap(group).finally(() => {
        turn.isOver = true
      })
      for (; !turn.isOver; await nextTurn()) seen.add(under.isVoid)
      return await swapped
    }
    const job = await cleaning.job(plan, managerConfig.cleaner.limits, time.nowMs())
    const idle = { aborted: false, pause: async () => undefined, random: () => 0.5 }
    const result = await cleanLog(disk, job, { ...idle, swap, monotonicMs: () => time.nowMs() })
    expect(result?.recordsKept).toBeGreaterThan(0)
    expect([...seen]).toEqual([false])
  })

  it('makes one segment of several small ones, and starts again with it', async () => {
    const { disk, manager, log, options } = await start()
    for (let round = 0; round < 10; round++) {
      await appendAll(log, [keyed([['a', `${round}`]])])
      await roll(log)
    }
    const before = log.segmentCount
    await cleanAll(manager)
    await cleanAll(manager)
    await appendAll(log, [keyed([['b', '1']])])
    await roll(log)
    await cleanAll(manager)
    expect(log.segmentCount).toBeLessThan(before)
    const found = await textOf(log)
    await manager.close()
    const again = await openManager(disk, options)
    const reopened = await openCompacted(again)
    reopened.updateHighWatermark(reopened.logEndOffset)
    expect(await textOf(reopened)).toEqual(found)
    expect(disk.files().filter((name) => /cleaned|swap$/.test(name))).toEqual([])
  })

  it('notes how far it came where Kafka does', async () => {
    const { disk, manager, log } = await start()
    await appendAll(log, [keyed([['a', '1']])])
    await roll(log)
    await cleanAll(manager)
    const content = disk.inode('/data/cleaner-offset-checkpoint').bytes().toString()
    expect(content).toMatch(/^0\n1\nevents 0 \d+\n$/)
  })

  it('gives tombstones a horizon, and drops them after it though nothing is written', async () => {
    const { time, manager, log } = await start()
    await appendAll(log, [
      keyed([
        ['a', '1'],
        ['b', '1'],
      ]),
      keyed([['a', null]]),
    ])
    await roll(log)
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['1 b=1', '2 a=(gone)'])
    const batch = (await batchesOf(log)).find(({ records }) => records[0]?.key === 'a')?.bytes
    expect(batch).toBeDefined()
    if (batch === undefined) return
    expect(attributes(batch, 0) & batchAttribute.deleteHorizon).not.toBe(0)
    expect(baseTimestamp(batch, 0)).toBe(time.now + 60_000)
    expect((await recordsOf(log)).find(({ key }) => key === 'a')?.timestampMs).toBe(time.now)
    time.now += 59_999
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['1 b=1', '2 a=(gone)'])
    time.now += 1
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['1 b=1'])
  })

  it('drops aborted records, keeps their marker while a reader may need it, then drops it', async () => {
    const { time, manager, log } = await start()
    const txn = { producerId: 5, producerEpoch: 0, isTransactional: true }
    await appendAll(log, [keyed([['a', '1']])])
    await appendAll(log, [
      keyed(
        [
          ['a', 'aborted'],
          ['z', 'aborted'],
        ],
        { ...txn, baseSequence: 0 },
      ),
    ])
    await endTransaction(log, { type: 'abort', producerId: 5 })
    await appendAll(log, [keyed([['b', 'committed']], { ...txn, baseSequence: 2 })])
    await endTransaction(log, { type: 'commit', producerId: 5 })
    await roll(log)
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['0 a=1', '4 b=committed'])
    const markers = async () => (await batchesOf(log)).filter((batch) => batch.isControl).length
    expect(await markers()).toBe(2)
    // The empty batch of the aborted transaction is one of the producer's last, and stays with it.
    const read = await log.read({
      offset: 0,
      maxBytes: 1 << 20,
      minOneBatch: true,
      upTo: log.logEndOffset,
      abortedTransactions: true,
    })
    expect(read.abortedTransactions).toEqual([{ producerId: 5, firstOffset: 1 }])
    expect(await dropMarkers(time, manager, log)).toBe(1)
    expect(withoutFiller(await textOf(log))).toEqual(['0 a=1', '4 b=committed'])
  })

  it('keeps the batches by which producers are known, without their records', async () => {
    const { disk, manager, log, options } = await start()
    const batch = (sequence: number) =>
      keyed([['a', `${sequence}`]], { producerId: 9, producerEpoch: 1, baseSequence: sequence })
    for (let sequence = 0; sequence < 8; sequence++) await appendAll(log, [batch(sequence)])
    await appendAll(log, [keyed([['a', 'last']])])
    await roll(log)
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['8 a=last'])
    expect((await batchesOf(log)).filter(({ records }) => records.length === 0)).toHaveLength(5)
    // A start that finds no snapshot of the producers has the batches alone.
    const crashed = disk.afterCrash('process', () => 0)
    for (const name of crashed.files()) if (name.endsWith('.snapshot')) await crashed.remove(name)
    const again = await openManager(crashed, options)
    const reopened = await openCompacted(again)
    const { written, duplicate, baseOffset } = reopened.append(batch(3), {
      leaderEpoch: 0,
      origin: 'client',
    })
    await written
    expect({ duplicate, baseOffset }).toEqual({ duplicate: true, baseOffset: 3 })
    const next = reopened.append(batch(8), { leaderEpoch: 0, origin: 'client' })
    await next.written
    expect(next.duplicate).toBe(false)
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('compresses again with %s', async (type) => {
    const { manager, log } = await start()
    const records = Array.from({ length: 20 }, (_, index) => [`k${index % 3}`, `${index}`] as const)
    await appendAll(log, [keyed(records, { compression: type })])
    await roll(log)
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['17 k2=17', '18 k0=18', '19 k1=19'])
    const first = (await batchesOf(log))[0]?.bytes
    expect(first === undefined ? -1 : attributes(first, 0) & batchAttribute.compressionMask).toBe(
      { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }[type],
    )
  })

  it('uses the codec of the topic where it has one', async () => {
    const { manager, log } = await start()
    await appendAll(log, [
      keyed([
        ['a', '1'],
        ['a', '2'],
      ]),
    ])
    await roll(log)
    manager.updateConfig('events', { ...log.config, compressionType: 'zstd' })
    await cleanAll(manager)
    const batches = await batchesOf(log)
    expect(attributes(batches[0]?.bytes ?? Buffer.alloc(61), 0) & 7).toBe(4)
  })

  it('waits for min.compaction.lag.ms, and for the dirty ratio', async () => {
    const { time, manager, log } = await start({
      minCompactionLagMs: 10_000,
      minCleanableDirtyRatio: 0.5,
    })
    await appendAll(log, [
      keyed([
        ['a', '1'],
        ['a', '2'],
      ]),
    ])
    await roll(log)
    time.now += 9_999
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['0 a=1', '1 a=2'])
    time.now += 1
    await cleanAll(manager)
    expect(withoutFiller(await textOf(log))).toEqual(['1 a=2'])
  })

  it('cleans in several passes where the keys do not fit the map', async () => {
    const { manager, log, disk } = await start()
    const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`)
    for (const value of ['1', '2', '3']) {
      for (const key of keys) await appendAll(log, [keyed([[key, value]])])
    }
    await roll(log)
    await manager.close()
    const small = { mapBytes: 24 * 64, mapLoadFactor: 0.9, ioBytes: 300, bytesPerSecond: 1e9 }
    const again = await openManager(disk, {
      topicConfig: compacted,
      config: { cleaner: { enabled: true, backoffMs: 1, limits: small } },
    })
    const reopened = await openCompacted(again)
    reopened.updateHighWatermark(reopened.logEndOffset)
    await cleanAll(again)
    const texts = withoutFiller(await textOf(reopened))
    expect(texts).toEqual(keys.map((key, index) => `${400 + index} ${key}=3`))
  })

  it('leaves a damaged log alone, and says so', async () => {
    const { disk, manager, log, events } = await start()
    await appendAll(log, [keyed([['a', '1']])])
    await roll(log)
    const inode = disk.inode(`/data/events-0/${'0'.repeat(20)}.log`)
    inode.write(Buffer.from([(inode.bytes()[65] ?? 0) ^ 1]), 65)
    await cleanAll(manager)
    expect(manager.cleaner?.uncleanable.count).toBe(1)
    expect(events.messages('error')).toContain('a log is not compacted any more')
    await cleanAll(manager)
  })

  it('gives up when the log is cut meanwhile', async () => {
    const { disk, manager, log } = await start()
    for (let round = 0; round < 5; round++) {
      await appendAll(log, [keyed([['a', `${round}`]])])
      await roll(log)
    }
    let isCut = false
    disk.onOperation = ({ kind, path }) => {
      if (kind === 'write' && path.endsWith('.log.cleaned') && !isCut) {
        isCut = true
        return { kind: 'wait', until: log.truncateTo(2) }
      }
      return undefined
    }
    await cleanAll(manager)
    expect(isCut).toBe(true)
    expect(log.logEndOffset).toBe(2)
    expect(await textOf(log)).toHaveLength(2)
    expect(disk.files().filter((name) => /cleaned|swap$/.test(name))).toEqual([])
  })

  it('lets a reader finish who is in a segment that goes', async () => {
    const { disk, time, manager, log } = await start()
    await appendAll(log, [
      keyed([
        ['a', '1'],
        ['a', '2'],
      ]),
    ])
    await roll(log)
    const held = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    disk.onOperation = ({ kind, path }) => {
      if (kind !== 'read' || !path.endsWith('0.log')) return undefined
      disk.onOperation = () => undefined
      begun.resolve()
      return { kind: 'wait', until: held.promise }
    }
    const reading = readFrom(log, 0)
    await begun.promise
    await cleanAll(manager)
    expect(disk.files().filter((name) => name.endsWith('.deleted'))).not.toEqual([])
    time.advance(2000)
    held.resolve()
    expect((await reading).records.length).toBeGreaterThan(0)
  })
})
