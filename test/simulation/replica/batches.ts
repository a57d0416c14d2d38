// Record batches of the simulation: real headers, so that the product's code can read and stamp
// them, and for records nothing but a number that no other batch has.

import {
  baseOffset,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  batchSize,
  lastOffset,
  leaderEpoch,
  noLeaderEpoch,
  noProducerEpoch,
  noProducerId,
  noSequence,
  producerId,
  writeInt64,
} from '@samsa/proto/record/batch'
import { crc32c } from '@samsa/proto/record/crc32c'

const batchBytes = batchHeaderBytes + 4

export interface NewBatch {
  readonly number: number
  readonly recordCount: number
  /** Of an idempotent producer; -1 for none. */
  readonly producerId?: number
  readonly baseSequence?: number
}

export function newBatch({ number, recordCount, ...producer }: NewBatch): Buffer {
  const { producerId: id = noProducerId, baseSequence = noSequence } = producer
  const batch = Buffer.alloc(batchBytes)
  batch.writeInt32BE(batchBytes - batchLengthOverheadBytes, batchField.batchLength)
  batch.writeInt32BE(noLeaderEpoch, batchField.leaderEpoch)
  batch.writeInt8(batchMagic, batchField.magic)
  batch.writeInt32BE(recordCount - 1, batchField.lastOffsetDelta)
  writeInt64(batch, id, batchField.producerId)
  batch.writeInt16BE(id === noProducerId ? noProducerEpoch : 0, batchField.producerEpoch)
  batch.writeInt32BE(baseSequence, batchField.baseSequence)
  batch.writeInt32BE(recordCount, batchField.recordCount)
  batch.writeUInt32BE(number, batchHeaderBytes)
  batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc)
  return batch
}

/** A batch in a log, with what the checker asks for again and again. */
export interface LoggedBatch {
  readonly bytes: Buffer
  readonly number: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly producerId: number
  readonly baseSequence: number
}

/** The batch at a position of `buffer`, which is copied: memory may be used again. */
export function loggedBatch(buffer: Buffer, at: number): LoggedBatch {
  const bytes = Buffer.from(buffer.subarray(at, at + batchSize(buffer, at)))
  return {
    bytes,
    number: bytes.readUInt32BE(batchHeaderBytes),
    baseOffset: baseOffset(bytes, 0),
    lastOffset: lastOffset(bytes, 0),
    leaderEpoch: leaderEpoch(bytes, 0),
    producerId: producerId(bytes, 0),
    baseSequence: bytes.readInt32BE(batchField.baseSequence),
  }
}

export function* batchesOf(records: Buffer): Generator<LoggedBatch, void> {
  for (let at = 0; at < records.length; at += batchSize(records, at)) yield loggedBatch(records, at)
}

/** The same record at the same place, in the same leader epoch. */
export function isSame(a: LoggedBatch, b: LoggedBatch): boolean {
  return a.number === b.number && a.baseOffset === b.baseOffset && a.leaderEpoch === b.leaderEpoch
}

export function describe(batch: LoggedBatch): string {
  const { number, baseOffset: first, lastOffset: last, leaderEpoch: epoch } = batch
  return `batch ${number} (${first}-${last}, epoch ${epoch})`
}

/** The index of the batch that holds `offset` or, where none does, of the first one behind it. */
export function indexOf(batches: readonly LoggedBatch[], offset: number): number {
  let low = 0
  let high = batches.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((batches[middle]?.lastOffset ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}
