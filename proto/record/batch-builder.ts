// Builds a record batch: for coordinators, markers, compaction, tools and tests. Owns one growing
// buffer that becomes the batch itself, so that an uncompressed batch is written once and never
// copied.

import {
  batchAttribute,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  noLeaderEpoch,
  noProducerEpoch,
  noProducerId,
  noSequence,
  noTimestamp,
  updateCrc,
  writeInt64,
} from './batch.ts'
import { type CompressionType, compress, compressionIds } from './compression/codecs.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

export interface RecordInput {
  key: Buffer | null
  value: Buffer | null
  timestampMs?: number
  headers?: readonly { key: string; value: Buffer | null }[]
  /**
   * The next offset if absent; compaction, which leaves gaps, gives it. Must rise within a batch.
   */
  offset?: number
}

export interface BatchOptions {
  baseOffset?: number
  leaderEpoch?: number
  compression?: CompressionType
  compressionLevel?: number
  /** Given: all records carry this time, as of the append, whatever their own timestamps. */
  logAppendTimeMs?: number
  /** Given: compaction may drop the batch's tombstones or markers after this time (KIP-534). */
  deleteHorizonMs?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
  isControl?: boolean
  /**
   * The last offset where compaction has removed the last record; otherwise that of the last one
   * appended.
   */
  lastOffset?: number
}

const initialBytes = 512

export class BatchBuilder {
  readonly #options: BatchOptions
  readonly #baseOffset: number
  #buffer: Buffer
  #position = batchHeaderBytes
  #count = 0
  #nextOffset: number
  #baseTimestamp: number | undefined
  #maxTimestamp = noTimestamp

  constructor(options: BatchOptions = {}, sizeBytes = initialBytes) {
    this.#options = options
    this.#baseOffset = options.baseOffset ?? 0
    this.#nextOffset = this.#baseOffset
    this.#baseTimestamp = options.deleteHorizonMs
    this.#buffer = Buffer.allocUnsafe(Math.max(sizeBytes, batchHeaderBytes))
  }

  get count(): number {
    return this.#count
  }

  /** The batch's bytes so far, before compression. */
  get sizeBytes(): number {
    return this.#position
  }

  /** Appends a record and returns its offset. */
  append(record: RecordInput): number {
    const offset = record.offset ?? this.#nextOffset
    const timestampMs = record.timestampMs ?? noTimestamp
    this.#baseTimestamp ??= timestampMs
    const offsetDelta = offset - this.#baseOffset
    const timestampDelta = timestampMs - this.#baseTimestamp
    const headers = record.headers ?? []
    const bodySize =
      1 +
      varlongSize(timestampDelta) +
      varintSize(offsetDelta) +
      partSize(record.key) +
      partSize(record.value) +
      headersSize(headers)
    this.#makeRoom(varintSize(bodySize) + bodySize)
    let at = writeVarint(this.#buffer, bodySize, this.#position)
    this.#buffer[at++] = 0
    at = writeVarlong(this.#buffer, timestampDelta, at)
    at = writeVarint(this.#buffer, offsetDelta, at)
    at = writePart(this.#buffer, record.key, at)
    at = writePart(this.#buffer, record.value, at)
    at = writeVarint(this.#buffer, headers.length, at)
    for (const { key, value } of headers) {
      const keyBytes = Buffer.byteLength(key)
      at = writeVarint(this.#buffer, keyBytes, at)
      at += this.#buffer.write(key, at, keyBytes, 'utf8')
      at = writePart(this.#buffer, value, at)
    }
    this.#position = at
    this.#count++
    this.#nextOffset = offset + 1
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestampMs)
    return offset
  }

  /** The finished batch. The builder must not be used afterwards. */
  build(): Buffer {
    const { compression = 'none', compressionLevel } = this.#options
    let batch = this.#buffer.subarray(0, this.#position)
    if (compression !== 'none') {
      const content = compress(compression, batch.subarray(batchHeaderBytes), compressionLevel)
      batch = Buffer.concat([batch.subarray(0, batchHeaderBytes), content])
    }
    this.#writeHeader(batch)
    return batch
  }

  #writeHeader(batch: Buffer): void {
    const options = this.#options
    const lastOffset = options.lastOffset ?? this.#nextOffset - 1
    writeInt64(batch, this.#baseOffset, batchField.baseOffset)
    batch.writeInt32BE(batch.length - batchLengthOverheadBytes, batchField.batchLength)
    batch.writeInt32BE(options.leaderEpoch ?? noLeaderEpoch, batchField.leaderEpoch)
    batch.writeInt8(batchMagic, batchField.magic)
    batch.writeInt16BE(this.#attributes(), batchField.attributes)
    batch.writeInt32BE(lastOffset - this.#baseOffset, batchField.lastOffsetDelta)
    writeInt64(batch, this.#baseTimestamp ?? noTimestamp, batchField.baseTimestamp)
    writeInt64(batch, options.logAppendTimeMs ?? this.#maxTimestamp, batchField.maxTimestamp)
    writeInt64(batch, options.producerId ?? noProducerId, batchField.producerId)
    batch.writeInt16BE(options.producerEpoch ?? noProducerEpoch, batchField.producerEpoch)
    batch.writeInt32BE(options.baseSequence ?? noSequence, batchField.baseSequence)
    batch.writeInt32BE(this.#count, batchField.recordCount)
    updateCrc(batch, 0)
  }

  #attributes(): number {
    const options = this.#options
    return (
      compressionIds[options.compression ?? 'none'] |
      (options.logAppendTimeMs === undefined ? 0 : batchAttribute.logAppendTime) |
      (options.isTransactional === true ? batchAttribute.transactional : 0) |
      (options.isControl === true ? batchAttribute.control : 0) |
      (options.deleteHorizonMs === undefined ? 0 : batchAttribute.deleteHorizon)
    )
  }

  #makeRoom(size: number): void {
    const needed = this.#position + size
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed))
    this.#buffer.copy(grown, 0, 0, this.#position)
    this.#buffer = grown
  }
}

/** A batch of these records. */
export function encodeBatch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const record of records) builder.append(record)
  return builder.build()
}

function partSize(part: Buffer | null): number {
  return part === null ? 1 : varintSize(part.length) + part.length
}

function writePart(buffer: Buffer, part: Buffer | null, position: number): number {
  const at = writeVarint(buffer, part === null ? -1 : part.length, position)
  return part === null ? at : at + part.copy(buffer, at)
}

function headersSize(headers: readonly { key: string; value: Buffer | null }[]): number {
  let size = varintSize(headers.length)
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key)
    size += varintSize(keyBytes) + keyBytes + partSize(value)
  }
  return size
}
