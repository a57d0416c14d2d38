// What a log knows of itself in memory: its segments, offsets, epochs and producers. The offsets
// move only through the methods here, which hold them in order: log start <= high watermark <= log
// end <= next offset.

import { assert } from '../assert.ts'
import type { LeaderEpochs } from './checkpoint/leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LoadedLog } from './log-loader.ts'
import type { TopicId } from './partition-log.ts'
import type { ProducerState } from './producer/producer-state.ts'
import type { SnapshotFiles } from './producer/snapshot-files.ts'
import type { SegmentList } from './segment-list.ts'

export interface LogIdentity {
  readonly topic: string
  readonly topicId: TopicId
  readonly partition: number
  readonly directory: string
}

export class LogState {
  readonly identity: LogIdentity
  config: LogConfig
  readonly segments: SegmentList
  readonly epochs: LeaderEpochs
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
  /** Why appends are not taken now: the log is being cut, or is closed. */
  blocked: string | null = null
  /**
   * Times that readers lost something: a read that was under way meanwhile may have seen bytes that
   * are gone.
   */
  cuts = 0
  #logStartOffset: number
  #highWatermark: number
  #logEndOffset: number
  #nextOffset: number
  #recoveryPoint: number
  #cleanedTo: number

  constructor(identity: LogIdentity, config: LogConfig, loaded: LoadedLog) {
    this.identity = identity
    this.config = config
    this.segments = loaded.segments
    this.epochs = loaded.epochs
    this.producers = loaded.producers
    this.snapshots = loaded.snapshots
    this.#logStartOffset = loaded.logStartOffset
    this.#highWatermark = loaded.logStartOffset
    this.#logEndOffset = loaded.endOffset
    this.#nextOffset = loaded.endOffset
    this.#recoveryPoint = loaded.recoveryPoint
    this.#cleanedTo = loaded.cleanedTo
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** One past the last offset that readers may see. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Offset of the next batch; ahead of the log end while writes are under way. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Everything below is on the device. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /** Up to here every key is known to have its last record alone: the cleaner's checkpoint. */
  get cleanedTo(): number {
    return this.#cleanedTo
  }

  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset
    if (unstable === null) return this.#highWatermark
    // DeleteRecords may have taken the first records of an open transaction.
    return Math.min(Math.max(unstable, this.#logStartOffset), this.#highWatermark)
  }

  /** A batch was given the offsets up to `end`, exclusive. */
  assigned(end: number): void {
    assert(end > this.#nextOffset, `offset ${end} is assigned after ${this.#nextOffset}`)
    this.#nextOffset = end
  }

  published(end: number): void {
    assert(end > this.#logEndOffset && end <= this.#nextOffset, `${end} is published`)
    this.#logEndOffset = end
  }

  setHighWatermark(offset: number): void {
    this.#highWatermark = Math.min(Math.max(offset, this.#logStartOffset), this.#logEndOffset)
    this.producers.onHighWatermark(this.#highWatermark)
  }

  flushed(end: number): void {
    this.#recoveryPoint = Math.max(this.#recoveryPoint, end)
  }

  /** False where the log starts there or later already. */
  advanceStart(offset: number): boolean {
    if (offset <= this.#logStartOffset) return false
    assert(offset <= this.#logEndOffset, `log start ${offset} behind the end`)
    this.#logStartOffset = offset
    this.setHighWatermark(this.#highWatermark)
    this.epochs.truncateFromStart(offset)
    return true
  }

  cleaned(end: number): void {
    this.#cleanedTo = end
  }

  lowerRecoveryPoint(offset: number): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, offset)
  }

  /** The log ends at `end` now; it also starts there where nothing is left. */
  cut(end: number, logStartOffset = Math.min(this.#logStartOffset, end)): void {
    if (end !== this.#logEndOffset) this.cuts++
    this.#nextOffset = end
    this.#logEndOffset = end
    this.#logStartOffset = logStartOffset
    this.lowerRecoveryPoint(end)
    this.#cleanedTo = Math.min(this.#cleanedTo, end)
    this.setHighWatermark(this.#highWatermark)
    this.epochs.truncateFromEnd(end)
  }
}
