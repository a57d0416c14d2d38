// What happens to a log's files besides appends: rolling, flushing, cutting, deleting, closing.
// Changes of files follow one another; none of them waits for the writer while others wait for it,
// since a failed write waits for them.

import { join } from 'node:path'
import { replaceFile } from '../disk/atomic-file.ts'
import { isDiskFull } from '../disk/disk-errors.ts'
import { BrokerError } from '../errors.ts'
import { Background } from './background.ts'
import type { CleaningUpkeep } from './cleaner/log-cleaning.ts'
import { leaderEpochFile } from './file-names.ts'
import type { AppendUpkeep } from './log-appender.ts'
import { storageError } from './log-errors.ts'
import type { LogHome } from './log-home.ts'
import type { LogReader } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import { restartLog, truncateLog } from './log-truncation.ts'
import type { LogWriter, WriteCycle } from './log-writer.ts'
import { encodeSnapshot } from './producer/producer-snapshot.ts'
import { decideRetention } from './retention.ts'
import { Segment } from './segment.ts'
import { SerialTasks } from './serial-tasks.ts'

export class LogUpkeep implements AppendUpkeep, CleaningUpkeep {
  readonly #state: LogState
  readonly #home: LogHome
  readonly #reader: LogReader
  readonly #tasks = new SerialTasks()
  readonly #epochWrites = new SerialTasks()
  readonly #background: Background
  #writer: LogWriter | null = null
  #unflushedRecords = 0
  #isFlushDue = false
  #isIndexWriteDue = false
  #savedEpochs: number
  /** Files were made since the folder's entries were last forced to the device. */
  #hasNewFiles = false

