// Unpacks stored batches into field 1 of ReadResponse, a message Record each, written straight from
// the batch's bytes: no object a record. Leaves out what the reader did not ask for or may not see.

import {
  baseOffset,
  batchSize,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
} from '@samsa/proto/record/batch'
import { batchSizeAt } from '@samsa/proto/record/batches'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import type { RecordCursor } from '@samsa/proto/record/record-cursor'
import { recordCursor, recordTimestamp } from '@samsa/proto/record/records'
import type { AbortedTransaction } from '../log/partition-log.ts'
import { headroomBytes } from './response-encoding.ts'

export interface UnpackOptions {
  /** Only records at or after it. */
  readonly fromOffset: number
  /** Only records before it. */
  readonly endOffset: number
  /** A response is full once it holds so many bytes. */
  readonly responseBytes: number
  /** Null: records of aborted transactions are given, too. */
  readonly aborted: readonly AbortedTransaction[] | null
}

export interface UnpackedRecords {
  /** Content of a response: see response-encoding.ts. */
  readonly content: Buffer
  readonly nextOffset: number
}

/** One piece for each response; none where no record is to be given. */
export function* unpackedRecords(
  batches: Buffer,
  options: UnpackOptions,
): Generator<UnpackedRecords, void> {
  const { fromOffset, endOffset, responseBytes } = options
  const hidden = new HiddenProducers(options.aborted)
  const output = new RecordOutput()
  for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
    if (batchSizeAt(batches, at) === 0) return
    if (hidden.hides(batches, at)) continue
    const cursor = recordCursor(batches, at)
    const firstOffset = baseOffset(batches, at)
    while (cursor.next()) {
      const offset = firstOffset + cursor.offsetDelta
      if (offset < fromOffset) continue
      if (offset >= endOffset) break
      output.append(cursor, offset, recordTimestamp(cursor, batches, at))
      if (output.sizeBytes >= responseBytes) yield output.take(offset + 1)
    }
    if (lastOffset(batches, at) + 1 >= endOffset) break
  }
  if (output.sizeBytes > 0) yield output.take(output.nextOffset)
}

/** Which producers' batches belong to aborted transactions, as the walk goes on. */
class HiddenProducers {
  readonly #aborted: readonly AbortedTransaction[]
  #next = 0
  readonly #producers = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[] | null) {
    this.#aborted = aborted ?? []
  }

  /** Also true for markers, which are nobody's records. */
  hides(batches: Buffer, at: number): boolean {
    for (;;) {
      const aborted = this.#aborted[this.#next]
      if (aborted === undefined || aborted.firstOffset > lastOffset(batches, at)) break
      this.#producers.add(aborted.producerId)
      this.#next++
    }
    if (isControl(batches, at)) {
      const isAbort = decodeEndTransactionMarker(batches, at)?.type === 'abort'
      if (isAbort) this.#producers.delete(producerId(batches, at))
      return true
    }
    return isTransactional(batches, at) && this.#producers.has(producerId(batches, at))
  }
}

const recordTag = 0x0a
const [offsetTag, timestampTag, keyTag, valueTag, headerTag] = [0x08, 0x10, 0x1a, 0x22, 0x2a]
const [headerKeyTag, headerValueTag] = [0x0a, 0x12]
const initialBytes = 16 * 1024

class RecordOutput {
  #buffer = Buffer.allocUnsafeSlow(initialBytes)
  #at = headroomBytes
  nextOffset = 0

  get sizeBytes(): number {
    return this.#at - headroomBytes
  }

  append(cursor: RecordCursor, offset: number, timestampMs: number): void {
    const headers = cursor.headerCount > 0 ? cursor.headers() : []
    let size = 1 + varintBytes(offset) + 1 + varintBytes(timestampMs)
    size += partBytes(cursor.keySize) + partBytes(cursor.valueSize)
    for (const header of headers) size += partBytes(headerBytes(header))
    this.#makeRoom(size + longestPrefix)
    this.#tagged(recordTag, size)
    this.#tagged(offsetTag, offset)
    this.#tagged(timestampTag, timestampMs)
    this.#part(keyTag, cursor.payload, cursor.keyStart, cursor.keySize)
    this.#part(valueTag, cursor.payload, cursor.valueStart, cursor.valueSize)
    for (const header of headers) this.#header(header)
    this.nextOffset = offset + 1
  }

  take(nextOffset: number): UnpackedRecords {
    const content = this.#buffer.subarray(headroomBytes, this.#at)
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, this.#at))
    this.#at = headroomBytes
    return { content, nextOffset }
  }

  #header(header: { readonly key: string; readonly value: Buffer | null }): void {
    this.#tagged(headerTag, headerBytes(header))
    const keyBytes = Buffer.byteLength(header.key)
    this.#tagged(headerKeyTag, keyBytes)
    this.#at += this.#buffer.write(header.key, this.#at, keyBytes, 'utf8')
    if (header.value !== null) {
      this.#part(headerValueTag, header.value, 0, header.value.length)
    }
  }

  #tagged(tag: number, value: number): void {
    this.#buffer[this.#at++] = tag
    this.#at = writeVarint(this.#buffer, value, this.#at)
  }

  #part(tag: number, from: Buffer, start: number, size: number): void {
    if (size < 0) return
    this.#tagged(tag, size)
    this.#at += from.copy(this.#buffer, this.#at, start, start + size)
  }

  #makeRoom(size: number): void {
    const needed = this.#at + size
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, needed))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }
}

/** Tag and length of a record. */
const longestPrefix = 11
const negativeBytes = 10

function headerBytes({ key, value }: { readonly key: string; readonly value: Buffer | null }) {
  return partBytes(Buffer.byteLength(key)) + partBytes(value === null ? -1 : value.length)
}

/** A part that is null is left out. */
function partBytes(size: number): number {
  return size < 0 ? 0 : 1 + varintBytes(size) + size
}

/** Of an int64: a negative one takes all ten bytes. */
function varintBytes(value: number): number {
  if (value < 0) return negativeBytes
  let count = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}

function writeVarint(buffer: Buffer, value: number, position: number): number {
  let at = position
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 0x7fn; rest >>= 7n) buffer[at++] = Number(rest & 0x7fn) | 0x80
    buffer[at++] = Number(rest)
    return at
  }
  let rest = value
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 0x80
  for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80
  buffer[at++] = rest
  return at
}
