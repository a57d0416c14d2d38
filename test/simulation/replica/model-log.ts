// One partition's log for the product's replica layer: the interface of the real one over the
// model's disk. Appends get their offsets at once and are written later, a cycle of them at a time;
// cuts and reads take their time. Epochs and producers are the product's own. Dies with its
// process: what it has not written by then is not written.

import { BrokerError } from '@samsa/broker/errors'
import { LeaderEpochs } from '@samsa/broker/log/checkpoint/leader-epochs'
import type { LogConfig } from '@samsa/broker/log/log-config'
import type {
  ActiveProducer,
  Append,
  AppendOptions,
  EpochEndOffset,
  LogCheck,
  LogRead,
  PartitionLog,
  ReadOptions,
  TimestampedOffset,
} from '@samsa/broker/log/partition-log'
import { ProducerState } from '@samsa/broker/log/producer/producer-state'
import { setBaseOffset, setLeaderEpoch } from '@samsa/proto/record/batch'
import type { Random } from '../shared/random.ts'
import type { SimulatedProcess } from '../shared/simulated-process.ts'
import { batchesOf, indexOf, type LoggedBatch, loggedBatch } from './batches.ts'
import type { Flaws } from './flaws.ts'
import type { EpochStart, StoredReplica } from './model-disk.ts'

/** Hears what happens to logs, before anybody else does. */
export interface LogWatcher {
  led(log: ModelLog, batch: LoggedBatch): void
  highWatermarkMoved(log: ModelLog, from: number): void
  startMoved(log: ModelLog): void
  /** The log is about to lose what is at `offset` and behind it. */
  cut(log: ModelLog, offset: number): void
}

export interface ModelLogWorld {
  readonly brokerId: number
  readonly process: SimulatedProcess
  readonly random: Random
  readonly watcher: LogWatcher
  /** Longest time of one write, cut or read. */
  readonly diskMaxMs: number
  readonly flushesWrites: boolean
  readonly flaws: Flaws
  /** Something leaves the process for the disk: it may die before it does. */
  effect(): void
}

interface Cycle {
  readonly batches: LoggedBatch[]
  readonly epochs: EpochStart[]
  readonly settled: PromiseWithResolvers<void>
}

const done = Promise.resolve()

export class ModelLog implements PartitionLog {
  readonly stored: StoredReplica
  readonly world: ModelLogWorld
  readonly config: LogConfig
  readonly directoryId: string
  readonly #epochs = new LeaderEpochs()
  readonly #producers = new ProducerState()
  /** With those that are not written yet. */
  #batches: LoggedBatch[]
  #logStartOffset: number
  #highWatermark: number
  #logEndOffset: number
  #nextOffset: number
  #open: Cycle | null = null
  #cycles: Cycle[] = []
  #blocked: string | null = null
  #cuts = 0
  /** Cuts follow each other. */
  #lastCut: Promise<void> = done

  constructor(
    stored: StoredReplica,
    world: ModelLogWorld,
    options: { config: LogConfig; directoryId: string },
  ) {
    this.stored = stored
    this.world = world
    this.config = options.config
    this.directoryId = options.directoryId
    this.#batches = [...stored.batches]
    this.#logStartOffset = stored.logStartOffset
    this.#logEndOffset = stored.endOffset
    this.#nextOffset = stored.endOffset
    this.#highWatermark = this.#logStartOffset
    for (const { epoch, startOffset } of stored.epochs) {
      if (startOffset < stored.endOffset) this.#epochs.assign(epoch, startOffset)
    }
    for (const batch of this.#batches) this.#noteEpoch(batch)
    this.#reloadProducers()
    this.updateHighWatermark(stored.highWatermark)
  }

  #noteEpoch({ leaderEpoch, baseOffset }: LoggedBatch): void {
    if (leaderEpoch > this.#epochs.latest) this.#epochs.assign(leaderEpoch, baseOffset)
  }

  #reloadProducers(): void {
    this.#producers.clear(this.#logStartOffset)
    for (const { bytes } of this.#batches) this.#producers.apply(bytes, 0)
  }

  get topic(): string {
    return this.stored.identity.topic
  }
  get topicId(): string {
    return this.stored.identity.topicId
  }
  get partition(): number {
    return this.stored.identity.index
  }
  get directory(): string {
    return `${this.topic}-${this.partition}`
  }
  get logStartOffset(): number {
    return this.#logStartOffset
  }
  get logEndOffset(): number {
    return this.#logEndOffset
  }
  get highWatermark(): number {
    return this.world.flaws.has('shows the log end') ? this.#logEndOffset : this.#highWatermark
  }
  get lastStableOffset(): number {
    return this.#highWatermark
  }
  get sizeBytes(): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }
  get segmentCount(): number {
    return 1
  }
  get latestEpoch(): number {
    return this.#epochs.latest
  }
  get epochStarts(): readonly EpochStart[] {
    return this.#epochs.starts
  }
  get pendingBytes(): number {
    return 0
  }
  get recoveryPoint(): number {
    return this.stored.flushedEnd
  }
  get online(): boolean {
    return true
  }
  /** With those that are not written yet. */
  get batches(): readonly LoggedBatch[] {
    return this.#batches
  }

