// The batches of one partition that wait to be acknowledged, in order. Owns how records are put
// into batches, their sequence numbers, and the cutting of a batch that the broker finds too large.

import type { NewRecord } from '../format/record.ts'
import { batchBytesMax, batchRecordsMax } from './limits.ts'

export interface StampedRecord extends NewRecord {
  readonly timestampMs: number
}

export interface PendingBatch {
  readonly records: StampedRecord[]
  /** Uncompressed. */
  bytes: number
  /** Monotonic. */
  readonly openedMs: number
  isFull: boolean
  /** Made for the first try and kept for all others. */
  encoded: Buffer | undefined
  /** -1 until the batch is about to be sent for the first time. */
  baseSequence: number
}

/** About what lengths, deltas and the batch's header cost for each record. */
const recordOverheadBytes = 12
const sequenceCount = 0x8000_0000

export class PartitionQueue {
  readonly index: number
  /** No request with a batch of this partition is under way. */
  isIdle = true
  /** When the first batch was first refused; undefined while nothing speaks against it. */
  failingSinceMs: number | undefined
  readonly #batches: PendingBatch[] = []
  #nextSequence = 0

  constructor(index: number) {
    this.index = index
  }

  get first(): PendingBatch | undefined {
    return this.#batches[0]
  }

  /** Adds a record to the open batch; `filled` when that made a batch ready to go. */
  add(record: NewRecord, nowMs: number): { bytes: number; filled: boolean } {
    const bytes = sizeOf(record)
    let filled = false
    let batch = this.#batches.at(-1)
    // What was encoded or numbered must not grow any more.
    const isOpen = batch !== undefined && !batch.isFull && batch.baseSequence < 0
    if (batch !== undefined && isOpen && batch.bytes + bytes > batchBytesMax) {
      batch.isFull = true
      filled = true
    }
    if (batch === undefined || batch.isFull || !isOpen) {
      batch = newBatch(nowMs)
      this.#batches.push(batch)
    }
    batch.records.push({ ...record, timestampMs: record.timestampMs ?? Date.now() })
    batch.bytes += bytes
    if (batch.records.length >= batchRecordsMax || batch.bytes >= batchBytesMax) {
      batch.isFull = true
      filled = true
    }
    return { bytes, filled }
  }

  /** The batch to send now, if there is one: a full one, or one opened before `openedBeforeMs`. */
  due(openedBeforeMs: number): PendingBatch | undefined {
    const first = this.#batches[0]
    if (!this.isIdle || first === undefined) return undefined
    const isDue = first.isFull || first.baseSequence >= 0 || first.openedMs <= openedBeforeMs
    return isDue ? first : undefined
  }

  /** Gives a batch its sequence numbers, once. */
  number(batch: PendingBatch): void {
    if (batch.baseSequence >= 0) return
    batch.baseSequence = this.#nextSequence
    this.#nextSequence = (this.#nextSequence + batch.records.length) % sequenceCount
  }

  finish(batch: PendingBatch): void {
    this.failingSinceMs = undefined
    if (this.#batches[0] === batch) this.#batches.shift()
  }

  /**
   * Puts two batches in the place of the first one, with the same sequence numbers; false for a
   * single record.
   */
  split(batch: PendingBatch): boolean {
    if (batch.records.length < 2) return false
    const half = Math.ceil(batch.records.length / 2)
    const left = part(batch, 0, half)
    const right = part(batch, half, batch.records.length)
    this.#batches.splice(0, 1, left, right)
    return true
  }
}

function newBatch(openedMs: number): PendingBatch {
  return { records: [], bytes: 0, openedMs, isFull: false, encoded: undefined, baseSequence: -1 }
}

function part(batch: PendingBatch, start: number, end: number): PendingBatch {
  const records = batch.records.slice(start, end)
  return {
    records,
    bytes: records.reduce((sum, record) => sum + sizeOf(record), 0),
    openedMs: batch.openedMs,
    isFull: true,
    encoded: undefined,
    baseSequence: (batch.baseSequence + start) % sequenceCount,
  }
}

function sizeOf({ key, value, headers }: NewRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) bytes += header.key.length + (header.value?.length ?? 0) + 4
  return bytes
}
