// Reads as consumers and followers make them: limits, boundaries, positions remembered, offsets by
// time.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { decodeRecords } from '@samsa/proto/record/records'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  openLog,
  openManager,
  readAll,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

async function open(
  config: Partial<LogConfig> = {},
): Promise<{ disk: MemoryDisk; log: PartitionLog }> {
  const disk = new MemoryDisk()
  return { disk, log: await openLog(await openManager(disk), config) }
}

const whole = { maxBytes: 1 << 20, minOneBatch: true, abortedTransactions: false }

function valuesOf(records: Buffer): string[] {
  return [...decodeRecords(records)].map((record) => record.value?.toString() ?? '')
}

describe('a read', () => {
  it('begins with the batch that holds the offset', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a', 'b', 'c']), batchOf(['d'])])
    const { records, nextOffset } = await log.read({ ...whole, offset: 1, upTo: 4 })
    expect(valuesOf(records)).toEqual(['a', 'b', 'c', 'd'])
    expect(nextOffset).toBe(4)
  })

  it('gives whole batches below `upTo` only', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a', 'b']), batchOf(['c', 'd'])])
    expect(valuesOf((await log.read({ ...whole, offset: 0, upTo: 3 })).records)).toEqual(['a', 'b'])
    expect(await log.read({ ...whole, offset: 2, upTo: 3 })).toMatchObject({ nextOffset: 2 })
    expect((await log.read({ ...whole, offset: 3, upTo: 3 })).records.length).toBe(0)
  })

  it('gives whole batches up to maxBytes, and one in any case where that is asked for', async () => {
    const { log } = await open()
    const batches = Array.from({ length: 6 }, (_, index) => batchOf([`${index}`.repeat(100)]))
    const size = batches[0]?.length ?? 0
    await appendAll(log, batches)
    for (const [maxBytes, count] of [
      [size * 3, 3],
      [size * 3 - 1, 2],
      [size, 1],
      [size - 1, 1],
      [0, 1],
    ] as const) {
      const read = await log.read({ ...whole, offset: 1, upTo: 6, maxBytes })
      expect([valuesOf(read.records).length, read.nextOffset]).toEqual([count, 1 + count])
    }
    const none = await log.read({
      ...whole,
      offset: 1,
      upTo: 6,
      maxBytes: size - 1,
      minOneBatch: false,
    })
    expect([none.records.length, none.nextOffset]).toEqual([0, 1])
  })

  it('refuses offsets outside of the log', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a'])])
    for (const offset of [-1, 2]) {
      await expect(log.read({ ...whole, offset, upTo: 1 })).rejects.toMatchObject({
        kafkaError: 'OFFSET_OUT_OF_RANGE',
      })
    }
    expect((await log.read({ ...whole, offset: 1, upTo: 1 })).records.length).toBe(0)
  })

  it('reads into the buffer it is given', async () => {
    const { log } = await open()
    await appendAll(log, [batchOf(['a'])])
    const pool = Buffer.alloc(10_000)
    const { records } = await log.read({
      ...whole,
      offset: 0,
      upTo: 1,
      allocate: (size) => pool.subarray(0, size),
    })
    expect(records.buffer).toBe(pool.buffer)
  })

  it('that goes on where the last one ended reads the file once, and not a byte too many', async () => {
    const { disk, log } = await open({ indexIntervalBytes: 200 })
    const batches = Array.from({ length: 50 }, () => batchOf(['x'.repeat(40)]))
    await appendAll(log, batches)
    let { nextOffset } = await log.read({ ...whole, offset: 20, upTo: 50, maxBytes: 300 })
    const sizes: number[] = []
    const reads: number[] = []
    disk.onOperation = ({ kind }) => {
      if (kind === 'read') reads.push(1)
      return undefined
    }
    while (nextOffset < 50) {
      const read = await log.read({
        ...whole,
        offset: nextOffset,
        upTo: 50,
        maxBytes: 300,
        allocate: (size) => {
          sizes.push(size)
          return Buffer.alloc(size)
        },
      })
      nextOffset = read.nextOffset
    }
    expect(reads.length).toBe(sizes.length)
    expect(Math.max(...sizes)).toBe(300)
  })

  it('from any offset, in any order, by many readers, gives the same', async () => {
    const { log } = await open({ segmentBytes: 3000, indexIntervalBytes: 300 })
    const batches = Array.from({ length: 120 }, (_, index) => batchOf([`${index}-a`, `${index}-b`]))
    await appendAll(log, batches)
    const reads = Array.from({ length: 240 }, (_, index) => (index * 97) % 240)
    await Promise.all(
      reads.map(async (offset) => {
        const { records } = await log.read({ ...whole, offset, upTo: 240, maxBytes: 1 })
        const batch = Math.floor(offset / 2)
        expect(valuesOf(records)).toEqual([`${batch}-a`, `${batch}-b`])
      }),
    )
  })

  it('passes over segments without anything at the offset', async () => {
    const { log } = await open({ segmentBytes: 100 })
    const batch = (value: string, baseOffset: number) =>
      batchOf([value], { baseOffset, leaderEpoch: 0 })
    await log.appendAsFollower(batch('a', 0)).written
    await log.appendAsFollower(batch('b', 40)).written
    await log.appendAsFollower(batch('c', 90)).written
    log.updateHighWatermark(91)
    expect(await readAll(log)).toEqual([
      [0, 'a'],
      [40, 'b'],
      [90, 'c'],
    ])
    expect(valuesOf((await log.read({ ...whole, offset: 41, upTo: 91 })).records)).toEqual(['c'])
  })

  it('of what is larger than one piece is whole', async () => {
    const { log } = await open({ maxMessageBytes: 10_000_000 })
    await appendAll(log, [batchOf(['small']), batchOf(['x'.repeat(3_000_000)]), batchOf(['after'])])
    const found = await readAll(log, 100)
    expect(found.map(([offset, value]) => [offset, value.length])).toEqual([
      [0, 5],
      [1, 3_000_000],
      [2, 5],
    ])
  })
})

