// Writes the Kafka protocol's primitive types. Owns a growing buffer and a list of finished
// chunks: a large byte field is added by reference, so a fetched batch reaches the socket without
// another copy. A caller must not change a buffer that it has handed over until the chunks have
// been sent.

import { EncodeError } from './errors.ts'

/**
 * Byte fields from this size on are kept by reference; below it a copy is cheaper than an iovec.
 */
const referenceBytesMin = 1024
const initialBytes = 512

export class Writer {
  #buffer: Buffer
  #position = 0
  #chunkStart = 0
  #chunks: Buffer[] = []
  #finishedBytes = 0

  constructor(sizeBytes = initialBytes) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes)
  }

  /** Bytes written so far, those kept by reference included. */
  get size(): number {
    return this.#finishedBytes + this.#position - this.#chunkStart
  }

  #room(size: number): number {
    const start = this.#position
    if (start + size > this.#buffer.length) this.#grow(size)
    const at = this.#position
    this.#position = at + size
    return at
  }

  #grow(size: number): void {
    const pending = this.#position - this.#chunkStart
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, pending + size))
    this.#buffer.copy(grown, 0, this.#chunkStart, this.#position)
    this.#buffer = grown
    this.#position = pending
    this.#chunkStart = 0
  }

  /** Makes room before it takes the buffer, since making room may replace it. */
  #byte(value: number): void {
    const at = this.#room(1)
    this.#buffer[at] = value
  }

  boolean(value: boolean): void {
    this.#byte(value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.#room(1)
    this.#buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.#room(2)
    this.#buffer.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.#room(2)
    this.#buffer.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#buffer.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.#room(4)
    this.#buffer.writeUInt32BE(value, at)
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new EncodeError(`${value} is not a safe integer`)
    const at = this.#room(8)
    this.#buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
    this.#buffer.writeUInt32BE(value >>> 0, at + 4)
  }

  bigint64(value: bigint): void {
    const at = this.#room(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  /** UNSIGNED_VARINT: 32 bits. */
  unsignedVarint(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.#byte(rest)
  }

  /** VARINT: zigzag, 32 bits. */
  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31))
  }

  /** VARLONG: zigzag, 64 bits. */
  varlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw new EncodeError(`${value} is not a safe integer`)
    // Twice the value may be past 2^53, so the sign's bit goes in with the lowest six of the value.
    const unsigned = value < 0 ? -value - 1 : value
    let low = (unsigned % 64) * 2 + (value < 0 ? 1 : 0)
    let rest = Math.floor(unsigned / 64)
    while (rest > 0) {
      this.#byte(low | 0x80)
      low = rest % 128
      rest = Math.floor(rest / 128)
    }
    this.#byte(low)
  }

  bigVarlong(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#byte(Number(rest))
  }

  uuid(value: string): void {
    const at = this.#room(16)
    // The length is checked too, for what a longer text says past 16 bytes would be dropped.
    if (value.length !== 22 || this.#buffer.write(value, at, 16, 'base64url') !== 16) {
      throw new EncodeError(`'${value}' is not a UUID of 22 base64 characters`)
    }
  }

  /** A string's length, or null as -1. */
  stringLength(length: number, compact: boolean): void {
    if (compact) return this.unsignedVarint(length + 1)
    if (length > 0x7fff)
      throw new EncodeError(`a string of ${length} bytes does not fit the version`)
    this.int16(length)
  }

  /** The length of bytes, records or an array, or null as -1. */
  length(length: number, compact: boolean): void {
    if (compact) this.unsignedVarint(length + 1)
    else this.int32(length)
  }

  text(value: string, byteLength: number): void {
    const at = this.#room(byteLength)
    this.#buffer.utf8Write(value, at, byteLength)
  }

  bytes(value: Buffer): void {
    if (value.length < referenceBytesMin) {
      const at = this.#room(value.length)
      value.copy(this.#buffer, at)
      return
    }
    this.#endChunk()
    this.#chunks.push(value)
    this.#finishedBytes += value.length
  }

  #endChunk(): void {
    if (this.#position === this.#chunkStart) return
    const chunk = this.#buffer.subarray(this.#chunkStart, this.#position)
    this.#chunks.push(chunk)
    this.#finishedBytes += chunk.length
    this.#chunkStart = this.#position
  }

  /** Overwrites an int32 that was written at `position` of the first chunk, as a frame's size. */
  static patchInt32(chunks: readonly Buffer[], position: number, value: number): void {
    const first = chunks[0]
    if (first === undefined) throw new EncodeError('nothing was written')
    first.writeInt32BE(value, position)
  }

  /** Everything written, in order, for one vectored write. The writer must not be used after. */
  finish(): Buffer[] {
    this.#endChunk()
    return this.#chunks
  }

  /** Everything written as one buffer; copies what was kept by reference. */
  toBuffer(): Buffer {
    const chunks = this.finish()
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
  }
}

declare global {
  interface Buffer {
    utf8Write(value: string, offset: number, length: number): number
  }
}
