// Steps through the records of one batch without an object per record: `next()` moves to a record, the fields then say
// where its parts lie. Owns the layout of a record. Bytes are hostile: only RecordError is thrown, and a record is
// taken only when its parts fill exactly the length it gives.
//
//   varint length, int8 attributes, varlong timestampDelta, varint offsetDelta,
//   varint keySize, key, varint valueSize, value, varint headerCount, headers;
//   a size of -1 is null; a header is varint keySize, key, varint valueSize, value

import { recordHeadersMax, varintBytesMax, varlongBytesMax } from './limits.ts'
import { RecordError } from './record-error.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

export class RecordCursor {
  /** The records of the batch, decompressed. */
  readonly payload: Buffer
  /** Records passed so far, the current one included. */
  count = 0
  recordStart = 0
  recordEnd = 0
  offsetDelta = 0
  timestampDelta = 0
  keyStart = 0
  /** -1 for a null key. */
  keySize = -1
  valueStart = 0
  /** -1 for a null value. */
  valueSize = -1
  headersStart = 0
  headerCount = 0
  #position = 0

  constructor(payload: Buffer) {
    this.payload = payload
  }

  /** Moves to the next record; false at the end of the payload. */
  next(): boolean {
    if (this.#position === this.payload.length) return false
    this.recordStart = this.#position
    const size = this.#varint()
    const end = this.#position + size
    if (size < 0 || end > this.payload.length) this.#fail(`has length ${size}`)
    this.recordEnd = end
    this.#position++
    this.timestampDelta = this.#varlong()
    this.offsetDelta = this.#varint()
    this.keySize = this.#varint()
    this.keyStart = this.#skip(this.keySize)
    this.valueSize = this.#varint()
    this.valueStart = this.#skip(this.valueSize)
    this.headerCount = this.#varint()
    this.headersStart = this.#position
    if (this.headerCount !== 0) this.#skipHeaders()
    if (this.#position !== end) this.#fail(`ends ${this.#position - end} bytes off its length`)
    this.count++
    return true
  }

  /** A view of the key. */
  key(): Buffer | null {
    return this.#view(this.keyStart, this.keySize)
  }

  /** A view of the value. */
  value(): Buffer | null {
    return this.#view(this.valueStart, this.valueSize)
  }

  /** Views of the headers, decoded anew on each call. */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = []
    const next = this.#position
    this.#position = this.headersStart
    for (let index = 0; index < this.headerCount; index++) {
      const keySize = this.#varint()
      const keyStart = this.#skip(keySize)
      const valueSize = this.#varint()
      const valueStart = this.#skip(valueSize)
      const key = this.payload.toString('utf8', keyStart, keyStart + keySize)
      headers.push({ key, value: this.#view(valueStart, valueSize) })
    }
    this.#position = next
    return headers
  }

  #view(start: number, size: number): Buffer | null {
    return size < 0 ? null : this.payload.subarray(start, start + size)
  }

  #skipHeaders(): void {
    const count = this.headerCount
    if (count < 0 || count > recordHeadersMax) this.#fail(`has ${count} headers`)
    for (let index = 0; index < count; index++) {
      const keySize = this.#varint()
      if (keySize < 0) this.#fail('has a header without a key')
      this.#skip(keySize)
      this.#skip(this.#varint())
    }
  }

  /** Passes `size` bytes, none for null, and returns where they begin. */
  #skip(size: number): number {
    const start = this.#position
    if (size < -1) this.#fail(`has a part of size ${size}`)
    if (size > 0) this.#position = start + size
    return start
  }

  #varint(): number {
    const first = this.payload[this.#position++]
    if (first === undefined) return this.#fail('goes past the end of the batch')
    const raw = first < 0x80 ? first : this.#longerVarint(first)
    return (raw >>> 1) ^ -(raw & 1)
  }

  #longerVarint(first: number): number {
    let raw = first & 0x7f
    for (let index = 1; index < varintBytesMax; index++) {
      const byte = this.payload[this.#position++]
      if (byte === undefined) return this.#fail('goes past the end of the batch')
      raw |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) return raw
    }
    return this.#fail('has a varint of more than five bytes')
  }

  /** As a number: a 64-bit value past 2^52 is refused, never rounded. */
  #varlong(): number {
    const first = this.payload[this.#position++]
    if (first === undefined) return this.#fail('goes past the end of the batch')
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let raw = first & 0x7f
    let factor = 128
    for (let index = 1; index < varlongBytesMax; index++) {
      const byte = this.payload[this.#position++]
      if (byte === undefined) return this.#fail('goes past the end of the batch')
      raw += (byte & 0x7f) * factor
      if (byte < 0x80) return this.#unzigzag(raw)
      factor *= 128
    }
    return this.#fail('has a varint of more than ten bytes')
  }

  #unzigzag(raw: number): number {
    // The lowest bit is the sign, so it must not have been rounded away.
    if (raw > Number.MAX_SAFE_INTEGER) this.#fail('has a timestamp out of range')
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }

  #fail(what: string): never {
    throw new RecordError('INVALID_RECORD', `record ${this.count} of the batch ${what}`)
  }
}
