// Reads a segment's batches one after the other, in large pieces, for recovery, producer replay and
// time look-ups. Stops at the first bytes that are no sound batch and says why; it changes nothing.

import {
  baseOffset,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  computedCrc,
  lastOffset,
  lastOffsetDelta,
  storedCrc,
} from '@samsa/proto/record/batch'
import { scanChunkBytes } from './limits.ts'
import type { LogFile } from './open-files.ts'

export interface ScanOptions {
  readonly file: LogFile
  /** Position of a batch's first byte. */
  readonly from: number
  /** Where the segment ends. */
  readonly to: number
  /** No batch may begin below it; each begins behind the one before. */
  readonly nextOffset: number
  readonly checkCrc: boolean
  /**
   * Called with a view that is overwritten later. Returning false ends the scan before the batch.
   */
  readonly onBatch: (buffer: Buffer, at: number, position: number, size: number) => boolean | void
}

export interface ScanResult {
  /** Where the scan ended: the position behind the last sound batch. */
  readonly position: number
  /** Offset after the last sound batch. */
  readonly nextOffset: number
  /** Why it ended before `to`; null where it did not, or `onBatch` ended it. */
  readonly damage: ScanDamage | null
}

export interface ScanDamage {
  readonly reason: string
  /** The file ends before the batch does: what an interrupted write leaves. */
  readonly isCutShort: boolean
}

export async function scanBatches(options: ScanOptions): Promise<ScanResult> {
  const scan = new Scan(options)
  if (scan.wantedBytes <= 0) return scan.result()
  return options.file.use(async (file) => {
    while (scan.wantedBytes > 0) {
      const buffer = scan.buffer()
      const count = await file.read(buffer, 0, scan.wantedBytes, scan.position)
      if (!scan.take(buffer.subarray(0, count))) break
    }
    return scan.result()
  })
}

class Scan {
  readonly #options: ScanOptions
  position: number
  #nextOffset: number
  #buffer: Buffer
  #damage: ScanDamage | null = null
  #chunkBytes = scanChunkBytes

  constructor(options: ScanOptions) {
    this.#options = options
    this.position = options.from
    this.#nextOffset = options.nextOffset
    this.#buffer = Buffer.allocUnsafe(
      Math.min(scanChunkBytes, Math.max(0, options.to - options.from)),
    )
  }

  get wantedBytes(): number {
    return Math.min(this.#chunkBytes, this.#options.to - this.position)
  }

  buffer(): Buffer {
    if (this.#buffer.length < this.wantedBytes) this.#buffer = Buffer.allocUnsafe(this.wantedBytes)
    return this.#buffer
  }

  result(): ScanResult {
    return { position: this.position, nextOffset: this.#nextOffset, damage: this.#damage }
  }

  /** Passes the whole batches of a piece on; false when the scan is over. */
  take(piece: Buffer): boolean {
    const isLast =
      this.position + piece.length >= this.#options.to || piece.length < this.wantedBytes
    let at = 0
    while (at < piece.length) {
      const size = this.#soundSize(piece, at, isLast)
      if (size <= 0) break
      if (this.#options.onBatch(piece, at, this.position + at, size) === false) {
        this.position += at
        return false
      }
      this.#nextOffset = lastOffset(piece, at) + 1
      at += size
    }
    this.position += at
    if (this.#damage !== null || isLast) return false
    // A batch larger than the piece: the next piece holds it whole.
    this.#chunkBytes = Math.max(scanChunkBytes, at === 0 ? this.#claimedSize(piece) : 0)
    return true
  }

  #claimedSize(piece: Buffer): number {
    return piece.readInt32BE(batchField.batchLength) + batchLengthOverheadBytes
  }

  /**
   * The size of the batch at `at`; 0 when the piece does not hold it whole, -1 when it is damaged.
   */
  #soundSize(piece: Buffer, at: number, isLast: boolean): number {
    const rest = piece.length - at
    if (rest < batchHeaderBytes)
      return isLast ? this.#fail('the file ends within a batch header', true) : 0
    const length = piece.readInt32BE(at + batchField.batchLength)
    const size = length + batchLengthOverheadBytes
    if (size < batchHeaderBytes) return this.#fail(`a batch has length ${length}`)
    if (piece.readInt8(at + batchField.magic) !== batchMagic)
      return this.#fail('a batch has no magic 2')
    if (this.position + at + size > this.#options.to) {
      return this.#fail('the file ends within a batch', true)
    }
    const first = baseOffset(piece, at)
    if (first < this.#nextOffset || lastOffsetDelta(piece, at) < 0) {
      return this.#fail(`a batch at offset ${first} follows offset ${this.#nextOffset - 1}`)
    }
    if (size > rest) return isLast ? this.#fail('the file ends within a batch', true) : 0
    if (this.#options.checkCrc && storedCrc(piece, at) !== computedCrc(piece, at)) {
      return this.#fail(`the batch at offset ${first} does not have its checksum`)
    }
    return size
  }

  #fail(reason: string, isCutShort = false): -1 {
    this.#damage = { reason, isCutShort }
    return -1
  }
}
