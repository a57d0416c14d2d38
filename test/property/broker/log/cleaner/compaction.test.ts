// Any history, cleaned at any time, tells a reader the same: the last value of each key, at its
// offset, nothing that was aborted, nothing that was deleted.

import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  cleanAll,
  compacted,
  openCompacted,
  recordsOf,
  roll,
} from '../../../../support/disk/compacted-log.ts'
import { CompactionModel, type ModelStep } from '../../../../support/disk/compaction-model.ts'
import { FakeTime, openManager, RecordedEvents } from '../../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../../support/disk/memory-disk.ts'

const longKey = (key: number) => `a key that is too long to be held as it is: ${key}`
const record = fc.tuple(
  fc.integer({ min: 0, max: 12 }).map((key) => (key % 3 === 0 ? longKey(key) : `${key}`)),
  fc.option(fc.string({ maxLength: 30 }), { freq: 4 }),
)
const step: fc.Arbitrary<ModelStep> = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 6 }),
  compression: fc.constantFrom('none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'),
  producer: fc.integer({ min: 0, max: 4 }),
  end: fc.constantFrom('none', 'none', 'commit', 'abort'),
  timestampMs: fc.integer({ min: 0, max: 1_000_000 }).map((ms) => 1_699_999_000_000 + ms),
})
type Action = ModelStep | 'clean' | 'wait' | 'roll' | 'restart' | 'crash'
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: step },
  { weight: 4, arbitrary: fc.constantFrom<Action>('clean', 'wait', 'roll', 'restart', 'crash') },
)

class Subject {
  disk = new MemoryDisk()
  time = new FakeTime()
  readonly model = new CompactionModel()
  events = new RecordedEvents()
  manager!: LogManager
  log!: PartitionLog

  async open(): Promise<void> {
    const { time, events } = this
    this.manager = await openManager(this.disk, { time, events, topicConfig: compacted })
    this.log = await openCompacted(this.manager)
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  async run(one: Action): Promise<void> {
    if (typeof one === 'object') return this.model.apply(this.log, one)
    if (one === 'clean') return this.#clean()
    if (one === 'roll') return roll(this.log)
    if (one === 'wait') {
      this.time.advance(30_000)
      return
    }
    if (one === 'restart') await this.manager.close()
    this.disk = this.disk.afterCrash('process', () => 0)
    // Nothing that was to happen in the process that is gone happens any more.
    const { now } = this.time
    this.events = new RecordedEvents()
    this.time = new FakeTime()
    this.time.now = now
    await this.open()
  }

  async #clean(): Promise<void> {
    await this.log.flush()
    const end = this.log.logEndOffset
    const open = (await recordsOf(this.log)).filter(
      ({ offset }) => offset >= this.log.lastStableOffset,
    )
    await cleanAll(this.manager)
    expect(this.log.logEndOffset).toBe(end)
    const after = (await recordsOf(this.log)).filter(
      ({ offset }) => offset >= this.log.lastStableOffset,
    )
    expect(after).toEqual(open)
  }

  async check(): Promise<void> {
    expect(this.events.messages('error')).toEqual([])
    const check = this.log.check()
    for (let isLast = false; !isLast; ) {
      const piece = await check.next(10_000)
      expect(piece.damage).toBeNull()
      isLast = piece.isLast
    }
  }
}

it('tells a reader the same, however often it is cleaned', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60, size: 'max' }), async (actions) => {
      const subject = new Subject()
      await subject.open()
      for (const one of actions) await subject.run(one)
      await subject.model.endAll(subject.log)
      await roll(subject.log)
      expect(await subject.model.faults(subject.log)).toEqual([])
      for (let round = 0; round < 3; round++) {
        await subject.run('clean')
        expect(await subject.model.faults(subject.log)).toEqual([])
        await subject.check()
        subject.time.advance(60_000)
      }
      // Each key has one record, and no tombstone has outlived its time.
      const found = await recordsOf(subject.log)
      const closed = found.filter(({ key }) => key !== 'filler')
      expect(new Set(closed.map(({ key }) => key)).size).toBe(closed.length)
      expect(closed.filter(({ value }) => value === null)).toEqual([])
      await subject.run('crash')
      expect(await subject.model.faults(subject.log)).toEqual([])
      expect(await recordsOf(subject.log)).toEqual(found)
    }),
    { numRuns: 30, endOnFailure: true },
  )
}, 60_000)
