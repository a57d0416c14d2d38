// Steps through the records of one batch without an object per record: `next()` moves to a record,
// the fields then say where its parts lie. Owns the layout of a record. Bytes are hostile: only
// RecordError is thrown, and a record is taken only when its parts fill exactly the length it
// gives.

import { recordHeadersMax, varintBytesMax, varlongBytesMax } from './limits.ts'
import { RecordError } from './record-error.ts'

export interface RecordHeader {
  key: string
  value: Buffer | null
}

/**
 * A record is: varint length of the rest, int8 attributes, varlong timestampDelta, varint
 * offsetDelta, key, value, varint headerCount, headers. A key, a value and the value of a header is
 * a varint size and that many bytes, with a size of -1 for null.
 */
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

  /**
   * Moves to the next record; false at the end of the payload. The hottest loop of the produce
   * path: the position is a local and varints of one byte are read in line, which halves its time
   * (bench/validate.bench.ts, 2026-11).
   */
  next(): boolean {
    const bytes = this.payload
    let at = this.#position
    if (at === bytes.length) return false
    this.recordStart = at
    let raw = bytes[at++] ?? this.#overrun()
    if (raw >= 0x80) {
      raw = this.#longVarint(raw, at)
      at = this.#position
    }
    const size = unzigzag(raw)
    const end = at + size
    if (size < 0 || end > bytes.length) this.#fail(`has length ${size}`)
    this.recordEnd = end
    at++ // The attributes, of which none is defined.
    raw = bytes[at++] ?? this.#overrun()
    if (raw < 0x80) {
      this.timestampDelta = unzigzag(raw)
    } else {
      this.timestampDelta = this.#longVarlong(raw, at)
      at = this.#position
    }
    raw = bytes[at++] ?? this.#overrun()
    if (raw >= 0x80) {
      raw = this.#longVarint(raw, at)
      at = this.#position
    }
    this.offsetDelta = unzigzag(raw)
    raw = bytes[at++] ?? this.#overrun()
    if (raw >= 0x80) {
      raw = this.#longVarint(raw, at)
      at = this.#position
    }
    this.keySize = unzigzag(raw)
    this.keyStart = at
    at = this.#after(this.keySize, at)
    raw = bytes[at++] ?? this.#overrun()
    if (raw >= 0x80) {
      raw = this.#longVarint(raw, at)
      at = this.#position
    }
    this.valueSize = unzigzag(raw)
    this.valueStart = at
    at = this.#after(this.valueSize, at)
    raw = bytes[at++] ?? this.#overrun()
    if (raw >= 0x80) {
      raw = this.#longVarint(raw, at)
      at = this.#position
    }
    this.headerCount = unzigzag(raw)
    this.headersStart = at
    if (raw !== 0) at = this.#afterHeaders(at)
    if (at !== end) this.#fail(`ends ${at - end} bytes off its length`)
    this.#position = at
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
      const keyEnd = this.#position + keySize
      const key = this.payload.toString('utf8', this.#position, keyEnd)
      this.#position = keyEnd
      const valueSize = this.#varint()
      const value = this.#view(this.#position, valueSize)
      this.#position = this.#after(valueSize, this.#position)
      headers.push({ key, value })
    }
    this.#position = next
    return headers
  }

  #view(start: number, size: number): Buffer | null {
    return size < 0 ? null : this.payload.subarray(start, start + size)
  }

  /** Where a part of this size ends; past the payload perhaps, which the next read notices. */
  #after(size: number, at: number): number {
    if (size > 0) return at + size
    return size >= -1 ? at : this.#fail(`has a part of size ${size}`)
  }

  #afterHeaders(start: number): number {
    const count = this.headerCount
    if (count < 0 || count > recordHeadersMax) this.#fail(`has ${count} headers`)
    this.#position = start
    for (let index = 0; index < count; index++) {
      const keySize = this.#varint()
      if (keySize < 0) this.#fail('has a header without a key')
      this.#position += keySize
      const valueSize = this.#varint()
      this.#position = this.#after(valueSize, this.#position)
    }
    return this.#position
  }

  #varint(): number {
    const first = this.payload[this.#position++] ?? this.#overrun()
    return unzigzag(first < 0x80 ? first : this.#longVarint(first, this.#position))
  }

  /**
   * The rest, from `at`, of a varint of several bytes. Leaves the position after it, as the next
   * two do.
   */
  #longVarint(first: number, at: number): number {
    // Two bytes are by far the most frequent, and without a loop this is small enough to be put in
    // line.
    const second = this.payload[at] ?? this.#overrun()
    if (second >= 0x80) return this.#longerVarint((first & 0x7f) | ((second & 0x7f) << 7), at + 1)
    this.#position = at + 1
    return (first & 0x7f) | (second << 7)
  }

  #longerVarint(firstTwo: number, at: number): number {
    let raw = firstTwo
    for (let index = 2; index < varintBytesMax; index++) {
      const byte = this.payload[at + index - 2] ?? this.#overrun()
      raw |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) {
        this.#position = at + index - 1
        return raw
      }
    }
    return this.#fail(`has a varint of more than ${varintBytesMax} bytes`)
  }

  /** A signed value as a number; one past 2^52 is refused, never rounded. */
  #longVarlong(first: number, at: number): number {
    let raw = first & 0x7f
    let factor = 128
    for (let index = 1; index < varlongBytesMax; index++) {
      const byte = this.payload[at + index - 1] ?? this.#overrun()
      raw += (byte & 0x7f) * factor
      if (byte < 0x80) {
        this.#position = at + index
        // The lowest bit is the sign, so it must not have been rounded away.
        if (raw > Number.MAX_SAFE_INTEGER) this.#fail('has a timestamp out of range')
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
      }
      factor *= 128
    }
    return this.#fail(`has a varint of more than ${varlongBytesMax} bytes`)
  }

  #overrun(): never {
    return this.#fail('goes past the end of the batch')
  }

  #fail(what: string): never {
    throw new RecordError('INVALID_RECORD', `record ${this.count} of the batch ${what}`)
  }
}

function unzigzag(raw: number): number {
  return (raw >>> 1) ^ -(raw & 1)
}
