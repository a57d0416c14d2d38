// Walks the batches of a buffer (a records field, a piece of a segment) by their headers alone.
// Bytes may be hostile or damaged: a size that cannot be is a RecordError, and a batch that the
// buffer does not hold whole ends the walk.

import {
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  computedCrc,
  magic,
  storedCrc,
} from './batch.ts'
import { RecordError } from './record-error.ts'

/**
 * The size of the batch at `position`, or 0 when the bytes up to `end` do not hold all of it.
 * Throws where the size or the magic cannot be a batch's.
 */
export function batchSizeAt(buffer: Buffer, position: number, end = buffer.length): number {
  if (end - position <= batchField.magic) return 0
  const size = claimedBatchSize(buffer, position)
  return size > end - position ? 0 : size
}

/**
 * The size that a batch's first 17 bytes claim, which may go past the buffer; throws where it
 * cannot be.
 */
export function claimedBatchSize(buffer: Buffer, position: number): number {
  const length = buffer.readInt32BE(position + batchField.batchLength)
  if (magic(buffer, position) !== batchMagic) {
    throw new RecordError(
      'INVALID_RECORD',
      `record batch has magic ${magic(buffer, position)}: only ${batchMagic} is supported`,
    )
  }
  if (length < batchHeaderBytes - batchLengthOverheadBytes) {
    throw new RecordError(
      'CORRUPT_MESSAGE',
      `record batch has length ${length}, less than a header`,
    )
  }
  return length + batchLengthOverheadBytes
}

/**
 * The position of each whole batch, in order. For loops that are not hot; those use batchSizeAt
 * themselves.
 */
export function* batchPositions(
  buffer: Buffer,
  position = 0,
  end = buffer.length,
): Generator<number, void> {
  let at = position
  while (at < end) {
    const size = batchSizeAt(buffer, at, end)
    if (size === 0) return
    yield at
    at += size
  }
}

/** Throws unless the batch's bytes have the checksum that its header gives. */
export function checkCrc(buffer: Buffer, position: number): void {
  const stored = storedCrc(buffer, position)
  const computed = computedCrc(buffer, position)
  if (stored !== computed) {
    throw new RecordError(
      'CORRUPT_MESSAGE',
      `record batch has checksum ${hex(stored)}, its bytes have ${hex(computed)}`,
    )
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}
