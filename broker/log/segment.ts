// One segment of a log: its files, its indexes, and the sums over its batches. Knows what was
// assigned to it and how much of that the file holds; writing the bytes is the log writer's,
// recovery the segment scan's.

import { join } from 'node:path'
import { batchHeaderBytes, batchSize, lastOffset, maxTimestamp } from '@samsa/proto/record/batch'
import { deletedSuffix, fileSuffix, offsetFileName } from './file-names.ts'
import type { IndexPages } from './index/index-pages.ts'
import { OffsetIndex } from './index/offset-index.ts'
import { TimeIndex, type TimeIndexEntry } from './index/time-index.ts'
import { TransactionIndex } from './index/transaction-index.ts'
import type { LogConfig } from './log-config.ts'
import { LogFile, type OpenFiles } from './open-files.ts'

/** What segments share. */
export interface SegmentContext {
  readonly files: OpenFiles
  readonly pages: IndexPages
}

export interface SegmentBirth {
  readonly createdMs: number
  /** Taken off segment.ms, so that segments made together do not roll together. */
  readonly jitterMs: number
}

/** What decides whether a batch still fits. */
export interface BatchFacts {
  readonly sizeBytes: number
  readonly lastOffset: number
  readonly maxTimestamp: number
}

export class Segment {
  readonly baseOffset: number
  readonly file: LogFile
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** Bytes of all batches assigned to the segment. */
  sizeBytes = 0
  /** Bytes that readers may see; behind sizeBytes while a write is under way. */
  writtenBytes = 0
  /** Everything up to here is on the device. */
  syncedBytes = 0
  #createdMs: number
  readonly #jitterMs: number
  /**
   * The first batch's: what segment.ms is counted from. Null for an empty segment, or one not asked
   * yet.
   */
  #firstTimestamp: number | null = null
  #maxTimestamp: TimeIndexEntry | null = null
  #bytesSinceIndexEntry = 0
  readonly #files: OpenFiles

  constructor(
    context: SegmentContext,
    directory: string,
    firstOffset: number,
    birth: SegmentBirth,
    nameEnd = '',
  ) {
    const file = (suffix: (typeof fileSuffix)[keyof typeof fileSuffix]) =>
      new LogFile(context.files, join(directory, offsetFileName(firstOffset, suffix) + nameEnd))
    this.#files = context.files
    this.baseOffset = firstOffset
    this.#createdMs = birth.createdMs
    this.#jitterMs = birth.jitterMs
    this.file = file(fileSuffix.log)
    this.offsetIndex = new OffsetIndex(file(fileSuffix.offsetIndex), context.pages, firstOffset)
    this.timeIndex = new TimeIndex(file(fileSuffix.timeIndex), context.pages, firstOffset)
    this.transactionIndex = new TransactionIndex(file(fileSuffix.transactionIndex))
  }

  /**
   * Takes over what the files hold. The sums come from the time index: right for a segment that was
   * closed properly.
   */
  async load(): Promise<void> {
    this.sizeBytes = await this.file.sizeBytes()
    this.writtenBytes = this.sizeBytes
    this.syncedBytes = this.sizeBytes
    await this.offsetIndex.entries.load()
    await this.timeIndex.load()
    await this.transactionIndex.load()
  }

  /** Makes a loaded segment ready for appends. */
  async activate(): Promise<void> {
    await this.offsetIndex.entries.thaw()
    await this.timeIndex.entries.thaw()
    this.#maxTimestamp = await this.timeIndex.last()
    this.#firstTimestamp = await this.#readFirstTimestamp()
  }

  /** Null for a segment without a batch. */
  async firstTimestamp(): Promise<number | null> {
    this.#firstTimestamp ??= await this.#readFirstTimestamp()
    return this.#firstTimestamp
  }

