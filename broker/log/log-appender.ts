// Takes batches into a log: decides, gives offsets, counts them into the active segment, all
// synchronously; then the writer puts them into the file and this publishes them. A write that
// fails undoes everything behind the log's end.

import {
  baseOffset,
  batchSize,
  isControl,
  lastOffset,
  lastOffsetDelta,
  leaderEpoch,
  maxTimestamp,
  recordCount,
  setBaseOffset,
  setLeaderEpoch,
} from '@samsa/proto/record/batch'
import { batchSizeAt, checkCrc } from '@samsa/proto/record/batches'
import { isDiskFull } from '../disk/disk-errors.ts'
import { BrokerError } from '../errors.ts'
import { checkBatch } from './batch-check.ts'
import { relativeOffsetMax } from './limits.ts'
import { storageError, throwAsBrokerError } from './log-errors.ts'
import type { LogHome } from './log-home.ts'
import type { LogState } from './log-state.ts'
import { LogWriter, type WriteCycle, type WriteHost } from './log-writer.ts'
import type { Append, AppendOptions, PublishedBatches } from './partition-log.ts'
import type { ProducerBatch } from './producer/producer-entry.ts'
import type { BatchFacts, Segment } from './segment.ts'

/** What appending sets off in the log's upkeep. */
export interface AppendUpkeep {
  /** Makes the next segment, and sees to the one before it. */
  roll(nowMs: number, baseOffset: number): Segment
  /** Writes the epoch file if it is behind; undefined when it is not. */
  saveEpochs(): Promise<void> | undefined
  /**
   * Syncs what is written of the segment, as flush.messages asks; undefined when it does not yet.
   */
  syncAfter(cycle: WriteCycle): Promise<void> | undefined
  onPublished(cycle: WriteCycle): void
  /** Undoes what is behind the log's end after a full disk. */
  rollBack(): Promise<void>
}

const written = Promise.resolve()

export class LogAppender implements WriteHost {
  readonly writer: LogWriter
  onPublished: ((batches: PublishedBatches) => void) | null = null
  readonly #state: LogState
  readonly #home: LogHome
  readonly #upkeep: AppendUpkeep

  constructor(state: LogState, home: LogHome, upkeep: AppendUpkeep) {
    this.#state = state
    this.#home = home
    this.#upkeep = upkeep
    this.writer = new LogWriter(this, home.turn)
  }

  append(given: Buffer, options: AppendOptions): Append {
    this.#requireWritable()
    const { origin, leaderEpoch: epoch } = options
    const state = this.#state
    const nowMs = this.#home.clock.nowMs()
    const batch = checkBatch(given, origin, state.config, nowMs)
    const offset = state.nextOffset
    const duplicate = state.producers.check(batch, origin, offset, options)
    if (duplicate !== undefined) return this.#duplicate(duplicate)
    if (isControl(batch, 0) && state.producers.isRepeatedMarker(batch)) return this.#repeated()
    setBaseOffset(batch, 0, offset)
    setLeaderEpoch(batch, 0, epoch)
    const promise = this.#add(batch, 0, batch.length, nowMs)
    return {
      written: promise,
      baseOffset: offset,
      lastOffset: state.nextOffset - 1,
      logAppendTimeMs: state.config.messageTimestampType === 'LogAppendTime' ? nowMs : -1,
      logStartOffset: state.logStartOffset,
      duplicate: false,
    }
  }

