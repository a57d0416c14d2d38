// Cleans a log: learns the last offset of each key in its dirty part, then writes all segments up
// to there anew, without what is superseded, in groups that each become one segment. Knows files
// and a job, and nothing of the live log, whose owner puts each group in its place. As in Kafka.

import {
  attributes,
  baseOffset,
  batchAttribute,
  batchSize,
  isControl,
  lastOffset,
  producerEpoch,
  producerId,
} from '@samsa/proto/record/batch'
import { recordCursor } from '@samsa/proto/record/records'
import type { Disk } from '../../disk/disk.ts'
import { BatchCleaner } from './batch-cleaner.ts'
import { BatchPieces } from './batch-pieces.ts'
import type {
  CleanedGroup,
  CleanHost,
  CleanJob,
  CleanResult,
  RememberedProducer,
  SegmentToClean,
} from './clean-job.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { groupSegments } from './group-segments.ts'
import { KeyMap, slotBytes } from './key-map.ts'
import { SegmentOutput } from './segment-output.ts'
import { Throttle } from './throttle.ts'

/** Null where the host ended it. Throws BatchDamagedError, RecordError, or what the disk throws. */
export async function cleanLog(
  disk: Disk,
  job: CleanJob,
  host: CleanHost,
): Promise<CleanResult | null> {
  return new LogClean(disk, job, host).run()
}

class LogClean {
  readonly #disk: Disk
  readonly #job: CleanJob
  readonly #host: CleanHost
  readonly #map: KeyMap
  readonly #pieces: BatchPieces
  readonly #throttle: Throttle
  readonly #remembered = new Map<number, RememberedProducer>()
  #bytesRead = 0
  #bytesWritten = 0

