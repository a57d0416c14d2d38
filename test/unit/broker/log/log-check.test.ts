// Damage of a log that is in use: any bit that flips is found, and nothing else is.

import type { BatchDamagedError } from '@samsa/broker/log/log-errors'
import type { CheckedPiece, PartitionLog } from '@samsa/broker/log/partition-log'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  FakeTime,
  openLog,
  openManager,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const config = { segmentBytes: 700, indexIntervalBytes: 90 }

interface Subject {
  readonly disk: MemoryDisk
  readonly log: PartitionLog
  readonly time: FakeTime
  /** Of the segments, the active one last. */
  readonly paths: string[]
}

async function logOf(batches: number, topicConfig = config): Promise<Subject> {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  const log = await openLog(await openManager(disk, { time, topicConfig }), topicConfig)
  for (let index = 0; index < batches; index++) {
    const batch = batchOf([`value-${index}`, 'x'.repeat(40)])
    await appendAll(log, [batch], Math.floor(index / 4) + 1)
  }
  const names = await disk.list('/data/events-0')
  const paths = names.filter((name) => name.endsWith('.log')).sort()
  return { disk, log, time, paths: paths.map((name) => `/data/events-0/${name}`) }
}

/** One round over the log. */
async function round(log: PartitionLog, maxBytes = 256): Promise<CheckedPiece> {
  const check = log.check()
  for (let reads = 0; reads < 10_000; reads++) {
    const piece = await check.next(maxBytes)
    if (piece.isLast) return piece
  }
  throw new Error('a round does not end')
}

function flip({ disk }: Subject, path: string, bit: number): void {
  const bytes = Buffer.from(disk.inode(path).bytes())
  const at = bit >> 3
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at)
  disk.inode(path).write(bytes, 0)
}

describe('a round over a log', () => {
  it('finds any single bit that flipped, in closed segments and in the active one', async () => {
    const subject = await logOf(13)
    expect(subject.paths.length).toBe(3)
    for (const path of subject.paths) {
      for (let bit = 0; bit < subject.disk.inode(path).sizeBytes * 8; bit++) {
        flip(subject, path, bit)
        const { damage } = await round(subject.log)
        expect(damage?.name, `${path}, bit ${bit}`).toBe('BatchDamagedError')
        expect((damage as BatchDamagedError).path).toBe(path)
        flip(subject, path, bit)
      }
    }
    expect((await round(subject.log)).damage).toBeNull()
  }, 60_000)

  it('reads every byte once, in pieces of any size', async () => {
    const { log } = await logOf(13)
    for (const maxBytes of [1, 61, 100, 163, 1000, 1 << 20]) {
      const check = log.check()
      let bytes = 0
      for (let piece = await check.next(maxBytes); ; piece = await check.next(maxBytes)) {
        expect(piece.damage).toBeNull()
        expect(piece.bytes).toBeLessThanOrEqual(Math.max(61, maxBytes))
        bytes += piece.bytes
        if (piece.isLast) break
      }
      expect(bytes).toBeGreaterThanOrEqual(log.sizeBytes)
      // Of a header that a piece cuts, the beginning is read again.
      if (maxBytes > 1000) expect(bytes).toBe(log.sizeBytes)
    }
  })

  it('looks again before it says that there is damage', async () => {
    const subject = await logOf(13)
    const [path = ''] = subject.paths
    flip(subject, path, 8 * 100)
    const check = subject.log.check()
    expect(await check.next(1 << 20)).toMatchObject({ damage: null, isLast: false })
    flip(subject, path, 8 * 100)
    for (let piece = await check.next(1 << 20); ; piece = await check.next(1 << 20)) {
      expect(piece.damage).toBeNull()
      if (piece.isLast) break
    }
  })

  it('does not take for damage what is cut, deleted or appended meanwhile', async () => {
    const { log, time } = await logOf(13)
    const check = log.check()
    await check.next(100)
    await log.truncateTo(20)
    await appendAll(log, [batchOf(['another', 'one'])], 9)
    expect((await check.next(100)).damage).toBeNull()
    await log.deleteRecords(15)
    time.advance(310_000)
    await log.flush()
    for (let piece = await check.next(100); ; piece = await check.next(100)) {
      expect(piece.damage).toBeNull()
      if (piece.isLast) break
    }
    await log.truncateFullyAndStartAt(5)
    expect((await round(log)).damage).toBeNull()
  })

  it('has nothing to say of a log without a batch', async () => {
    const { log } = await logOf(0)
    expect(await round(log)).toEqual({ bytes: 0, isLast: true, damage: null })
  })

  it('finds that a segment has become shorter', async () => {
    const { disk: files, log, paths } = await logOf(13)
    const inode = files.inode(paths[1] ?? '')
    inode.truncate(inode.sizeBytes - 10)
    expect((await round(log)).damage?.message).toContain('shorter')
  })
})
