// Followers that diverged: cutting back, starting anew, and what leader epochs say of where logs
// agree.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  openLog,
  openManager,
  readAll,
  readFrom,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const config = { segmentBytes: 300, indexIntervalBytes: 80 }

async function open(
  overrides: Partial<LogConfig> = {},
): Promise<{ disk: MemoryDisk; log: PartitionLog }> {
  const disk = new MemoryDisk()
  const merged = { ...config, ...overrides }
  return { disk, log: await openLog(await openManager(disk, { topicConfig: merged }), merged) }
}

const values = Array.from({ length: 30 }, (_, index) => `v${index}`)

async function filled(): Promise<{ disk: MemoryDisk; log: PartitionLog }> {
  const fixture = await open()
  await appendAll(
    fixture.log,
    values.map((value) => batchOf([value])),
    1,
  )
  return fixture
}

describe('truncateTo', () => {
  it.each([0, 1, 7, 15, 29, 30])('%s keeps what is below and goes on there', async (offset) => {
    const { disk, log } = await filled()
    await log.truncateTo(offset)
    expect(log.logEndOffset).toBe(offset)
    expect(log.highWatermark).toBe(offset)
    await appendAll(log, [batchOf(['new'])], 2)
    const expected = [...values.slice(0, offset), 'new'].map((value, index) => [index, value])
    expect(await readAll(log)).toEqual(expected)
    const again = await openLog(await openManager(disk.afterCrash('process', () => 0)), config)
    expect(await readAll(again)).toEqual(expected)
  })

  it('takes a batch that holds the offset away whole', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a']), batchOf(['b', 'c', 'd'])])
    await log.truncateTo(2)
    expect(await readAll(log)).toEqual([[0, 'a']])
    await appendAll(log, [batchOf(['new'])])
    expect((await readAll(log)).at(-1)?.[1]).toBe('new')
  })

  it('behind the end does nothing', async () => {
    const { log } = await filled()
    await log.truncateTo(31)
    expect(log.logEndOffset).toBe(30)
  })

  it('below the log start empties the log', async () => {
    const { log } = await filled()
    await log.deleteRecords(20)
    await log.truncateTo(10)
    expect(log).toMatchObject({ logStartOffset: 10, logEndOffset: 10 })
  })

  it('forgets epochs and producers of what is gone', async () => {
    const { log } = await open()
    await appendAll(log, [sequencedBatch({ producerId: 1, sequence: 0 })], 1)
    await appendAll(
      log,
      [
        sequencedBatch({ producerId: 1, sequence: 1 }),
        sequencedBatch({ producerId: 2, sequence: 0 }),
      ],
      2,
    )
    await log.truncateTo(1)
    expect(log.latestEpoch).toBe(1)
    expect(
      log.activeProducers().map(({ producerId, lastSequence }) => [producerId, lastSequence]),
    ).toEqual([[1, 0]])
    const next = log.append(sequencedBatch({ producerId: 1, sequence: 1 }), {
      leaderEpoch: 3,
      origin: 'client',
    })
    expect(next).toMatchObject({ duplicate: false, baseOffset: 1 })
    await next.written
  })

  it('refuses appends while it is under way, and takes them after', async () => {
    const { log } = await filled()
    const cutting = log.truncateTo(5)
    expect(() => log.append(batchOf(['x']), { leaderEpoch: 1, origin: 'client' })).toThrow(/cut/)
    await cutting
    await appendAll(log, [batchOf(['x'])])
    expect(log.logEndOffset).toBe(6)
  })

  it('waits for what is being written', async () => {
    const { log } = await filled()
    const { written } = log.append(batchOf(['late']), { leaderEpoch: 1, origin: 'client' })
    await log.truncateTo(30)
    await written
    expect(log.logEndOffset).toBe(30)
  })

  it('makes a reader that was under way fail rather than see what is gone', async () => {
    const { log } = await filled()
    const reading = readFrom(log, 28)
    const cutting = log.truncateTo(3)
    const outcome = await reading.then(
      ({ records }) => records.length,
      (error: { kafkaError?: string }) => error.kafkaError,
    )
    await cutting
    // Done before the cut, or refused.
    expect([expect.any(Number), 'KAFKA_STORAGE_ERROR', 'OFFSET_OUT_OF_RANGE']).toContainEqual(
      outcome,
    )
    await expect(readFrom(log, 28)).rejects.toMatchObject({ kafkaError: 'OFFSET_OUT_OF_RANGE' })
    expect((await readAll(log)).length).toBe(3)
  })

  it('lowers the recovery point for good before it cuts: what comes next is not flushed', async () => {
    const { disk, log } = await filled()
    await log.flush()
    const checkpoint = '/data/recovery-point-offset-checkpoint'
    let atCut = ''
    disk.onOperation = ({ kind, path }) => {
      const isCut = (kind === 'truncate' || kind === 'remove') && path.endsWith('.log')
      if (isCut && atCut === '') atCut = disk.inode(checkpoint).bytes().toString()
      return undefined
    }
    await log.truncateTo(5)
    expect(atCut).toBe('0\n1\nevents 0 5\n')
    const lost = disk.afterCrash('power', () => 0)
    expect(lost.inode(checkpoint).bytes().toString()).toBe(atCut)
  })

  it('makes readers look for their position anew', async () => {
    const { log } = await open({ segmentBytes: 100_000 })
    await appendAll(
      log,
      values.map((value) => batchOf([value])),
    )
    const left = await readFrom(log, 0, 1000)
    expect(left.nextOffset).toBeGreaterThan(5)
    await log.truncateTo(2)
    const longer = Array.from({ length: 20 }, (_, index) =>
      batchOf([`longer than before ${index}`]),
    )
    await appendAll(log, longer)
    const { records } = await readFrom(log, left.nextOffset, 1)
    expect(Number(records.readBigInt64BE(0))).toBe(left.nextOffset)
  })

  it('leaves indexes that still lead to every batch and time', async () => {
    const { log } = await open()
    const base = 1_700_000_000_000
    await appendAll(
      log,
      values.map((value, index) => batchOf([value], { timestampMs: base + index })),
    )
    await log.truncateTo(17)
    for (let offset = 0; offset < 17; offset++) {
      expect(await log.offsetForTimestamp(base + offset)).toMatchObject({ offset })
    }
    expect(await log.offsetForTimestamp(base + 17)).toBeNull()
    expect(await log.offsetOfMaxTimestamp()).toMatchObject({ offset: 16 })
    await appendAll(log, [
      batchOf(['older'], { timestampMs: base + 3 }),
      batchOf(['newer'], { timestampMs: base + 90 }),
    ])
    expect(await log.offsetForTimestamp(base + 17)).toMatchObject({ offset: 18 })
  })
})