  constructor(disk: Disk, job: CleanJob, host: CleanHost) {
    const { limits, segments, firstDirtyOffset, producers } = job
    this.#disk = disk
    this.#job = job
    this.#host = host
    const dirtyOffsets = Math.max(0, (segments.at(-1)?.endOffset ?? 0) - firstDirtyOffset)
    this.#map = new KeyMap({
      slots: Math.max(
        2,
        Math.min(
          Math.floor(limits.mapBytes / slotBytes),
          Math.ceil(dirtyOffsets / limits.mapLoadFactor) + 2,
        ),
      ),
      loadFactor: limits.mapLoadFactor,
      seed: Math.floor(host.random() * 0x1_0000_0000),
    })
    this.#pieces = new BatchPieces(limits.ioBytes)
    this.#throttle = new Throttle(host, limits.bytesPerSecond)
    for (const producer of producers) this.#remembered.set(producer.producerId, producer)
  }

  async run(): Promise<CleanResult | null> {
    const endOffset = await this.#learnKeys()
    if (this.#host.aborted) return null
    const { segments, segmentBytes, segmentIndexBytes } = this.#job
    const touched = segments.filter((segment) => segment.baseOffset < endOffset)
    const transactions = new CleanedTransactions(this.#job.aborted)
    const cleaner = this.#makeCleaner(endOffset)
    for (const group of groupSegments(touched, { segmentBytes, segmentIndexBytes })) {
      const cleaned = await this.#cleanGroup(group, transactions, cleaner)
      if (this.#host.aborted) return null
      if (cleaned !== null && !(await this.#host.swap(cleaned))) return null
    }
    return {
      endOffset,
      nextHorizonMs: cleaner.nextHorizonMs,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      recordsRead: cleaner.recordsRead,
      recordsKept: cleaner.recordsKept,
      mapUtilization: this.#map.utilization,
    }
  }

  /** Fills the map; returns the offset up to which it has all keys. */
  async #learnKeys(): Promise<number> {
    const { segments, firstDirtyOffset, aborted } = this.#job
    const dirty = segments.filter((segment) => segment.endOffset > firstDirtyOffset)
    // Those whose markers come before would never be seen to end.
    const start = dirty[0]?.baseOffset ?? firstDirtyOffset
    const later = aborted.filter((txn) => txn.lastOffset >= start)
    const transactions = new CleanedTransactions(later)
    let endOffset = firstDirtyOffset
    for (const segment of dirty) {
      let isFull = false
      await this.#readSegment(segment, async (piece) => {
        for (let at = 0; at < piece.length && !isFull; at += batchSize(piece, at)) {
          const learnedTo = this.#learn(piece, at, transactions)
          endOffset = Math.max(endOffset, learnedTo)
          isFull = learnedTo <= lastOffset(piece, at)
        }
        return !isFull
      })
      if (isFull || this.#host.aborted) return endOffset
      endOffset = segment.endOffset
    }
    return endOffset
  }

  /** Returns the offset behind the last record that the map knows: within the batch when full. */
  #learn(piece: Buffer, at: number, transactions: CleanedTransactions): number {
    const end = lastOffset(piece, at) + 1
    if (isControl(piece, at)) {
      transactions.isNeedless(piece, at, () => undefined)
      return end
    }
    if (transactions.isAborted(piece, at) || end <= this.#job.firstDirtyOffset) return end
    const cursor = recordCursor(piece, at)
    const first = baseOffset(piece, at)
    while (cursor.next()) {
      const offset = first + cursor.offsetDelta
      if (cursor.keySize < 0 || offset < this.#job.firstDirtyOffset) continue
      const { payload, keyStart, keySize } = cursor
      if (!this.#map.put(payload, keyStart, keySize, offset)) return offset
    }
    return end
  }

  #makeCleaner(endOffset: number): BatchCleaner {
    const { nowMs, deleteRetentionMs, compression, compressionLevel } = this.#job
    return new BatchCleaner({
      lastOffsetOf: (bytes, start, size) => this.#map.get(bytes, start, size),
      knownTo: endOffset - 1,
      nowMs,
      deleteRetentionMs,
      compression,
      compressionLevel: compressionLevel ?? undefined,
    })
  }

  /** Null where the segments would become what they are. */
  async #cleanGroup(
    group: readonly SegmentToClean[],
    transactions: CleanedTransactions,
    cleaner: BatchCleaner,
  ): Promise<CleanedGroup | null> {
    const [first] = group
    if (first === undefined) return null
    const { directory, indexIntervalBytes } = this.#job
    const output = new SegmentOutput(this.#disk, {
      directory,
      baseOffset: first.baseOffset,
      indexIntervalBytes,
    })
    const lastFilled = group.findLast((segment) => segment.sizeBytes > 0)
    let isSame = group.length === 1
    try {
      await output.open()
      for (const segment of group) {
        let position = 0
        await this.#readSegment(segment, async (piece) => {
          for (let at = 0; at < piece.length; at += batchSize(piece, at)) {
            position += batchSize(piece, at)
            // Where the segments end is told by their last batch, also to a start after a crash.
            const isLast = segment === lastFilled && position === segment.sizeBytes
            const cleaned = this.#cleanBatch(piece, at, { isLast, transactions, cleaner, output })
            if (cleaned !== null) output.add(cleaned)
            if (!isViewOf(cleaned, piece, at)) isSame = false
          }
          const bytes = await output.write()
          this.#bytesWritten += bytes
          await this.#throttle.pay(bytes)
          return true
        })
        if (this.#host.aborted) return null
      }
      if (isSame) return null
      await output.finish()
      const replaced = group.map((segment) => segment.baseOffset)
      return { baseOffset: first.baseOffset, replaced, sizeBytes: output.sizeBytes }
    } finally {
      await output.close()
    }
  }

  #cleanBatch(
    piece: Buffer,
    at: number,
    { isLast, transactions, cleaner, output }: BatchContext,
  ): Buffer | null {
    const isMarker = isControl(piece, at)
    const isAborted = !isMarker && transactions.isAborted(piece, at)
    const isNeedlessMarker =
      isMarker && transactions.isNeedless(piece, at, (txn) => output.addAborted(txn))
    const mustStay = isLast || this.#isRemembered(piece, at)
    return cleaner.clean(piece, at, { isAborted, isNeedlessMarker, mustStay })
  }

  /** Whether the log knows an active producer by this batch. */
  #isRemembered(piece: Buffer, at: number): boolean {
    const producer = this.#remembered.get(producerId(piece, at))
    if (producer === undefined) return false
    if (producer.lastOffsets.includes(lastOffset(piece, at))) return true
    return (
      producer.lastOffsets.length === 0 &&
      (attributes(piece, at) & batchAttribute.control) !== 0 &&
      producerEpoch(piece, at) === producer.producerEpoch
    )
  }

  /** `onPiece` answers whether to go on. */
  async #readSegment(
    segment: SegmentToClean,
    onPiece: (piece: Buffer) => Promise<boolean>,
  ): Promise<void> {
    if (segment.sizeBytes === 0) return
    const file = await this.#disk.open(segment.path, 'read')
    try {
      for await (const piece of this.#pieces.read(file, segment)) {
        this.#bytesRead += piece.length
        await this.#throttle.pay(piece.length)
        if (this.#host.aborted || !(await onPiece(piece))) return
      }
    } finally {
      await file.close()
    }
  }
}

interface BatchContext {
  readonly isLast: boolean
  readonly transactions: CleanedTransactions
  readonly cleaner: BatchCleaner
  readonly output: SegmentOutput
}

/** Whether a batch stayed what it was. */
function isViewOf(cleaned: Buffer | null, piece: Buffer, at: number): boolean {
  return cleaned?.buffer === piece.buffer && cleaned.byteOffset === piece.byteOffset + at
}
