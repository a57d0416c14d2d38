// What a leader takes, what it refuses, and what it changes in a batch.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import {
  compressionId,
  hasLogAppendTime,
  leaderEpoch,
  maxTimestamp,
  producerId,
  setBaseOffset,
} from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { checkCrc } from '@samsa/proto/record/batches'
import { decodeRecords } from '@samsa/proto/record/records'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  FakeTime,
  openLog,
  openManager,
  readAll,
  readFrom,
  sequencedBatch,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const client = { leaderEpoch: 5, origin: 'client' } as const
const now = new FakeTime().now

async function open(config: Partial<LogConfig> = {}): Promise<PartitionLog> {
  return openLog(await openManager(new MemoryDisk()), config)
}

function refusal(kafkaError: string) {
  return expect.objectContaining({ kafkaError })
}

describe('an append', () => {
  it('tells the offsets, and stamps them with the leader epoch into the batch', async () => {
    const log = await open()
    await appendAll(log, [batchOf(['a', 'b'])])
    const batch = batchOf(['c', 'd', 'e'])
    const append = log.append(batch, client)
    expect(append).toMatchObject({
      baseOffset: 2,
      lastOffset: 4,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      duplicate: false,
    })
    await append.written
    expect(Number(batch.readBigInt64BE(0))).toBe(2)
    expect(leaderEpoch(batch, 0)).toBe(5)
  })

  it('is not visible before it is written', async () => {
    const log = await open()
    const { written } = log.append(batchOf(['a']), client)
    expect(log.logEndOffset).toBe(0)
    await written
    expect(log.logEndOffset).toBe(1)
  })

  it('of one turn shares its promise, and one write, with the others', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk))
    const writes: number[] = []
    disk.onOperation = ({ kind, path, bytes }) => {
      if (kind === 'write' && path.endsWith('.log')) writes.push(bytes)
      return undefined
    }
    const batches = ['a', 'b', 'c'].map((value) => batchOf([value]))
    const promises = new Set(batches.map((batch) => log.append(batch, client).written))
    expect(promises.size).toBe(1)
    expect(log.pendingBytes).toBe(batches.reduce((sum, batch) => sum + batch.length, 0))
    await Promise.all(promises)
    expect(writes).toEqual([batches.reduce((sum, batch) => sum + batch.length, 0)])
    expect(log.pendingBytes).toBe(0)
  })

  it('that comes during a write goes down with the next, together with the others', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk))
    let letGo = (): void => undefined
    const until = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const writes: number[] = []
    disk.onOperation = ({ kind, path, bytes }) => {
      if (kind !== 'write' || !path.endsWith('.log')) return undefined
      writes.push(bytes)
      return writes.length === 1 ? { kind: 'wait', until } : undefined
    }
    const size = batchOf(['a']).length
    const first = log.append(batchOf(['a']), client).written
    while (writes.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const rest = ['b', 'c', 'd'].map((value) => log.append(batchOf([value]), client).written)
    expect(log.logEndOffset).toBe(0)
    letGo()
    await first
    await Promise.all(rest)
    expect(writes).toEqual([size, size * 3])
    expect((await readAll(log)).map(([, value]) => value)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('that waits for a sync shares it', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk), { flushMessages: 1 })
    let syncs = 0
    disk.onOperation = ({ kind, path }) => {
      if (kind === 'sync' && path.endsWith('.log')) syncs++
      return undefined
    }
    await appendAll(log, [batchOf(['a']), batchOf(['b']), batchOf(['c'])])
    expect(syncs).toBe(1)
  })

  it('is synced when flush.messages records have gathered, and not before', async () => {
    const disk = new MemoryDisk()
    const log = await openLog(await openManager(disk), { flushMessages: 3 })
    let syncs = 0
    disk.onOperation = ({ kind, path }) => {
      if (kind === 'sync' && path.endsWith('.log')) syncs++
      return undefined
    }
    const counts: number[] = []
    for (let index = 0; index < 7; index++) {
      await appendAll(log, [batchOf(['a'])])
      counts.push(syncs)
    }
    expect(counts).toEqual([0, 0, 1, 1, 1, 2, 2])
  })

  it('of a batch that is still being written again waits for the first', async () => {
    const log = await open()
    const first = log.append(sequencedBatch({ producerId: 1, sequence: 0 }), client)
    const again = log.append(sequencedBatch({ producerId: 1, sequence: 0 }), client)
    expect(again).toMatchObject({ duplicate: true, baseOffset: 0, lastOffset: 0 })
    await again.written
    expect(log.logEndOffset).toBe(1)
    await first.written
  })
})

