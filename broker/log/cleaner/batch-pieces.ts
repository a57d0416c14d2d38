// Reads a segment's batches for the cleaner, in pieces of whole batches that are checked: what is
// written anew must not give damage a checksum that fits. One buffer, used again; it grows for a
// batch that is larger.

import {
  baseOffset,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  computedCrc,
  lastOffset,
  storedCrc,
} from '@samsa/proto/record/batch'
import type { DiskFile } from '../../disk/disk.ts'
import { BatchDamagedError } from '../log-errors.ts'
import type { SegmentToClean } from './clean-job.ts'

export class BatchPieces {
  #buffer: Buffer

  constructor(bytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(bytes, batchHeaderBytes))
  }

  /** Each piece is valid until the next is asked for. Throws BatchDamagedError. */
  async *read(
    file: DiskFile,
    { path, sizeBytes, baseOffset: first, endOffset }: SegmentToClean,
  ): AsyncGenerator<Buffer, void> {
    let nextOffset = first
    for (let position = 0; position < sizeBytes; ) {
      const wanted = Math.min(this.#buffer.length, sizeBytes - position)
      const count = await file.read(this.#buffer, 0, wanted, position)
      const fail = (at: number, reason: string): never => {
        throw new BatchDamagedError(path, position + at, nextOffset, reason)
      }
      if (count < wanted) fail(count, 'the file is shorter than it was')
      let end = 0
      while (end + batchHeaderBytes <= count) {
        const size = sizeAt(this.#buffer, end)
        if (size === 0) fail(end, 'there is no batch of magic 2')
        if (end + size > count) break
        const offset = baseOffset(this.#buffer, end)
        const last = lastOffset(this.#buffer, end)
        if (offset < nextOffset || last < offset || last >= endOffset) {
          fail(end, `a batch has offsets ${offset} to ${last}`)
        }
        if (computedCrc(this.#buffer, end) !== storedCrc(this.#buffer, end)) {
          fail(end, 'a batch does not have its checksum')
        }
        nextOffset = last + 1
        end += size
      }
      if (end > 0) yield this.#buffer.subarray(0, end)
      else this.#grow(position, sizeBytes, fail)
      position += end
    }
  }

  #grow(position: number, sizeBytes: number, fail: (at: number, reason: string) => never): void {
    const rest = sizeBytes - position
    const size = rest < batchHeaderBytes ? 0 : sizeAt(this.#buffer, 0)
    if (size > rest || size <= this.#buffer.length) fail(0, 'the file ends within a batch')
    this.#buffer = Buffer.allocUnsafe(size)
  }
}

/** 0: no batch begins there. */
function sizeAt(buffer: Buffer, at: number): number {
  const size = buffer.readInt32BE(at + batchField.batchLength) + batchLengthOverheadBytes
  const isBatch = size >= batchHeaderBytes && buffer.readInt8(at + batchField.magic) === batchMagic
  return isBatch ? size : 0
}