  async #readFirstTimestamp(): Promise<number | null> {
    if (this.writtenBytes < batchHeaderBytes) return null
    const header = Buffer.allocUnsafe(batchHeaderBytes)
    await this.file.use((file) => file.read(header, 0, batchHeaderBytes, 0))
    return maxTimestamp(header, 0)
  }

  /** Largest timestamp and the last offset of its batch; null when no batch has one. */
  async largestTimestamp(): Promise<TimeIndexEntry | null> {
    return this.#maxTimestamp ?? (await this.timeIndex.last())
  }

  /** What retention by time counts from. */
  async retentionTimestamp(): Promise<number> {
    const largest = await this.largestTimestamp()
    if (largest !== null && largest.timestamp >= 0) return largest.timestamp
    const status = await this.#files.disk.status(this.file.path)
    return status?.modifiedMs ?? this.#createdMs
  }

  /** Whether a batch may not go into this segment any more, but must begin the next. */
  mustRoll(batch: BatchFacts, now: number, config: LogConfig): boolean {
    if (!this.offsetIndex.canHold(batch.lastOffset)) return true
    if (this.sizeBytes === 0) return false
    return (
      this.sizeBytes > config.segmentBytes - batch.sizeBytes ||
      this.offsetIndex.isFull(config.segmentIndexBytes) ||
      this.timeIndex.isFull(config.segmentIndexBytes) ||
      this.#waitedMs(batch.maxTimestamp, now) > longestMs(config) - this.#jitterMs
    )
  }

  #waitedMs(batchMaxTimestamp: number, now: number): number {
    const first = this.#firstTimestamp ?? -1
    return first >= 0 ? batchMaxTimestamp - first : now - this.#createdMs
  }

  /** Counts a batch in, at the segment's end; returns its position in the file. */
  add(batch: Buffer, at: number, size: number, indexIntervalBytes: number): number {
    const position = this.sizeBytes
    const timestamp = maxTimestamp(batch, at)
    const last = lastOffset(batch, at)
    if (position === 0) this.#firstTimestamp = timestamp
    if (timestamp > (this.#maxTimestamp?.timestamp ?? -1)) {
      this.#maxTimestamp = { timestamp, offset: last }
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(last, position)
      if (this.#maxTimestamp !== null) this.timeIndex.append(this.#maxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += size
    this.sizeBytes = position + size
    return position
  }

  get hasLongIndexTail(): boolean {
    return this.offsetIndex.entries.tailIsLong || this.timeIndex.entries.tailIsLong
  }

  async writeFullIndexPages(): Promise<void> {
    await this.offsetIndex.entries.writeFullPages()
    await this.timeIndex.entries.writeFullPages()
  }

  /** Ends appends: closes the time index with the largest timestamp and writes the indexes out. */
  async freeze(): Promise<void> {
    if (this.#maxTimestamp !== null) this.timeIndex.append(this.#maxTimestamp)
    await this.offsetIndex.entries.freeze()
    await this.timeIndex.entries.freeze()
    await this.transactionIndex.writeAll()
  }

  /** Forces what is written to the device. The indexes go along where they were written whole. */
  async sync(): Promise<void> {
    const written = this.writtenBytes
    if (this.syncedBytes >= written) return
    await this.file.use((file) => file.sync())
    this.syncedBytes = written
  }

  async syncIndexes(): Promise<void> {
    await this.offsetIndex.entries.sync()
    await this.timeIndex.entries.sync()
    await this.transactionIndex.sync()
  }

  /** Forgets the indexes' content: a scan will make them anew by `add`. */
  async reset(): Promise<void> {
    await this.offsetIndex.entries.truncate(0)
    await this.timeIndex.truncateTo(this.baseOffset)
    await this.transactionIndex.truncateTo(this.baseOffset)
    await this.timeIndex.last()
    this.sizeBytes = 0
    this.#firstTimestamp = null
    this.#maxTimestamp = null
    this.#bytesSinceIndexEntry = 0
  }

  /** Makes the file of a segment that has none yet. */
  async make(): Promise<void> {
    await this.file.useOrMake(async () => undefined)
  }

  /**
   * Cuts the file and the indexes, ready for appends: `position` is where the batch that holds
   * `offset` begins, or the file's end.
   */
  async truncate(offset: number, position: number, now: number): Promise<void> {
    await this.offsetIndex.truncateTo(offset)
    await this.timeIndex.truncateTo(offset)
    await this.transactionIndex.truncateTo(offset)
    await this.file.useOrMake(async (file) => {
      await file.truncate(position)
      await file.sync()
    })
    this.sizeBytes = position
    this.writtenBytes = position
    this.syncedBytes = position
    this.#bytesSinceIndexEntry = 0
    if (position === 0) {
      this.#createdMs = now
    }
    this.#firstTimestamp = await this.#readFirstTimestamp()
    await this.#findLargestTimestamp()
  }

  /**
   * The time index may not have the largest timestamp: batches behind its last entry are looked at
   * too.
   */
  async #findLargestTimestamp(): Promise<void> {
    let largest = await this.timeIndex.last()
    const from = largest === null ? 0 : (await this.offsetIndex.lookup(largest.offset)).position
    const header = Buffer.allocUnsafe(batchHeaderBytes)
    for (let at = from; at + batchHeaderBytes <= this.writtenBytes; ) {
      await this.file.use((file) => file.read(header, 0, batchHeaderBytes, at))
      const timestamp = maxTimestamp(header, 0)
      if (timestamp > (largest?.timestamp ?? -1))
        largest = { timestamp, offset: lastOffset(header, 0) }
      at += Math.max(batchHeaderBytes, batchSize(header, 0))
    }
    this.#maxTimestamp = largest
  }

  get #all(): LogFile[] {
    return [
      this.file,
      this.offsetIndex.entries.file,
      this.timeIndex.entries.file,
      this.transactionIndex.file,
    ]
  }

  /** Takes the files' names out of the log; they can still be read until `remove`. */
  async markDeleted(): Promise<void> {
    for (const file of this.#all) await file.rename(file.path + deletedSuffix)
  }

  /**
   * Gives the files names that end so. The log file's goes last: where it has the new name, the
   * others have theirs.
   */
  async renameAll(from: string, to: string): Promise<void> {
    for (const file of this.#all.toReversed()) {
      await file.rename(file.path.slice(0, file.path.length - from.length) + to)
    }
  }

  async remove(): Promise<void> {
    this.#release()
    for (const file of this.#all) await file.remove()
  }

  /** Removes what there is of a segment that was not finished, or not begun. */
  async discard(): Promise<void> {
    for (const file of this.#all) {
      await file.close()
      await this.#files.disk.remove(file.path)
    }
  }

  async close(): Promise<void> {
    this.#release()
    for (const file of this.#all) await file.close()
  }

  /** Lets go of the files for good. */
  async retire(): Promise<void> {
    this.#release()
    for (const file of this.#all) await file.retire()
  }

  #release(): void {
    this.offsetIndex.entries.release()
    this.timeIndex.entries.release()
  }
}

/** What is in the active segment is not compacted: it must not wait there for longer than it may. */
function longestMs({ cleanupPolicy, segmentMs, maxCompactionLagMs }: LogConfig): number {
  return cleanupPolicy.compact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs
}
