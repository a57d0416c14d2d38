// The log of one partition on the disk: joins the state in memory, the appender, the reader and the
// upkeep behind the interface that the replica layer uses.

import { BrokerError } from '../errors.ts'
import { LogCleaning } from './cleaner/log-cleaning.ts'
import { LogAppender } from './log-appender.ts'
import { DiskLogCheck } from './log-check.ts'
import type { LogConfig } from './log-config.ts'
import { storageError } from './log-errors.ts'
import type { LogHome } from './log-home.ts'
import type { LoadedLog } from './log-loader.ts'
import { LogReader } from './log-reader.ts'
import { type LogIdentity, LogState } from './log-state.ts'
import { LogUpkeep } from './log-upkeep.ts'
import type {
  ActiveProducer,
  Append,
  AppendOptions,
  EpochEndOffset,
  LogCheck,
  LogRead,
  PartitionLog,
  PublishedBatches,
  ReadOptions,
  TimestampedOffset,
  TopicId,
} from './partition-log.ts'
import type { GuardedBatch, TransactionGuard } from './producer/transaction-guards.ts'
import type { FoundRecord } from './time-lookup.ts'

export class DiskPartitionLog implements PartitionLog {
  readonly #state: LogState
  readonly #home: LogHome
  readonly #reader: LogReader
  readonly #appender: LogAppender
  readonly #upkeep: LogUpkeep
  readonly cleaning: LogCleaning

  constructor(identity: LogIdentity, config: LogConfig, loaded: LoadedLog, home: LogHome) {
    this.#state = new LogState(identity, config, loaded)
    this.#home = home
    this.#reader = new LogReader(this.#state.segments)
    this.#upkeep = new LogUpkeep(this.#state, home, this.#reader)
    this.#appender = new LogAppender(this.#state, home, this.#upkeep)
    this.#upkeep.attach(this.#appender.writer)
    this.cleaning = new LogCleaning(this.#state, home, this.#upkeep)
  }

  get topic(): string {
    return this.#state.identity.topic
  }

  get topicId(): TopicId {
    return this.#state.identity.topicId
  }

  get partition(): number {
    return this.#state.identity.partition
  }

  get directory(): string {
    return this.#state.identity.directory
  }

  get directoryId(): string {
    return this.#home.directoryId
  }

  get config(): LogConfig {
    return this.#state.config
  }

  get logStartOffset(): number {
    return this.#state.logStartOffset
  }

  get logEndOffset(): number {
    return this.#state.logEndOffset
  }

  get highWatermark(): number {
    return this.#state.highWatermark
  }

  get lastStableOffset(): number {
    return this.#state.lastStableOffset
  }

  get recoveryPoint(): number {
    return this.#state.recoveryPoint
  }

  get cleanedTo(): number {
    return this.#state.cleanedTo
  }

  get sizeBytes(): number {
    return this.#state.segments.sizeBytes
  }

  get segmentCount(): number {
    return this.#state.segments.count
  }

  get latestEpoch(): number {
    return this.#state.epochs.latest
  }

  get pendingBytes(): number {
    return this.#appender.writer.pendingBytes
  }

  get online(): boolean {
    return this.#home.online
  }

  set onPublished(listener: ((batches: PublishedBatches) => void) | null) {
    this.#appender.onPublished = listener
  }

  setConfig(config: LogConfig): void {
    this.#state.config = config
  }

  append(batch: Buffer, options: AppendOptions): Append {
    return this.#appender.append(batch, options)
  }

  appendAsFollower(records: Buffer): Append {
    return this.#appender.appendAsFollower(records)
  }

  async read(options: ReadOptions): Promise<LogRead> {
    const { logStartOffset, logEndOffset } = this.#state
    if (options.offset < logStartOffset || options.offset > logEndOffset) {
      throw new BrokerError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${options.offset} of ${this.topic}-${this.partition} is not within ` +
          `[${logStartOffset}, ${logEndOffset}]`,
      )
    }
    const upTo = Math.min(options.upTo, logEndOffset)
    return this.#look(() => this.#reader.read({ ...options, upTo }))
  }

  updateHighWatermark(offset: number): void {
    this.#state.setHighWatermark(offset)
  }

  async offsetForTimestamp(timestamp: number): Promise<TimestampedOffset | null> {
    const { logStartOffset } = this.#state
    const found = await this.#look(() => this.#reader.firstRecordSince(timestamp, logStartOffset))
    return this.#withEpoch(found)
  }

  async offsetOfMaxTimestamp(): Promise<TimestampedOffset | null> {
    const { logStartOffset } = this.#state
    const found = await this.#look(() => this.#reader.recordWithLargestTimestamp(logStartOffset))
    return this.#withEpoch(found)
  }

  #withEpoch(found: FoundRecord | null): TimestampedOffset | null {
    if (found === null || found.offset >= this.#state.logEndOffset) return null
    return { ...found, leaderEpoch: this.#state.epochs.epochFor(found.offset) }
  }

  /**
   * Reads files: what fails there fails this read alone, and nothing of a log that was cut
   * meanwhile is given.
   */
  async #look<T>(read: () => Promise<T>): Promise<T> {
    if (!this.online) throw storageError(`the log directory of ${this.directory} is offline`)
    const { cuts } = this.#state
    try {
      const result = await read()
      if (cuts === this.#state.cuts) return result
    } catch (error) {
      if (error instanceof BrokerError) throw error
      if (cuts === this.#state.cuts) {
        const fields = { directory: this.directory, error }
        this.#home.events.error(fields, 'reading a log failed')
        throw storageError(`reading ${this.directory} failed`, error)
      }
    }
    throw storageError(`${this.directory} was cut while it was read`)
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.#state.epochs.endOffset(epoch, this.#state.logEndOffset)
  }

  epochForOffset(offset: number): number {
    return this.#state.epochs.epochFor(offset)
  }

  assignEpochStart(epoch: number): void {
    this.#state.epochs.assign(epoch, this.#state.nextOffset)
  }

  async deleteRecords(beforeOffset: number): Promise<number> {
    if (beforeOffset > this.#state.highWatermark) {
      throw new BrokerError(
        'OFFSET_OUT_OF_RANGE',
        `records before ${beforeOffset} of ${this.topic}-${this.partition} are not all committed`,
      )
    }
    return this.#upkeep.deleteRecords(beforeOffset)
  }

  truncateTo(offset: number): Promise<void> {
    return this.#upkeep.truncateTo(offset)
  }

  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#upkeep.restartAt(offset)
  }

  check(): LogCheck {
    return new DiskLogCheck(this.#state)
  }

  activeProducers(): ActiveProducer[] {
    return Array.from(this.#state.producers.entries(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }))
  }

  guardFor(batch: GuardedBatch): TransactionGuard | null {
    return this.#state.producers.guardFor(batch, this.#home.clock.nowMs())
  }

  expireProducers(): void {
    this.#state.producers.expire(this.#home.clock.nowMs(), this.#home.producerIdExpirationMs)
  }

  flush(): Promise<void> {
    return this.#upkeep.flush()
  }

  applyRetention(): Promise<number> {
    return this.#upkeep.applyRetention()
  }

  close(): Promise<void> {
    return this.#upkeep.close()
  }

  /** Takes the log out of service for good, without a care for its data. */
  retire(): Promise<void> {
    return this.#upkeep.retire()
  }
}
