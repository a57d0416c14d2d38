// Reads the Kafka protocol's primitive types from one buffer. Owns the position and the element
// budget. Input is hostile: every length is checked against what remains before anything is
// allocated, and the only error is DecodeError. Byte fields are views of the buffer, never
// copies: whoever keeps one longer than the request must copy it.

import { DecodeError } from './errors.ts'
import { messageElementsMax, varintBytesMax, varlongBytesMax } from './limits.ts'

const twoPow32 = 2 ** 32

export class Reader {
  readonly buffer: Buffer
  readonly end: number
  position: number
  readonly #textBytesMax: number
  #elementsLeft: number

  constructor(
    buffer: Buffer,
    position = 0,
    end = buffer.length,
    elementsMax = messageElementsMax,
    textBytesMax = Number.POSITIVE_INFINITY,
  ) {
    this.buffer = buffer
    this.#textBytesMax = textBytesMax
    this.position = position
    this.end = end
    this.#elementsLeft = elementsMax
  }

  get remaining(): number {
    return this.end - this.position
  }

  fail(message: string): never {
    throw new DecodeError(message, this.position)
  }

  /** Moves past `size` bytes and returns where they begin. */
  take(size: number): number {
    const start = this.position
    if (size < 0 || size > this.end - start) {
      this.fail(`${size} bytes wanted, ${this.end - start} left`)
    }
    this.position = start + size
    return start
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return (this.uint8() << 24) >> 24
  }

  // Bytes are put together here, since a DataView would cost 50 ns a request and Buffer's own
  // methods check bounds that `take` has checked. It leaves no byte undefined, so `at` needs no
  // check either.
  #at(position: number): number {
    return this.buffer[position] as number
  }

  uint8(): number {
    return this.#at(this.take(1))
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  uint16(): number {
    const start = this.take(2)
    return (this.#at(start) << 8) | this.#at(start + 1)
  }

  int32(): number {
    return this.#int32At(this.take(4))
  }

  uint32(): number {
    return this.#int32At(this.take(4)) >>> 0
  }

  #int32At(position: number): number {
    return (
      (this.#at(position) << 24) |
      (this.#at(position + 1) << 16) |
      (this.#at(position + 2) << 8) |
      this.#at(position + 3)
    )
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  /** The nearest number to the 64-bit integer at `position`; exact up to 2^53. */
  #int64At(position: number): number {
    return this.#int32At(position) * twoPow32 + (this.#int32At(position + 4) >>> 0)
  }

  /** A 64-bit integer as a number; one that a number cannot hold exactly is a DecodeError. */
  int64(): number {
    const value = this.#int64At(this.take(8))
    if (!Number.isSafeInteger(value)) this.fail('64-bit integer past 2^53')
    return value
  }

  /**
   * A 64-bit integer as a number; one that a number cannot hold exactly becomes the nearest it can.
   */
  saturatedInt64(): number {
    const value = this.#int64At(this.take(8))
    return Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
  }

  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.take(8))
  }

  /** UNSIGNED_VARINT: 32 bits, at most five bytes. */
  unsignedVarint(): number {
    const first = this.uint8()
    // Almost every varint in a message is a short length or the absence of tagged fields.
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let index = 1; index < varintBytesMax; index++) {
      const byte = this.uint8()
      if (index === varintBytesMax - 1 && byte > 0x0f) this.fail('varint past 32 bits')
      value |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) break
    }
    return value >>> 0
  }

  /** VARINT: zigzag, 32 bits. */
  varint(): number {
    const raw = this.unsignedVarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** VARLONG: zigzag, 64 bits, as a number; one past 2^53 is a DecodeError. */
  varlong(): number {
    const first = this.uint8()
    // The lowest bit is the sign, so that what is left of the value grows by 7 bits a byte from 6.
    let value = (first & 0x7f) >>> 1
    let unit = 64
    let byte = first
    for (let index = 1; byte >= 0x80; index++) {
      if (index === varlongBytesMax) this.fail('varint longer than ten bytes')
      byte = this.uint8()
      value += (byte & 0x7f) * unit
      unit *= 128
    }
    if (value > Number.MAX_SAFE_INTEGER) this.fail('64-bit varint past 2^53')
    return (first & 1) === 0 ? value : -value - 1
  }

  bigVarlong(): bigint {
    let raw = 0n
    for (let index = 0; index < varlongBytesMax; index++) {
      const byte = this.uint8()
      if (index === varlongBytesMax - 1 && byte > 1) this.fail('varint past 64 bits')
      raw |= BigInt(byte & 0x7f) << BigInt(index * 7)
      if (byte < 0x80) break
    }
    return (raw >> 1n) ^ -(raw & 1n)
  }

  /** Kafka's UUID as it prints it: 22 characters of unpadded URL-safe base64. */
  uuid(): string {
    const start = this.take(16)
    return this.buffer.base64urlSlice(start, start + 16)
  }

  bytes(size: number): Buffer {
    const start = this.take(size)
    return this.buffer.subarray(start, start + size)
  }

  text(size: number): string {
    if (size === 0) return ''
    const start = this.take(size)
    const text = this.buffer.utf8Slice(start, start + size)
    // Each byte that is no UTF-8 is read as a replacement character, of three bytes.
    if (size * 3 > this.#textBytesMax && Buffer.byteLength(text) > this.#textBytesMax) {
      this.fail(`a text of more than ${this.#textBytesMax} bytes`)
    }
    return text
  }

  /** A string's length; -1 is null. */
  stringLength(compact: boolean): number {
    return this.#length(compact ? this.unsignedVarint() - 1 : this.int16(), 1)
  }

  /** The length of a bytes or records field; -1 is null. */
  bytesLength(compact: boolean): number {
    return this.#length(compact ? this.unsignedVarint() - 1 : this.int32(), 1)
  }

  /** An array's element count, taken from the message's budget; -1 is null. */
  arrayLength(compact: boolean, elementBytesMin = 1): number {
    const count = this.#length(compact ? this.unsignedVarint() - 1 : this.int32(), elementBytesMin)
    if (count > 0) this.spendElements(count)
    return count
  }

  #length(length: number, unitBytes: number): number {
    if (length < -1) this.fail(`negative length ${length}`)
    if (length * unitBytes > this.remaining) {
      this.fail(`length ${length} but ${this.remaining} bytes left`)
    }
    return length
  }

  /**
   * Charges decoded elements to the budget, so that no message can grow without bound in memory.
   */
  spendElements(count: number): void {
    if (count > this.#elementsLeft) this.fail('more elements than one message may hold')
    this.#elementsLeft -= count
  }
}

declare global {
  // Methods that Node's Buffer has had since 0.x and its types omit. They skip toString's
  // dispatch by the name of the encoding.
  interface Buffer {
    utf8Slice(start: number, end: number): string
    base64urlSlice(start: number, end: number): string
  }
}
