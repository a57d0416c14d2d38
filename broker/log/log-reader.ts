// Reads a log across its segments: records by offset, aborted transactions of a range, offsets by
// time.

import type { AbortedTxn } from './index/transaction-index.ts'
import type { AbortedTransaction, LogRead, ReadOptions } from './partition-log.ts'
import { ReadHints } from './read-hints.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { behindSegment, readSegment, type SegmentRead } from './segment-reader.ts'
import { type FoundRecord, firstRecordSince } from './time-lookup.ts'

const allocateNew = (size: number): Buffer => Buffer.allocUnsafe(size)
const noRecords = Buffer.alloc(0)
const noAborted: readonly AbortedTransaction[] = []

export class LogReader {
  readonly #segments: SegmentList
  readonly #hints = new ReadHints()

  constructor(segments: SegmentList) {
    this.#segments = segments
  }

  /** Positions remembered for readers are wrong now. */
  forget(): void {
    this.#hints.clear()
  }

  /** `upTo` is at most the log's end. */
  async read(options: ReadOptions): Promise<LogRead> {
    const found = options.offset < options.upTo ? await this.#readRecords(options) : null
    const records = found?.records ?? noRecords
    const nextOffset = found?.nextOffset ?? options.offset
    const abortedTransactions = options.abortedTransactions
      ? await this.#aborted(options.offset, nextOffset)
      : null
    return { records, nextOffset, abortedTransactions }
  }

  async #readRecords(options: ReadOptions): Promise<SegmentRead | null> {
    const { offset, maxBytes, minOneBatch, upTo, allocate = allocateNew } = options
    const first = this.#segments.indexFor(offset)
    // Compaction can leave a segment without anything at or behind the offset: the next ones are
    // tried.
    for (const segment of this.#segments.all.slice(first)) {
      if (segment.baseOffset >= upTo) return null
      const from = Math.max(offset, segment.baseOffset)
      const request = { offset: from, maxBytes, minOneBatch, upTo, allocate }
      const read = await readSegment(segment, this.#hints, request)
      if (read !== behindSegment) return read
    }
    return null
  }

  async #aborted(from: number, to: number): Promise<readonly AbortedTransaction[]> {
    if (to <= from) return noAborted
    const found: AbortedTxn[] = []
    for (const segment of this.#segments.all.slice(this.#segments.indexFor(from))) {
      const isLast = await collectAborted(segment, from, to, found)
      if (isLast) break
    }
    found.sort((a, b) => a.firstOffset - b.firstOffset)
    return found.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
  }

  async firstRecordSince(timestamp: number, fromOffset: number): Promise<FoundRecord | null> {
    for (const segment of this.#segments.all) {
      const largest = await segment.largestTimestamp()
      if (largest === null || largest.timestamp < timestamp) continue
      const found = await firstRecordSince(segment, timestamp, fromOffset)
      if (found !== null) return found
    }
    return null
  }

  async recordWithLargestTimestamp(fromOffset: number): Promise<FoundRecord | null> {
    let best = -1
    let holder: Segment | null = null
    for (const segment of this.#segments.all) {
      const largest = await segment.largestTimestamp()
      if (largest === null || largest.timestamp <= best) continue
      best = largest.timestamp
      holder = segment
    }
    return holder === null ? null : firstRecordSince(holder, best, fromOffset)
  }
}

/** True where no later transaction can concern the range. */
async function collectAborted(
  segment: Segment,
  from: number,
  to: number,
  found: AbortedTxn[],
): Promise<boolean> {
  if (segment.transactionIndex.count === 0) return false
  for (const entry of await segment.transactionIndex.all()) {
    if (entry.lastOffset >= from && entry.firstOffset < to) found.push(entry)
    if (entry.lastStableOffset >= to) return true
  }
  return false
}
