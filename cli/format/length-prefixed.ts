// Records in binary, for programs: key, then value, each an int32 size in network order (-1 for
// null) and as many bytes. With headers, a record opens with their int32 count, and each is a name
// and a value in the same form.

import { CommandError } from '../errors.ts'
import type { Header, NewRecord, ReadRecord } from './record.ts'
import type { RecordReader } from './record-input.ts'
import { recordBytesMax } from './splitter.ts'

const headersMax = 100_000

export function writeLengthPrefixed(record: ReadRecord, withHeaders: boolean): Buffer {
  const parts: Buffer[] = []
  if (withHeaders) {
    parts.push(int32(record.headers.length))
    for (const { key, value } of record.headers) {
      pushBytes(parts, Buffer.from(key))
      pushBytes(parts, value)
    }
  }
  pushBytes(parts, record.key)
  pushBytes(parts, record.value)
  return Buffer.concat(parts)
}

function pushBytes(parts: Buffer[], bytes: Buffer | null): void {
  parts.push(int32(bytes === null ? -1 : bytes.length))
  if (bytes !== null) parts.push(bytes)
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Thrown inside the reader when a record goes on past what has come so far. */
class Incomplete extends Error {}

export class LengthPrefixedReader implements RecordReader {
  readonly #withHeaders: boolean
  #kept: Buffer[] = []
  #keptBytes = 0
  /**
   * Below this many bytes there is no use in trying again: a large record is not looked at for each
   * chunk.
   */
  #neededBytes = 0
  #count = 0

  constructor(withHeaders: boolean) {
    this.#withHeaders = withHeaders
  }

  *push(chunk: Buffer): Generator<NewRecord, void> {
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    if (this.#keptBytes < this.#neededBytes) return
    const data = this.#kept.length === 1 ? chunk : Buffer.concat(this.#kept)
    const cursor = new Cursor(data)
    let done = 0
    try {
      while (cursor.position < data.length) {
        const record = this.#read(cursor)
        done = cursor.position
        this.#count++
        yield record
      }
      this.#neededBytes = 0
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error
      this.#neededBytes = cursor.neededBytes - done
    }
    const rest = data.subarray(done)
    this.#kept = rest.length > 0 ? [rest] : []
    this.#keptBytes = rest.length
  }

  end(): readonly NewRecord[] {
    if (this.#keptBytes === 0) return []
    throw new CommandError(`the input ends within record ${this.#count + 1}`)
  }

  #read(cursor: Cursor): NewRecord {
    const where = `record ${this.#count + 1} of the input`
    const headers: Header[] = []
    if (this.#withHeaders) {
      const count = cursor.int32()
      if (count < 0 || count > headersMax) {
        throw new CommandError(`${where}: ${count} is no number of headers`)
      }
      for (let index = 0; index < count; index++) {
        const key = cursor.bytes(where)
        if (key === null) throw new CommandError(`${where}: a header without a name`)
        headers.push({ key: key.toString(), value: cursor.bytes(where) })
      }
    }
    const key = cursor.bytes(where)
    const value = cursor.bytes(where)
    return { key, value, headers, timestampMs: undefined, partition: undefined }
  }
}

class Cursor {
  readonly #data: Buffer
  position = 0
  neededBytes = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  int32(): number {
    this.#need(4)
    this.position += 4
    return this.#data.readInt32BE(this.position - 4)
  }

  bytes(where: string): Buffer | null {
    const sizeBytes = this.int32()
    if (sizeBytes === -1) return null
    if (sizeBytes < 0 || sizeBytes > recordBytesMax) {
      throw new CommandError(`${where}: ${sizeBytes} is no size; is the input length-prefixed?`)
    }
    this.#need(sizeBytes)
    this.position += sizeBytes
    return this.#data.subarray(this.position - sizeBytes, this.position)
  }

  #need(sizeBytes: number): void {
    this.neededBytes = this.position + sizeBytes
    if (this.neededBytes > this.#data.length) throw new Incomplete()
  }
}
