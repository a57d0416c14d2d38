// When segments begin, and when they go: size, time, jitter, retention, DeleteRecords.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { describe, expect, it } from 'vitest'
import {
  appendAll,
  batchOf,
  FakeTime,
  logConfig,
  openLog,
  openManager,
  RecordedEvents,
  readAll,
} from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

const hourMs = 3_600_000

interface Fixture {
  readonly disk: MemoryDisk
  readonly time: FakeTime
  readonly events: RecordedEvents
  readonly manager: LogManager
  readonly log: PartitionLog
}

async function open(config: Partial<LogConfig> = {}): Promise<Fixture> {
  const disk = new MemoryDisk()
  const time = new FakeTime()
  disk.nowMs = () => time.now
  const events = new RecordedEvents()
  const manager = await openManager(disk, { time, events, topicConfig: config })
  return { disk, time, events, manager, log: await openLog(manager, config) }
}

async function append({ log, time }: Fixture, ...values: string[]): Promise<void> {
  await appendAll(
    log,
    values.map((value) => batchOf([value], { timestampMs: time.now })),
  )
}

async function retain({ time }: Fixture): Promise<void> {
  time.advance(300_000)
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function segmentsOf({ disk }: Fixture): number[] {
  return disk
    .files('/data/events-0')
    .filter((path) => path.endsWith('.log'))
    .map((path) => Number(path.slice(-24, -4)))
}

describe('a segment', () => {
  it('ends before the batch that would make it larger than segment.bytes', async () => {
    const size = batchOf(['value']).length
    const fixture = await open({ segmentBytes: size * 3 })
    await append(fixture, ...Array.from({ length: 7 }, () => 'value'))
    expect(segmentsOf(fixture)).toEqual([0, 3, 6])
  })

  it('ends when its first record is older than segment.ms by the record that comes', async () => {
    const fixture = await open({ segmentMs: hourMs })
    await append(fixture, 'a')
    fixture.time.advance(hourMs)
    await append(fixture, 'b')
    expect(segmentsOf(fixture)).toEqual([0])
    fixture.time.advance(1)
    await append(fixture, 'c')
    expect(segmentsOf(fixture)).toEqual([0, 2])
  })

  it('counts its age on from before a restart', async () => {
    const fixture = await open({ segmentMs: hourMs })
    await append(fixture, 'a')
    await fixture.manager.close()
    fixture.time.advance(2 * hourMs)
    const manager = await openManager(fixture.disk, {
      time: fixture.time,
      topicConfig: { segmentMs: hourMs },
    })
    const log = await openLog(manager, { segmentMs: hourMs })
    await append({ ...fixture, manager, log }, 'b')
    expect(segmentsOf(fixture)).toEqual([0, 1])
  })

  it('lives shorter by a random part of segment.jitter.ms', async () => {
    const fixture = await open({
      segmentMs: hourMs,
      segmentJitterMs: hourMs / 2,
      segmentBytes: 500,
    })
    // The first segment of a log has no jitter; the fixture's random number is 0.5.
    await append(fixture, 'x'.repeat(300), 'y'.repeat(300))
    expect(segmentsOf(fixture)).toEqual([0, 1])
    fixture.time.advance(hourMs * 0.75)
    await append(fixture, 'a')
    expect(segmentsOf(fixture)).toEqual([0, 1])
    fixture.time.advance(1)
    await append(fixture, 'b')
    expect(segmentsOf(fixture)).toEqual([0, 1, 3])
  })

  it('ends when an index is full', async () => {
    const fixture = await open({ segmentIndexBytes: 24, indexIntervalBytes: 1 })
    await append(fixture, ...Array.from({ length: 10 }, (_, index) => `${index}`))
    expect(segmentsOf(fixture).length).toBeGreaterThan(2)
    expect((await readAll(fixture.log)).length).toBe(10)
  })

  it('ends before an offset that its index cannot hold', async () => {
    const fixture = await open()
    await append(fixture, 'a')
    const far = batchOf(['far'], { baseOffset: 2 ** 31 + 5, leaderEpoch: 0 })
    await fixture.log.appendAsFollower(far).written
    // As far back as relative offsets of 31 bits reach.
    expect(segmentsOf(fixture)).toEqual([0, 6])
    expect(fixture.log.logEndOffset).toBe(2 ** 31 + 6)
  })
})

describe('retention.ms', () => {
  const config = { retentionMs: hourMs, segmentBytes: 100 }

  it('removes segments whose latest record is older', async () => {
    const fixture = await open(config)
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(hourMs)
    await append(fixture, 'd', 'e')
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(3)
    expect((await readAll(fixture.log)).map(([, value]) => value)).toEqual(['d', 'e'])
    expect(fixture.events.messages('info')).toEqual(['old segments are deleted'])
  })

  it('removes the active segment too, and the log goes on in a new one', async () => {
    const fixture = await open(config)
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(2 * hourMs)
    await retain(fixture)
    expect(fixture.log).toMatchObject({
      logStartOffset: 3,
      logEndOffset: 3,
      segmentCount: 1,
      sizeBytes: 0,
    })
    await append(fixture, 'd')
    expect(await readAll(fixture.log)).toEqual([[3, 'd']])
  })

  it('never removes what is not committed', async () => {
    const fixture = await open(config)
    const batches = ['a', 'b', 'c'].map((value) =>
      batchOf([value], { timestampMs: fixture.time.now }),
    )
    for (const batch of batches)
      await fixture.log.append(batch, { leaderEpoch: 0, origin: 'client' }).written
    fixture.log.updateHighWatermark(1)
    fixture.time.advance(2 * hourMs)
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(1)
  })

  it('counts from the last write where records have no time', async () => {
    const fixture = await open(config)
    await appendAll(fixture.log, [batchOf(['a'], { timestampMs: -1 })])
    fixture.time.advance(hourMs / 2)
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(0)
    fixture.time.advance(hourMs)
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(1)
  })

  it('of -1 keeps everything', async () => {
    const fixture = await open({ ...config, retentionMs: -1 })
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(10_000 * hourMs)
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(0)
  })

  it('does not concern a topic that is only compacted', async () => {
    const fixture = await open({ ...config, cleanupPolicy: { compact: true, delete: false } })
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(10_000 * hourMs)
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(0)
  })
})

describe('retention.bytes', () => {
  it('removes the oldest segments until no whole one is over', async () => {
    const size = batchOf(['value']).length
    const fixture = await open({ segmentBytes: size * 2, retentionBytes: size * 5 })
    await append(fixture, ...Array.from({ length: 11 }, () => 'value'))
    await retain(fixture)
    expect(fixture.log.logStartOffset).toBe(6)
    expect(fixture.log.sizeBytes).toBe(size * 5)
    expect(fixture.log.segmentCount).toBe(3)
  })
})

describe('the files of removed segments', () => {
  it('are renamed at once and removed after file.delete.delay.ms', async () => {
    const fixture = await open({
      retentionMs: hourMs,
      segmentBytes: 100,
      fileDeleteDelayMs: 400_000,
    })
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(2 * hourMs)
    await retain(fixture)
    const deleted = () => fixture.disk.files('/data').filter((path) => path.endsWith('.deleted'))
    expect(deleted().some((path) => path.endsWith('00000000000000000000.log.deleted'))).toBe(true)
    await retain(fixture)
    await retain(fixture)
    expect(deleted()).toEqual([])
    expect(segmentsOf(fixture)).toEqual([])
  })

  it('are removed by the next start where the node stopped before', async () => {
    const fixture = await open({
      retentionMs: hourMs,
      segmentBytes: 100,
      fileDeleteDelayMs: 10 ** 9,
    })
    await append(fixture, 'a', 'b', 'c')
    fixture.time.advance(2 * hourMs)
    await retain(fixture)
    const disk = fixture.disk.afterCrash('process', () => 0)
    const log = await openLog(await openManager(disk))
    expect(disk.files('/data').filter((path) => path.endsWith('.deleted'))).toEqual([])
    expect(log).toMatchObject({ logStartOffset: 3, logEndOffset: 3 })
  })
})

describe('deleteRecords', () => {
  it('moves the log start at once and survives a crash', async () => {
    const fixture = await open({ segmentBytes: 100 })
    await append(fixture, 'a', 'b', 'c', 'd')
    expect(await fixture.log.deleteRecords(2)).toBe(2)
    expect(fixture.log.logStartOffset).toBe(2)
    const disk = fixture.disk.afterCrash('power', () => 0.999)
    const log = await openLog(await openManager(disk))
    expect(log.logStartOffset).toBe(Math.min(2, log.logEndOffset))
  })

  it('makes reads below the new start fail', async () => {
    const fixture = await open()
    await append(fixture, 'a', 'b')
    await fixture.log.deleteRecords(1)
    await expect(
      fixture.log.read({
        offset: 0,
        maxBytes: 1,
        minOneBatch: true,
        upTo: 2,
        abortedTransactions: false,
      }),
    ).rejects.toMatchObject({ kafkaError: 'OFFSET_OUT_OF_RANGE' })
  })

  it('has the segments below removed by the next retention', async () => {
    const fixture = await open({ segmentBytes: 100 })
    await append(fixture, 'a', 'b', 'c', 'd')
    await fixture.log.deleteRecords(3)
    await retain(fixture)
    expect(segmentsOf(fixture)).toEqual([3])
    expect(fixture.log.logStartOffset).toBe(3)
  })

  it('never goes past the high watermark, nor back', async () => {
    const fixture = await open()
    await append(fixture, 'a', 'b')
    await expect(fixture.log.deleteRecords(3)).rejects.toMatchObject({
      kafkaError: 'OFFSET_OUT_OF_RANGE',
    })
    await fixture.log.deleteRecords(2)
    expect(await fixture.log.deleteRecords(1)).toBe(2)
  })

  it('keeps the producers, so that a resent batch is still known', async () => {
    const fixture = await open({ segmentBytes: 100 })
    const idempotent = { producerId: 3, producerEpoch: 0, timestampMs: fixture.time.now }
    await appendAll(fixture.log, [
      batchOf(['a'], { ...idempotent, baseSequence: 0 }),
      batchOf(['b'], { ...idempotent, baseSequence: 1 }),
    ])
    await fixture.log.deleteRecords(2)
    await retain(fixture)
    const again = fixture.log.append(batchOf(['b'], { ...idempotent, baseSequence: 1 }), {
      leaderEpoch: 0,
      origin: 'client',
    })
    expect(again).toMatchObject({ duplicate: true, baseOffset: 1 })
  })
})

it('flush.ms flushes what has waited that long', async () => {
  const fixture = await open({ flushMs: 1000 })
  await append(fixture, 'a')
  fixture.time.advance(999)
  const syncs: string[] = []
  fixture.disk.onOperation = ({ kind, path }) => {
    if (kind === 'sync') syncs.push(path)
    return undefined
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(syncs).toEqual([])
  fixture.time.advance(1)
  await fixture.log.flush()
  expect(syncs).toContain('/data/events-0/00000000000000000000.log')
  expect(logConfig.flushMs).toBe(Number.MAX_SAFE_INTEGER)
})