describe('a batch is refused', () => {
  it('with MESSAGE_TOO_LARGE above max.message.bytes, from clients only', async () => {
    const batch = () => batchOf(['x'.repeat(300)])
    const log = await open({ maxMessageBytes: batch().length - 1 })
    expect(() => log.append(batch(), client)).toThrow(refusal('MESSAGE_TOO_LARGE'))
    await log.append(batch(), { leaderEpoch: 0, origin: 'coordinator' }).written
    const exact = await open({ maxMessageBytes: batch().length })
    await exact.append(batch(), client).written
  })

  it('with RECORD_LIST_TOO_LARGE above segment.bytes', async () => {
    const log = await open({ segmentBytes: 200 })
    const batch = batchOf(['x'.repeat(300)])
    expect(() => log.append(batch, client)).toThrow(refusal('RECORD_LIST_TOO_LARGE'))
  })

  it('with CORRUPT_MESSAGE when a bit has flipped', async () => {
    const log = await open()
    const batch = batchOf(['a'])
    batch[70] = (batch[70] ?? 0) ^ 1
    expect(() => log.append(batch, client)).toThrow(refusal('CORRUPT_MESSAGE'))
  })

  it('with CORRUPT_MESSAGE when it is cut short, and INVALID_RECORD when two come', async () => {
    const log = await open()
    const batch = batchOf(['a'])
    expect(() => log.append(batch.subarray(0, -1), client)).toThrow(refusal('CORRUPT_MESSAGE'))
    expect(() => log.append(batch.subarray(0, 30), client)).toThrow(refusal('CORRUPT_MESSAGE'))
    const two = Buffer.concat([batchOf(['a']), batchOf(['b'])])
    expect(() => log.append(two, client)).toThrow(refusal('INVALID_RECORD'))
  })

  it('with INVALID_RECORD when a client sends control records', async () => {
    const log = await open()
    const batch = encodeBatch([{ key: Buffer.alloc(4), value: Buffer.alloc(6) }], {
      isControl: true,
    })
    expect(() => log.append(batch, client)).toThrow(refusal('INVALID_RECORD'))
  })

  it('with INVALID_RECORD without keys where the topic is compacted', async () => {
    const log = await open({ cleanupPolicy: { compact: true, delete: false } })
    const batch = encodeBatch([{ key: null, value: Buffer.from('x') }])
    expect(() => log.append(batch, client)).toThrow(refusal('INVALID_RECORD'))
    await log.append(batchOf(['x']), client).written
  })

  it.each([
    ['too far ahead', now + 3_600_001],
    ['too far back', now - 1001],
  ])('with INVALID_TIMESTAMP when its time is %s', async (_, timestampMs) => {
    const log = await open({ messageTimestampBeforeMaxMs: 1000 })
    expect(() => log.append(batchOf(['a'], { timestampMs }), client)).toThrow(
      refusal('INVALID_TIMESTAMP'),
    )
  })

  it.each([now + 3_600_000, now - 1000, -1])(
    'not for a time within bounds, or without one: %s',
    async (timestampMs) => {
      const log = await open({ messageTimestampBeforeMaxMs: 1000 })
      await log.append(batchOf(['a'], { timestampMs }), client).written
    },
  )

  it('without a trace: the next one gets the offset', async () => {
    const log = await open()
    expect(() =>
      log.append(sequencedBatch({ producerId: 1, sequence: 0 }).subarray(0, 70), client),
    ).toThrow()
    const append = log.append(sequencedBatch({ producerId: 1, sequence: 0 }), client)
    await append.written
    expect(append.baseOffset).toBe(0)
  })
})

