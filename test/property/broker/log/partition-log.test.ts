// A log against a plain list of batches: any mix of appends, reads, cuts, deletions, flushes and
// restarts.

import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { decodeRecords } from '@samsa/proto/record/records'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchOf, FakeTime, openLog, openManager } from '../../../support/disk/log-fixture.ts'
import { MemoryDisk } from '../../../support/disk/memory-disk.ts'

type Step =
  | { readonly kind: 'append'; readonly sizes: readonly number[] }
  | { readonly kind: 'read'; readonly at: number; readonly maxBytes: number; readonly upTo: number }
  | { readonly kind: 'truncate' | 'deleteRecords' | 'lookUpTime'; readonly at: number }
  | { readonly kind: 'readOn' | 'flush' | 'restart' | 'crash' | 'retention' }

const part = fc.double({ min: 0, max: 1, noNaN: true })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      at: part,
      maxBytes: fc.integer({ min: 0, max: 2000 }),
      upTo: part,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('truncate', 'deleteRecords', 'lookUpTime'),
      at: part,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('readOn' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('flush', 'restart', 'crash', 'retention') }),
  },
)

interface ModelBatch {
  readonly baseOffset: number
  readonly values: readonly string[]
  readonly timestampMs: number
  readonly sizeBytes: number
}

const config = { segmentBytes: 600, indexIntervalBytes: 90 }

class Subject {
  #disk = new MemoryDisk()
  readonly #time = new FakeTime()
  #manager: LogManager | null = null
  #batches: ModelBatch[] = []
  #start = 0
  #count = 0
  #readEnd = 0
  #epoch = 1
  log!: PartitionLog

  async open(): Promise<void> {
    // A segment whose time index was lost ages by its file's time, as on a real disk.
    this.#disk.nowMs = () => this.#time.now
    this.#manager = await openManager(this.#disk, { time: this.#time, topicConfig: config })
    this.log = await openLog(this.#manager, config)
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  get #end(): number {
    const last = this.#batches.at(-1)
    return last === undefined ? this.#start : last.baseOffset + last.values.length
  }

  #offsetAt(at: number): number {
    return this.#start + Math.round((this.#end - this.#start) * at)
  }

  async append(sizes: readonly number[]): Promise<void> {
    const appends = []
    if (this.#count % 3 === 0) this.log.assignEpochStart(++this.#epoch)
    for (const size of sizes) {
      const values = Array.from({ length: size }, () => `${this.#count++}`)
      const timestampMs = this.#time.now + (this.#count % 7) * 10
      const batch = batchOf(values, { timestampMs })
      const append = this.log.append(batch, { leaderEpoch: this.#epoch, origin: 'client' })
      expect(append.baseOffset).toBe(this.#end)
      this.#batches.push({
        baseOffset: append.baseOffset,
        values,
        timestampMs,
        sizeBytes: batch.length,
      })
      appends.push(append.written)
    }
    await Promise.all(appends)
    this.log.updateHighWatermark(this.log.logEndOffset)
  }

  async read(at: number, maxBytes: number, upToPart: number): Promise<void> {
    const offset = this.#offsetAt(at)
    await this.#readAt(offset, maxBytes, offset + Math.round((this.#end - offset) * upToPart))
  }

  /** As a consumer goes on, which takes another way to the position. */
  async readOn(): Promise<void> {
    const offset = this.#readEnd
    if (offset >= this.#start && offset < this.#end) await this.#readAt(offset, 200, this.#end)
  }

  async #readAt(offset: number, maxBytes: number, upTo: number): Promise<void> {
    const read = await this.log.read({
      offset,
      maxBytes,
      upTo,
      minOneBatch: true,
      abortedTransactions: false,
    })
    this.#readEnd = read.nextOffset
    const found = [...decodeRecords(read.records)].map((record) => record.value?.toString())
    const expected: string[] = []
    let size = 0
    for (const batch of this.#batches) {
      const end = batch.baseOffset + batch.values.length
      if (end <= offset || end > upTo) continue
      size += batch.sizeBytes
      if (size > maxBytes && expected.length > 0) break
      expected.push(...batch.values)
    }
    // A segment's end may cut a read short; nothing may be missing, doubled or out of order.
    expect(found).toEqual(expected.slice(0, found.length))
    if (expected.length > 0) expect(found.length).toBeGreaterThan(0)
  }

  async truncate(at: number): Promise<void> {
    const kept = Math.round(this.#batches.length * at)
    const offset = Math.max(this.#start, this.#batches[kept]?.baseOffset ?? this.#end)
    await this.log.truncateTo(offset)
    this.#batches = this.#batches.slice(0, kept)
    // Where the log start lies within a batch, that batch is gone whole and the log begins there.
    if (this.#batches.length === 0) this.#start = offset
  }

  async deleteRecords(at: number): Promise<void> {
    this.#start = await this.log.deleteRecords(this.#offsetAt(at))
    this.#batches = this.#batches.filter(
      (batch) => batch.baseOffset + batch.values.length > this.#start,
    )
  }

  async lookUpTime(at: number): Promise<void> {
    const timestamps = this.#batches.map((batch) => batch.timestampMs)
    const timestamp = timestamps[Math.floor(at * timestamps.length)]
    if (timestamp === undefined || timestamp < 0) return
    const holder = this.#batches.find((batch) => batch.timestampMs >= timestamp)
    const found = await this.log.offsetForTimestamp(timestamp)
    expect(found?.offset).toBe(Math.max(holder?.baseOffset ?? -1, this.#start))
  }

  async reopen(kind: 'restart' | 'crash'): Promise<void> {
    if (kind === 'restart') await this.#manager?.close()
    this.#disk = this.#disk.afterCrash('process', () => 0)
    await this.open()
  }

  async retention(): Promise<void> {
    this.#time.advance(310_000)
    await this.log.flush()
  }

  async check(): Promise<void> {
    expect(this.log.logEndOffset).toBe(this.#end)
    expect(this.log.logStartOffset).toBe(this.#start)
    const check = this.log.check()
    for (let isLast = false; !isLast; ) {
      const piece = await check.next(300)
      expect(piece.damage).toBeNull()
      isLast = piece.isLast
    }
  }
}

async function run(subject: Subject, { kind, ...options }: Step): Promise<void> {
  const { at = 0, sizes = [], maxBytes = 0, upTo = 1 } = options as Record<string, never>
  if (kind === 'append') await subject.append(sizes)
  else if (kind === 'read') await subject.read(at, maxBytes, upTo)
  else if (kind === 'flush') await subject.log.flush()
  else if (kind === 'restart' || kind === 'crash') await subject.reopen(kind)
  else await subject[kind](at)
  await subject.check()
}

it('answers as a list of batches does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const subject = new Subject()
      await subject.open()
      for (const one of steps) await run(subject, one)
    }),
    { numRuns: 200 },
  )
}, 60_000)