describe('truncateFullyAndStartAt', () => {
  it.each([0, 12, 1000])('%s leaves an empty log there', async (offset) => {
    const { disk, log } = await filled()
    await log.truncateFullyAndStartAt(offset)
    expect(log).toMatchObject({
      logStartOffset: offset,
      logEndOffset: offset,
      highWatermark: offset,
      segmentCount: 1,
      latestEpoch: -1,
    })
    await appendAll(log, [batchOf(['new'])], 9)
    expect(await readAll(log)).toEqual([[offset, 'new']])
    expect(disk.files('/data/events-0').filter((path) => path.endsWith('.log')).length).toBe(1)
    const again = await openLog(await openManager(disk.afterCrash('process', () => 0)), config)
    expect(await readAll(again)).toEqual([[offset, 'new']])
  })
})

describe('leader epochs', () => {
  it('tell where each ended', async () => {
    const { log } = await open()
    for (const [epoch, count] of [
      [2, 3],
      [5, 4],
      [6, 1],
    ] as const) {
      await appendAll(
        log,
        Array.from({ length: count }, () => batchOf(['x'])),
        epoch,
      )
    }
    expect(log.endOffsetForEpoch(2)).toEqual({ epoch: 2, endOffset: 3 })
    expect(log.endOffsetForEpoch(4)).toEqual({ epoch: 2, endOffset: 3 })
    expect(log.endOffsetForEpoch(5)).toEqual({ epoch: 5, endOffset: 7 })
    expect(log.endOffsetForEpoch(6)).toEqual({ epoch: 6, endOffset: 8 })
    expect(log.endOffsetForEpoch(7)).toEqual({ epoch: -1, endOffset: -1 })
    expect(log.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 0 })
    expect(log.endOffsetForEpoch(-1)).toEqual({ epoch: -1, endOffset: -1 })
    expect([0, 2, 3, 6, 7, 99].map((offset) => log.epochForOffset(offset))).toEqual([
      2, 2, 5, 5, 6, 6,
    ])
  })

  it('begin where a leader takes over, before its first batch', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a'])], 1)
    log.assignEpochStart(4)
    expect(log.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 1 })
    expect(log.endOffsetForEpoch(4)).toEqual({ epoch: 4, endOffset: 1 })
    log.assignEpochStart(5)
    expect(log.endOffsetForEpoch(4)).toEqual({ epoch: 1, endOffset: 1 })
  })

  it.each(['process', 'power'] as const)(
    'survive a crash (%s) with the batches that have them',
    async (kind) => {
      const { disk, log } = await open({ flushMessages: 1 })
      await appendAll(log, [batchOf(['a'])], 1)
      await appendAll(log, [batchOf(['b'])], 3)
      for (let seed = 0; seed < 10; seed++) {
        const again = await openLog(await openManager(disk.afterCrash(kind, () => seed / 10)))
        expect(again.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 1 })
        expect(again.latestEpoch).toBe(3)
      }
    },
  )
})