describe('LogAppendTime', () => {
  it('is stamped into the batch, whatever its own time', async () => {
    const log = await open({ messageTimestampType: 'LogAppendTime' })
    const append = log.append(batchOf(['a', 'b'], { timestampMs: 17 }), client)
    expect(append.logAppendTimeMs).toBe(now)
    await append.written
    const { records } = await readFrom(log, 0)
    checkCrc(records, 0)
    expect(hasLogAppendTime(records, 0)).toBe(true)
    expect(maxTimestamp(records, 0)).toBe(now)
    expect([...decodeRecords(records)].map((record) => record.timestampMs)).toEqual([now, now])
  })

  it('of a duplicate is that of the original', async () => {
    const time = new FakeTime()
    const manager = await openManager(new MemoryDisk(), { time })
    const log = await openLog(manager, { messageTimestampType: 'LogAppendTime' })
    const first = log.append(sequencedBatch({ producerId: 1, sequence: 0 }), client)
    await first.written
    time.advance(5000)
    const again = log.append(sequencedBatch({ producerId: 1, sequence: 0 }), client)
    expect(again).toMatchObject({ duplicate: true, logAppendTimeMs: first.logAppendTimeMs })
  })
})

describe('compression.type', () => {
  const values = Array.from({ length: 20 }, (_, index) => `value-${index}-${'z'.repeat(50)}`)

  it.each([
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
    ['uncompressed', 0],
  ] as const)('%s makes what is stored so', async (compressionType, id) => {
    const log = await open({ compressionType })
    const source = compressionType === 'gzip' ? 'none' : 'gzip'
    const options = {
      compression: source,
      producerId: 8,
      producerEpoch: 0,
      baseSequence: 0,
    } as const
    await appendAll(log, [batchOf(values, options)])
    const { records } = await readFrom(log, 0)
    checkCrc(records, 0)
    expect(compressionId(records, 0)).toBe(id)
    expect(producerId(records, 0)).toBe(8)
    expect((await readAll(log)).map(([, value]) => value)).toEqual(values)
    const again = log.append(batchOf(values, options), client)
    expect(again.duplicate).toBe(true)
  })

  it('producer keeps the batch as it came', async () => {
    const log = await open()
    const batch = batchOf(values, { compression: 'zstd' })
    const copy = Buffer.from(batch)
    setBaseOffset(copy, 0, 0)
    copy.writeInt32BE(0, 12)
    await appendAll(log, [batch])
    expect((await readFrom(log, 0)).records.equals(copy)).toBe(true)
  })

  it('that makes a batch larger than max.message.bytes refuses it', async () => {
    const batch = batchOf(values, { compression: 'gzip' })
    const log = await open({ compressionType: 'uncompressed', maxMessageBytes: batch.length + 10 })
    expect(() => log.append(batch, client)).toThrow(refusal('MESSAGE_TOO_LARGE'))
  })
})

describe('a follower', () => {
  it('keeps offsets and epochs as the leader gave them', async () => {
    const leader = await open()
    await appendAll(leader, [batchOf(['a', 'b'])], 1)
    await appendAll(leader, [batchOf(['c'])], 3)
    const { records } = await readFrom(leader, 0)
    const follower = await open()
    const append = follower.appendAsFollower(Buffer.from(records))
    expect(append).toMatchObject({ baseOffset: 0, lastOffset: 2 })
    await append.written
    expect((await readFrom(follower, 0)).records.equals(records)).toBe(true)
    expect(follower.latestEpoch).toBe(3)
    expect(follower.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 2 })
  })

  it('learns the producers, so that it knows duplicates once it leads', async () => {
    const leader = await open()
    await appendAll(leader, [sequencedBatch({ producerId: 2, sequence: 0, count: 3 })])
    const follower = await open()
    await follower.appendAsFollower(Buffer.from((await readFrom(leader, 0)).records)).written
    const again = follower.append(sequencedBatch({ producerId: 2, sequence: 0, count: 3 }), client)
    expect(again).toMatchObject({ duplicate: true, baseOffset: 0 })
  })

  it('takes nothing of what has a bad checksum, a hole in time, or half a batch', async () => {
    const leader = await open()
    await appendAll(leader, [batchOf(['a']), batchOf(['b'])])
    const { records } = await readFrom(leader, 0)
    const follower = await open()
    const flipped = Buffer.from(records)
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
    expect(() => follower.appendAsFollower(flipped)).toThrow(refusal('CORRUPT_MESSAGE'))
    expect(() => follower.appendAsFollower(Buffer.from(records.subarray(0, -1)))).toThrow(
      refusal('CORRUPT_MESSAGE'),
    )
    await follower.appendAsFollower(Buffer.from(records)).written
    expect(() => follower.appendAsFollower(Buffer.from(records))).toThrow(
      refusal('CORRUPT_MESSAGE'),
    )
    expect(follower.logEndOffset).toBe(2)
  })
})
