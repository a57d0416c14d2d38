// A random but repeatable run over one log, and the model that says what must be found after a
// crash at any point of it. What was acknowledged must survive kill -9; what was acknowledged and
// flushed, or closed cleanly, power loss too.

import type { Disk } from '@samsa/broker/disk/disk'
import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { batchOf, FakeTime, openLog, openManager, RecordedEvents } from './log-fixture.ts'

export interface WorkloadOptions {
  readonly seed: number
  readonly steps: number
  /** flush.messages of the topic. */
  readonly flushMessages: number
}

/** mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Expectation {
  /** Value of each offset that was ever assigned and not cut off again on purpose. */
  readonly values: ReadonlyMap<number, string>
  /** Everything below was acknowledged. */
  readonly acknowledgedEnd: number
  /** Everything below was acknowledged and forced to the device. */
  readonly durableEnd: number
  /** The log may start anywhere between: a deletion was under way. */
  readonly startMin: number
  readonly startMax: number
  /** A cut was under way: the log may end anywhere from here on. */
  readonly cutTo: number
  /** Sequences of the idempotent producer that were acknowledged, by base offset. */
  readonly sequences: ReadonlyMap<number, { sequence: number; count: number }>
}

export const producerId = 7

export class LogWorkload {
  readonly #options: WorkloadOptions
  readonly #random: () => number
  readonly #time = new FakeTime()
  readonly #values = new Map<number, string>()
  readonly #sequences = new Map<number, { sequence: number; count: number }>()
  #acknowledgedEnd = 0
  #durableEnd = 0
  #startMin = 0
  #startMax = 0
  #cutTo = Number.MAX_SAFE_INTEGER
  #nextSequence = 0
  #epoch = 0
  #nextValue = 0
  #disk: Disk
  readonly events = new RecordedEvents()

  constructor(disk: Disk, options: WorkloadOptions) {
    this.#disk = disk
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  get expectation(): Expectation {
    return {
      values: this.#values,
      acknowledgedEnd: this.#acknowledgedEnd,
      durableEnd: this.#durableEnd,
      startMin: this.#startMin,
      startMax: this.#startMax,
      cutTo: this.#cutTo,
      sequences: this.#sequences,
    }
  }

  get #topicConfig() {
    return {
      segmentBytes: 700,
      indexIntervalBytes: 100,
      flushMessages: this.#options.flushMessages,
    }
  }

  open(): Promise<LogManager> {
    const { events } = this
    return openManager(this.#disk, { time: this.#time, events, topicConfig: this.#topicConfig })
  }

  /** Rejects where the disk crashes on the way. */
  async run(): Promise<void> {
    let manager = await this.open()
    let log = await openLog(manager, this.#topicConfig)
    for (let step = 0; step < this.#options.steps; step++) {
      const choice = this.#random()
      if (choice < 0.7) await this.#append(log)
      else if (choice < 0.8) await this.#flush(log)
      else if (choice < 0.86) this.#epoch++
      else if (choice < 0.9) await this.#deleteRecords(log)
      else if (choice < 0.94) await this.#truncate(log)
      else if (choice < 0.97)
        await log.read({
          offset: log.logStartOffset,
          maxBytes: 500,
          minOneBatch: true,
          upTo: log.logEndOffset,
          abortedTransactions: false,
        })
      else {
        await this.#close(manager, log)
        manager = await this.open()
        log = await openLog(manager, this.#topicConfig)
      }
    }
    await this.#close(manager, log)
  }

  /** Closing tells of a failure by an event only: a stopping node has nobody left to tell. */
  async #close(manager: LogManager, log: PartitionLog): Promise<void> {
    const end = log.logEndOffset
    await manager.close()
    if (this.events.messages('error').length > 0) throw new Error('the node did not stop cleanly')
    this.#durableEnd = end
  }

  async #append(log: PartitionLog): Promise<void> {
    const batches = 1 + Math.floor(this.#random() * 4)
    const appends = []
    for (let index = 0; index < batches; index++) {
      const count = 1 + Math.floor(this.#random() * 3)
      const values = Array.from({ length: count }, () => this.#value())
      const isIdempotent = this.#random() < 0.6
      const sequence = this.#nextSequence
      if (isIdempotent) this.#nextSequence += count
      const batch = batchOf(
        values,
        isIdempotent ? { producerId, producerEpoch: 0, baseSequence: sequence } : {},
      )
      const append = log.append(batch, { leaderEpoch: this.#epoch, origin: 'client' })
      values.forEach((value, at) => this.#values.set(append.baseOffset + at, value))
      if (isIdempotent) this.#sequences.set(append.baseOffset, { sequence, count })
      appends.push(append)
    }
    for (const append of appends) {
      await append.written
      this.#acknowledgedEnd = append.lastOffset + 1
      if (this.#options.flushMessages === 1) this.#durableEnd = this.#acknowledgedEnd
    }
    log.updateHighWatermark(log.logEndOffset)
  }

  #value(): string {
    const padding = 'x'.repeat(Math.floor(this.#random() * 120))
    return `${this.#nextValue++}-${padding}`
  }

  async #flush(log: PartitionLog): Promise<void> {
    const end = log.logEndOffset
    await log.flush()
    this.#durableEnd = Math.max(this.#durableEnd, end)
  }

  async #deleteRecords(log: PartitionLog): Promise<void> {
    const { logStartOffset, highWatermark } = log
    const before =
      logStartOffset + Math.floor((highWatermark - logStartOffset) * this.#random() * 0.5)
    this.#startMax = Math.max(this.#startMax, before)
    const start = await log.deleteRecords(before)
    this.#startMin = start
    this.#time.advance(310_000)
  }

  /** As a follower does that learns of a new leader: back to some point, losing what is behind. */
  async #truncate(log: PartitionLog): Promise<void> {
    const { logStartOffset, logEndOffset } = log
    const keep = Math.floor((logEndOffset - logStartOffset) * (0.7 + this.#random() * 0.3))
    const to = await batchStart(log, logStartOffset + keep)
    this.#cutTo = to
    this.#acknowledgedEnd = Math.min(this.#acknowledgedEnd, to)
    this.#durableEnd = Math.min(this.#durableEnd, to)
    await log.truncateTo(to)
    this.#cutTo = Number.MAX_SAFE_INTEGER
    for (const offset of this.#values.keys()) if (offset >= to) this.#values.delete(offset)
    for (const offset of this.#sequences.keys()) if (offset >= to) this.#sequences.delete(offset)
    let next = 0
    for (const { sequence, count } of this.#sequences.values()) next = sequence + count
    this.#nextSequence = next
  }
}

/** The first offset of the batch that holds `offset`: leaders cut between batches. */
async function batchStart(log: PartitionLog, offset: number): Promise<number> {
  if (offset >= log.logEndOffset) return log.logEndOffset
  const { records } = await log.read({
    offset,
    maxBytes: 1,
    minOneBatch: true,
    upTo: log.logEndOffset,
    abortedTransactions: false,
  })
  return Math.max(log.logStartOffset, Number(records.readBigInt64BE(0)))
}