  append(bytes: Buffer, { origin, leaderEpoch }: AppendOptions): Append {
    this.#requireWritable()
    const duplicate = this.#producers.check(bytes, origin, this.#nextOffset)
    if (duplicate !== undefined) {
      const { lastOffset, offsetDelta } = duplicate
      const isWritten = lastOffset < this.#logEndOffset
      const written = isWritten ? done : (this.#cycles.at(-1)?.settled.promise ?? done)
      return this.#append(written, lastOffset - offsetDelta, lastOffset, true)
    }
    const baseOffset = this.#nextOffset
    setBaseOffset(bytes, 0, baseOffset)
    setLeaderEpoch(bytes, 0, leaderEpoch)
    const batch = loggedBatch(bytes, 0)
    if (this.world.process.isAlive) this.world.watcher.led(this, batch)
    return this.#append(this.#add(batch), baseOffset, batch.lastOffset, false)
  }

  #append(
    written: Promise<void>,
    baseOffset: number,
    lastOffset: number,
    duplicate: boolean,
  ): Append {
    const logStartOffset = this.#logStartOffset
    return { written, baseOffset, lastOffset, logAppendTimeMs: -1, logStartOffset, duplicate }
  }

  appendAsFollower(records: Buffer): Append {
    this.#requireWritable()
    const baseOffset = this.#nextOffset
    const batches = [...batchesOf(records)]
    let expected = baseOffset
    for (const batch of batches) {
      if (batch.baseOffset < expected) {
        const text = `a replicated batch has offset ${batch.baseOffset}, ${expected} was expected`
        throw new BrokerError('CORRUPT_MESSAGE', text)
      }
      expected = batch.lastOffset + 1
    }
    let written = done
    for (const batch of batches) written = this.#add(batch)
    return this.#append(written, baseOffset, this.#nextOffset - 1, false)
  }

  #requireWritable(): void {
    if (this.#blocked !== null) throw new BrokerError('KAFKA_STORAGE_ERROR', this.#blocked)
  }

  #add(batch: LoggedBatch): Promise<void> {
    this.#noteEpoch(batch)
    this.#producers.apply(batch.bytes, 0)
    this.#batches.push(batch)
    this.#nextOffset = batch.lastOffset + 1
    if (this.#open === null) {
      const settled = Promise.withResolvers<void>()
      this.#open = { batches: [], epochs: [], settled }
      this.#cycles.push(this.#open)
      if (this.#cycles.length === 1) this.#write(this.#open)
    }
    this.#open.batches.push(batch)
    if (this.world.flaws.has('acks unwritten')) {
      this.#logEndOffset = this.#nextOffset
      return done
    }
    return this.#open.settled.promise
  }