  constructor(state: LogState, home: LogHome, reader: LogReader) {
    this.#state = state
    this.#home = home
    this.#reader = reader
    this.#savedEpochs = 0
    this.#background = new Background(home.timers, (what, error) => {
      const { directory } = state.identity
      home.events.warn({ directory, error, what }, 'upkeep of a log failed')
    })
  }

  /** The writer is made with this, so it comes after. */
  attach(writer: LogWriter): void {
    this.#writer = writer
  }

  roll(nowMs: number, baseOffset: number): Segment {
    const { segments, producers, identity, config } = this.#state
    const closed = segments.active
    const snapshot = encodeSnapshot(producers.entries())
    const jitterMs = Math.floor(
      this.#home.random() * Math.min(config.segmentJitterMs, config.segmentMs),
    )
    const next = new Segment(this.#home.context, identity.directory, baseOffset, {
      createdMs: nowMs,
      jitterMs,
    })
    segments.push(next)
    this.#background.run('closing a segment', async () => {
      // Settled, written or not: what is not written is undone, and the segment is active again.
      await this.#writer?.settled()
      await this.change(() => this.#finishSegment(closed, snapshot, next.baseOffset))
    })
    return next
  }

  async #finishSegment(closed: Segment, snapshot: Buffer, endOffset: number): Promise<void> {
    const { segments, snapshots } = this.#state
    const isClosed = segments.all.includes(closed) && closed !== segments.active
    if (!isClosed || !this.#home.online) return
    await closed.freeze()
    await snapshots.write(endOffset, snapshot, 'rebuildable')
    await this.#flushTo(endOffset)
  }

  saveEpochs(): Promise<void> | undefined {
    if (this.#savedEpochs === this.#state.epochs.version) return undefined
    return this.#writeEpochs('rebuildable')
  }

  /** The writer and a flush may both want the file written: one after the other. */
  #writeEpochs(durability: 'durable' | 'rebuildable'): Promise<void> {
    return this.#epochWrites.run(async () => {
      const { epochs, identity } = this.#state
      const version = epochs.version
      const path = join(identity.directory, leaderEpochFile)
      await replaceFile(this.#home.context.files.disk, path, epochs.encode(), durability)
      this.#savedEpochs = version
    })
  }

  syncAfter(cycle: WriteCycle): Promise<void> | undefined {
    if (cycle.position === 0) this.#hasNewFiles = true
    this.#unflushedRecords += cycle.records
    if (this.#unflushedRecords < this.#state.config.flushMessages) return undefined
    return this.#syncSegment(cycle)
  }

  async #syncSegment(cycle: WriteCycle): Promise<void> {
    // Earlier segments are synced when they are closed; one of them may not have got that far yet.
    const { segments, recoveryPoint } = this.#state
    for (const segment of segments.all.slice(segments.indexFor(recoveryPoint))) {
      if (segment.baseOffset <= cycle.segment.baseOffset) await segment.sync()
    }
    await this.#syncNewFiles()
    this.#unflushedRecords = 0
    this.#state.flushed(cycle.endOffset)
  }

  async #syncNewFiles(): Promise<void> {
    if (!this.#hasNewFiles) return
    this.#hasNewFiles = false
    try {
      await this.#home.context.files.disk.syncDirectory(this.#state.identity.directory)
    } catch (error) {
      this.#hasNewFiles = true
      throw error
    }
  }

  onPublished({ segment }: WriteCycle): void {
    if (segment.hasLongIndexTail && !this.#isIndexWriteDue) {
      this.#isIndexWriteDue = true
      this.#background.run('writing an index', () => this.#writeIndex(segment))
    }
    const { flushMs } = this.#state.config
    if (flushMs === Number.MAX_SAFE_INTEGER || this.#isFlushDue) return
    if (this.#unflushedRecords === 0) return
    this.#isFlushDue = true
    this.#background.later('flushing', flushMs, () => {
      this.#isFlushDue = false
      return this.flush()
    })
  }

  async #writeIndex(segment: Segment): Promise<void> {
    try {
      await this.change(async () => {
        // It may have been cut off or deleted while this waited for its turn.
        if (this.#state.segments.all.includes(segment)) await segment.writeFullIndexPages()
      })
    } finally {
      this.#isIndexWriteDue = false
    }
  }

  /** Everything appended so far. */
  async flush(): Promise<void> {
    await this.#writer?.settled()
    this.#requireOnline()
    await this.change(() => this.#flushTo(this.#state.logEndOffset))
  }

  async flushClosed(): Promise<void> {
    await this.#writer?.settled()
    this.#requireOnline()
    await this.change(() => this.#flushTo(this.#state.segments.active.baseOffset))
  }

  async #flushTo(endOffset: number): Promise<void> {
    const { segments, recoveryPoint, epochs } = this.#state
    if (endOffset <= recoveryPoint) return
    for (const segment of segments.all.slice(segments.indexFor(recoveryPoint))) {
      if (segment.baseOffset >= endOffset) break
      await segment.sync()
      if (segment === segments.active) continue
      await segment.freeze()
      await segment.syncIndexes()
    }
    if (epochs.version !== 0) await this.#writeEpochs('durable')
    await this.#syncNewFiles()
    if (endOffset >= this.#state.logEndOffset) this.#unflushedRecords = 0
    this.#state.flushed(endOffset)
  }

  async rollBack(): Promise<void> {
    await this.#whileBlocked('what the full disk did not take is undone', async () => {
      try {
        await this.#tasks.run(() => truncateLog(this.#state, this.#home, this.#state.logEndOffset))
      } catch (error) {
        // Memory and file disagree now.
        this.#home.fail(error)
        throw storageError(`undoing writes to ${this.#state.identity.directory} failed`, error)
      }
    })
  }

  async truncateTo(offset: number): Promise<void> {
    await this.#cut(async () => {
      const { logEndOffset, logStartOffset } = this.#state
      if (offset >= logEndOffset) {
        // A leader notes its epoch before it has a batch of it.
        this.#state.epochs.truncateFromEnd(logEndOffset)
        return
      }
      await this.#lowerRecoveryPoint(offset)
      await this.#lowerCleaned(offset)
      // Nothing is left at the log start either, which may lie within a batch: a segment that
      // begins below it would bring the end back there after a crash.
      if (offset <= logStartOffset) await restartLog(this.#state, this.#home, offset)
      else await truncateLog(this.#state, this.#home, offset)
    })
  }

  async restartAt(offset: number): Promise<void> {
    await this.#cut(async () => {
      await this.#lowerRecoveryPoint(0)
      await this.#lowerCleaned(0)
      await restartLog(this.#state, this.#home, offset)
    })
  }

  /** First, and durably: batches that take the place of those cut off are not on the device. */
  async #lowerRecoveryPoint(offset: number): Promise<void> {
    if (offset >= this.#state.recoveryPoint) return
    this.#state.lowerRecoveryPoint(offset)
    await this.#home.checkpointRecoveryPoints()
  }

  /** What comes in the place of those cut off is not cleaned. */
  async #lowerCleaned(offset: number): Promise<void> {
    if (offset >= this.#state.cleanedTo) return
    this.#state.cleaned(offset)
    await this.#home.checkpointCleanerOffsets()
  }

  async #cut(change: () => Promise<void>): Promise<void> {
    this.#requireOnline()
    await this.#whileBlocked('the log is being cut', async () => {
      await this.#writer?.idle()
      await this.change(change)
    })
    this.#reader.forget()
  }

  async #whileBlocked(reason: string, change: () => Promise<void>): Promise<void> {
    const before = this.#state.blocked
    this.#state.blocked = reason
    try {
      await change()
    } finally {
      if (this.#state.blocked === reason) this.#state.blocked = before
    }
  }

  /** Removes what has outlived its time, or lies below the log start; returns how many segments. */
  async applyRetention(): Promise<number> {
    this.#requireOnline()
    return this.change(() => this.#deleteOld())
  }

  async #deleteOld(): Promise<number> {
    const state = this.#state
    const nowMs = this.#home.clock.nowMs()
    const decision = await decideRetention(state, nowMs)
    if (state.blocked !== null) return 0
    const { reason } = decision
    let { count } = decision
    if (count === state.segments.count) {
      // The log goes on in a new segment, unless appends have come since the decision.
      if (state.nextOffset === state.highWatermark) this.roll(nowMs, state.nextOffset)
      else count--
    }
    if (count === 0) return 0
    const removed = state.segments.removeFirst(count)
    state.advanceStart(state.segments.first.baseOffset)
    this.#reader.forget()
    const { topic, partition } = state.identity
    const fields = {
      topic,
      partition,
      segments: count,
      logStartOffset: state.logStartOffset,
      reason,
    }
    this.#home.events.info(fields, 'old segments are deleted')
    await this.#home.checkpointLogStartOffsets()
    for (const segment of removed) await segment.markDeleted()
    await state.snapshots.removeBelow(state.segments.first.baseOffset)
    this.removeLater(removed)
    return count
  }

  removeLater(removed: readonly Segment[]): void {
    const delayMs = this.#state.config.fileDeleteDelayMs
    this.#reader.forget()
    this.#background.later('removing old segments', delayMs, async () => {
      for (const segment of removed) await segment.remove()
    })
  }

  async deleteRecords(beforeOffset: number): Promise<number> {
    this.#requireOnline()
    if (this.#state.advanceStart(beforeOffset)) {
      await this.#guard(() => this.#home.checkpointLogStartOffsets())
    }
    return this.#state.logStartOffset
  }

  /** Ends the log's work, leaving the files so that the next start need not scan them. */
  async close(): Promise<void> {
    this.#state.blocked = 'the log is closed'
    await this.#writer?.idle()
    await this.#background.stop()
    await this.#tasks.run(async () => {
      const { segments, snapshots, producers, logEndOffset } = this.#state
      try {
        if (this.#home.online) {
          await segments.active.freeze()
          await this.#flushTo(logEndOffset)
          await segments.active.syncIndexes()
          await this.saveEpochs()
          if (!snapshots.offsets.includes(logEndOffset) && logEndOffset > 0) {
            await snapshots.write(logEndOffset, encodeSnapshot(producers.entries()), 'durable')
          }
        }
      } finally {
        for (const segment of segments.all) await segment.close()
      }
    })
  }

  /** The log is deleted: its files are let go, and nothing opens them again. */
  async retire(): Promise<void> {
    this.#state.blocked = 'the log is deleted'
    await this.#writer?.idle()
    await this.#background.stop()
    await this.#tasks.run(async () => {
      for (const segment of this.#state.segments.all) await segment.retire()
    })
  }

  #requireOnline(): void {
    if (!this.#home.online) {
      throw storageError(`the log directory of ${this.#state.identity.directory} is offline`)
    }
  }

  /** Changes files, after the changes before it. */
  change<T>(work: () => Promise<T>): Promise<T> {
    return this.#guard(() => this.#tasks.run(work))
  }

  /** An error of the disk takes the directory offline, but for a full one. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof BrokerError) throw error
      if (isDiskFull(error)) this.#home.noteFull(error)
      else this.#home.fail(error)
      throw storageError(`upkeep of ${this.#state.identity.directory} failed`, error)
    }
  }
}