  #duplicate(batch: ProducerBatch): Append {
    const { config, logEndOffset, logStartOffset } = this.#state
    const isWritten = batch.lastOffset < logEndOffset
    return {
      // Writes end in order, so the last one queued is not before the original.
      written: isWritten ? written : (this.writer.lastWritten ?? written),
      baseOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      logAppendTimeMs: config.messageTimestampType === 'LogAppendTime' ? batch.timestamp : -1,
      logStartOffset,
      duplicate: true,
    }
  }

  /** Once all that is in the log now is committed, so is the marker that was written before. */
  #repeated(): Append {
    const { nextOffset, logStartOffset } = this.#state
    return {
      written: this.writer.lastWritten ?? written,
      baseOffset: nextOffset - 1,
      lastOffset: nextOffset - 1,
      logAppendTimeMs: -1,
      logStartOffset,
      duplicate: true,
    }
  }

  appendAsFollower(records: Buffer): Append {
    this.#requireWritable()
    const state = this.#state
    this.#checkReplicated(records)
    const nowMs = this.#home.clock.nowMs()
    const firstOffset = state.nextOffset
    let promise = written
    for (let at = 0; at < records.length; at += batchSize(records, at)) {
      promise = this.#add(records, at, batchSize(records, at), nowMs)
    }
    return {
      written: promise,
      baseOffset: firstOffset,
      lastOffset: state.nextOffset - 1,
      logAppendTimeMs: -1,
      logStartOffset: state.logStartOffset,
      duplicate: false,
    }
  }

  /** All of it before any of it is taken: whole sound batches that go on where the log ends. */
  #checkReplicated(records: Buffer): void {
    let expected = this.#state.nextOffset
    try {
      for (let at = 0; at < records.length; ) {
        const size = batchSizeAt(records, at)
        const first = size === 0 ? -1 : baseOffset(records, at)
        if (first < expected || lastOffsetDelta(records, at) < 0) {
          throw new BrokerError(
            'CORRUPT_MESSAGE',
            `a replicated batch at byte ${at} has offset ${first}, ${expected} was expected`,
          )
        }
        checkCrc(records, at)
        expected = lastOffset(records, at) + 1
        at += size
      }
    } catch (error) {
      throwAsBrokerError(error)
    }
  }

  #requireWritable(): void {
    const { identity, blocked } = this.#state
    if (!this.#home.online)
      throw storageError(`the log directory of ${identity.directory} is offline`)
    if (blocked !== null) throw storageError(`${identity.directory}: ${blocked}`)
    const { fullReason } = this.#home
    if (fullReason !== null) throw storageError(fullReason)
  }

  /** Takes one batch in that has its offset and epoch. */
  #add(buffer: Buffer, at: number, size: number, nowMs: number): Promise<void> {
    const state = this.#state
    const last = lastOffset(buffer, at)
    const facts: BatchFacts = {
      sizeBytes: size,
      lastOffset: last,
      maxTimestamp: maxTimestamp(buffer, at),
    }
    const { active } = state.segments
    const segment = active.mustRoll(facts, nowMs, state.config)
      ? this.#upkeep.roll(nowMs, Math.max(state.nextOffset, last - relativeOffsetMax))
      : active
    const epoch = leaderEpoch(buffer, at)
    if (epoch > state.epochs.latest) state.epochs.assign(epoch, baseOffset(buffer, at))
    const position = segment.add(buffer, at, size, state.config.indexIntervalBytes)
    const aborted = state.producers.apply(buffer, at)
    if (aborted !== null) segment.transactionIndex.append(aborted)
    state.assigned(last + 1)
    const bytes = size === buffer.length ? buffer : buffer.subarray(at, at + size)
    return this.writer.add(segment, position, bytes, recordCount(buffer, at), last + 1)
  }

  beforeWrite(): Promise<void> | undefined {
    return this.#upkeep.saveEpochs()
  }

  beforePublish(cycle: WriteCycle): Promise<void> | undefined {
    return this.#upkeep.syncAfter(cycle)
  }

  publish(cycle: WriteCycle): void {
    this.#state.published(cycle.endOffset)
    this.#home.noteWritten(cycle.bytes)
    this.#upkeep.onPublished(cycle)
    const [first] = cycle.buffers
    if (this.onPublished === null || first === undefined) return
    const { endOffset, buffers, bytes } = cycle
    this.onPublished({ baseOffset: baseOffset(first, 0), endOffset, buffers, bytes })
  }

  async fail(cause: unknown): Promise<never> {
    const { identity } = this.#state
    if (isDiskFull(cause) && this.#home.online) {
      this.#home.noteFull(cause)
      await this.#upkeep.rollBack()
      throw storageError(`no room on the disk for ${identity.directory}`, cause)
    }
    this.#home.fail(cause)
    throw storageError(`writing to ${identity.directory} failed`, cause)
  }
}