  /** What gathers until the write begins goes down with it. */
  #write(cycle: Cycle): void {
    const { process, diskMaxMs, random } = this.world
    process.after(0, () => {
      if (this.#open === cycle) this.#open = null
      this.world.effect()
      cycle.epochs.push(...this.#epochs.starts)
      process.after(random.between(0, diskMaxMs), () => this.#written(cycle))
    })
  }

  #written(cycle: Cycle): void {
    const { stored } = this
    stored.epochs = cycle.epochs
    for (const batch of cycle.batches) stored.write(batch)
    if (this.world.flushesWrites) stored.flushedEnd = stored.endOffset
    this.#logEndOffset = Math.max(this.#logEndOffset, stored.endOffset)
    this.#cycles.shift()
    cycle.settled.resolve()
    const [next] = this.#cycles
    if (next !== undefined) this.#write(next)
  }

  async read({ offset, maxBytes, minOneBatch, upTo, allocate }: ReadOptions): Promise<LogRead> {
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      const range = `[${this.#logStartOffset}, ${this.#logEndOffset}]`
      throw new BrokerError('OFFSET_OUT_OF_RANGE', `offset ${offset} is not within ${range}`)
    }
    const cuts = this.#cuts
    const end = Math.min(upTo, this.#logEndOffset)
    await this.#pause()
    if (cuts !== this.#cuts) {
      throw new BrokerError('KAFKA_STORAGE_ERROR', `${this.directory} was cut while it was read`)
    }
    const found: Buffer[] = []
    let bytesLeft = maxBytes
    let nextOffset = offset
    for (let at = indexOf(this.#batches, offset); ; at++) {
      const batch = this.#batches[at]
      if (batch === undefined || batch.lastOffset >= end) break
      if (batch.bytes.length > bytesLeft && !(minOneBatch && found.length === 0)) break
      found.push(batch.bytes)
      bytesLeft -= batch.bytes.length
      nextOffset = batch.lastOffset + 1
    }
    const sizeBytes = found.reduce((sum, { length }) => sum + length, 0)
    const memory = allocate === undefined ? Buffer.alloc(sizeBytes) : allocate(sizeBytes)
    const records = memory.subarray(0, sizeBytes)
    let at = 0
    for (const bytes of found) at += bytes.copy(records, at)
    return { records, nextOffset, abortedTransactions: [] }
  }

  /** The disk takes its time; a process that dies meanwhile never hears of it. */
  #pause(): Promise<void> {
    const { process, random, diskMaxMs } = this.world
    this.world.effect()
    return new Promise((resolve) => {
      process.after(random.between(0, diskMaxMs), resolve)
    })
  }

  updateHighWatermark(offset: number): void {
    const before = this.#highWatermark
    this.#highWatermark = Math.min(Math.max(offset, this.#logStartOffset), this.#logEndOffset)
    this.#producers.onHighWatermark(this.#highWatermark)
    if (this.#highWatermark === before || !this.world.process.isAlive) return
    this.world.watcher.highWatermarkMoved(this, before)
  }

  offsetForTimestamp(): Promise<TimestampedOffset | null> {
    return Promise.resolve(null)
  }

  offsetOfMaxTimestamp(): Promise<TimestampedOffset | null> {
    return Promise.resolve(null)
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    if (this.world.flaws.has('logs always agree')) return { epoch, endOffset: this.#logEndOffset }
    return this.#epochs.endOffset(epoch, this.#logEndOffset)
  }

  epochForOffset(offset: number): number {
    return this.#epochs.epochFor(offset)
  }

  assignEpochStart(epoch: number): void {
    this.#epochs.assign(epoch, this.#nextOffset)
  }

  async deleteRecords(beforeOffset: number): Promise<number> {
    if (beforeOffset > this.#highWatermark) {
      throw new BrokerError('OFFSET_OUT_OF_RANGE', 'they are not all committed')
    }
    await this.#pause()
    if (beforeOffset > this.#logStartOffset) {
      this.#logStartOffset = beforeOffset
      this.#batches.splice(0, indexOf(this.#batches, beforeOffset))
      this.#epochs.truncateFromStart(beforeOffset)
      this.world.watcher.startMoved(this)
      this.updateHighWatermark(this.#highWatermark)
      this.stored.deleteBefore(beforeOffset)
    }
    return this.#logStartOffset
  }

  truncateTo(wanted: number): Promise<void> {
    const toHighWatermark = this.world.flaws.has('cuts to the high watermark')
    const offset = toHighWatermark ? Math.min(wanted, this.#highWatermark) : wanted
    return this.#cut(() => {
      if (offset >= this.#logEndOffset) return this.#epochs.truncateFromEnd(this.#logEndOffset)
      this.world.watcher.cut(this, offset)
      this.#batches.length = indexOf(this.#batches, offset)
      this.#end(offset, Math.min(this.#logStartOffset, offset))
      this.stored.cut(offset)
    })
  }

  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#cut(() => {
      this.world.watcher.cut(this, this.#logStartOffset)
      this.#batches = []
      this.#epochs.clear()
      this.#end(offset, offset)
      this.stored.restart(offset)
    })
  }

  /** Nothing is appended meanwhile, and what was is written first. */
  #cut(cut: () => void): Promise<void> {
    const cutting = this.#lastCut.then(async () => {
      this.#blocked = `${this.directory} is being cut`
      while (this.#cycles.length > 0) await this.#cycles.at(-1)?.settled.promise
      await this.#pause()
      cut()
      this.#blocked = null
    })
    this.#lastCut = cutting
    return cutting
  }

  #end(offset: number, logStartOffset: number): void {
    this.#cuts++
    this.#nextOffset = offset
    this.#logEndOffset = offset
    this.#logStartOffset = logStartOffset
    this.#epochs.truncateFromEnd(offset)
    if (!this.world.flaws.has('keeps producers of what is cut')) this.#reloadProducers()
    this.updateHighWatermark(this.#highWatermark)
  }

  /** Bits do not flip here. */
  check(): LogCheck {
    return { next: async () => ({ bytes: 0, isLast: true, damage: null }) }
  }

  guardFor(batch: Parameters<PartitionLog['guardFor']>[0]) {
    return this.#producers.guardFor(batch, 0)
  }

  activeProducers(): ActiveProducer[] {
    return []
  }

  async flush(): Promise<void> {
    while (this.#cycles.length > 0) await this.#cycles.at(-1)?.settled.promise
    await this.#pause()
    this.stored.flushedEnd = this.stored.endOffset
    this.stored.epochs = [...this.#epochs.starts]
  }

  /** Where the last batch ends that is wholly below `offset`. */
  batchEndAt(offset: number): number {
    const holding = this.#batches[indexOf(this.#batches, offset)]
    return holding === undefined ? offset : Math.min(offset, holding.baseOffset)
  }

  /** What the broker notes now and then, and when it stops. */
  checkpoint(): void {
    this.stored.highWatermark = this.#highWatermark
  }
}