describe('offsets by time', () => {
  const base = 1_700_000_000_000

  async function timed(config: Partial<LogConfig> = {}): Promise<PartitionLog> {
    const { log } = await open({ segmentBytes: 1000, indexIntervalBytes: 100, ...config })
    // Times grow, but for every fifth batch.
    const batches = Array.from({ length: 60 }, (_, index) =>
      batchOf([`${index}`, `${index}+`], {
        timestampMs: base + (index % 5 === 4 ? index * 10 - 35 : index * 10),
        compression: index % 2 === 0 ? 'none' : 'gzip',
      }),
    )
    await appendAll(log, batches, 2)
    return log
  }

  it('are of the first record with the time or a later one', async () => {
    const log = await timed()
    expect(await log.offsetForTimestamp(base)).toEqual({
      offset: 0,
      timestamp: base,
      leaderEpoch: 2,
    })
    expect(await log.offsetForTimestamp(base + 1)).toMatchObject({
      offset: 2,
      timestamp: base + 10,
    })
    expect(await log.offsetForTimestamp(base + 40)).toMatchObject({
      offset: 10,
      timestamp: base + 50,
    })
    expect(await log.offsetForTimestamp(base + 580)).toMatchObject({ offset: 116 })
    expect(await log.offsetForTimestamp(base + 581)).toBeNull()
    expect(await log.offsetForTimestamp(0)).toMatchObject({ offset: 0 })
  })

  it('agree with a walk over all records', async () => {
    const log = await timed()
    const all: [number, number][] = []
    for (let offset = 0; offset < log.logEndOffset; ) {
      const read = await log.read({ ...whole, offset, upTo: log.logEndOffset })
      for (const record of decodeRecords(read.records))
        all.push([record.offset, record.timestampMs])
      offset = read.nextOffset
    }
    for (let timestamp = base - 5; timestamp < base + 600; timestamp += 7) {
      const expected = all.find(([, at]) => at >= timestamp)
      const found = await log.offsetForTimestamp(timestamp)
      expect(found === null ? undefined : [found.offset, found.timestamp]).toEqual(expected)
    }
  })

  it('never point below the log start', async () => {
    const log = await timed()
    await log.deleteRecords(7)
    expect(await log.offsetForTimestamp(0)).toMatchObject({ offset: 7 })
    expect(await log.offsetOfMaxTimestamp()).toMatchObject({ offset: 116 })
  })

  it('are found within a batch', async () => {
    const { log } = await open()
    const { encodeBatch } = await import('@samsa/proto/record/batch-builder')
    const records = [5, 9, 7].map((ms) => ({
      key: null,
      value: Buffer.from('x'),
      timestampMs: base + ms,
    }))
    await appendAll(log, [encodeBatch(records, { compression: 'lz4' })])
    expect(await log.offsetForTimestamp(base + 6)).toMatchObject({ offset: 1, timestamp: base + 9 })
    expect(await log.offsetOfMaxTimestamp()).toMatchObject({ offset: 1, timestamp: base + 9 })
  })

  it('are null for an empty log', async () => {
    const { log } = await open()
    expect(await log.offsetForTimestamp(0)).toBeNull()
    expect(await log.offsetOfMaxTimestamp()).toBeNull()
  })
})
