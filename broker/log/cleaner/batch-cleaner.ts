// Takes the records out of a batch that compaction has no more use for. Offsets, sequences, epochs
// and the batch's extent stay; what is left is copied as it is, and compressed again where it was.
// Sets the delete horizon of tombstones and markers: the time after which they may go (KIP-534).

import {
  attributes,
  baseOffset,
  baseTimestamp,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchSize,
  compressionId,
  hasDeleteHorizon,
  hasLogAppendTime,
  isControl,
  maxTimestamp,
  noTimestamp,
  recordCount,
  updateCrc,
  writeInt64,
} from '@samsa/proto/record/batch'
import {
  type CompressionType,
  compress,
  compressionIds,
  compressionType,
} from '@samsa/proto/record/compression/codecs'
import type { RecordCursor } from '@samsa/proto/record/record-cursor'
import { recordCursor } from '@samsa/proto/record/records'
import { varlongSize, writeVarint, writeVarlong } from '@samsa/proto/record/varint'

/** What the records of a batch are judged by. */
export interface CleanRules {
  /** The offset of the key's last record that is known; -1 for none. */
  readonly lastOffsetOf: (bytes: Buffer, start: number, size: number) => number
  /** Records behind it are not known to be superseded, and stay. */
  readonly knownTo: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** What batches are compressed with; `producer`: as they are. */
  readonly compression: CompressionType | 'producer'
  readonly compressionLevel: number | undefined
}

/** What is known of a batch besides its records. */
export interface BatchFate {
  /** All of its records are aborted. */
  readonly isAborted: boolean
  /** A marker that ends nothing any more. */
  readonly isNeedlessMarker: boolean
  /** The batch stays, if need be without records. */
  readonly mustStay: boolean
}

const keptFields = 3

export class BatchCleaner {
  readonly #rules: CleanRules
  /** Start, end and time delta of each record that stays; used again for each batch. */
  readonly #kept: number[] = []
  #keptCount = 0
  #keptBytes = 0
  #largestDelta = 0
  #hasTombstone = false
  /** The earliest time after which something that was kept may go; null where there is none. */
  nextHorizonMs: number | null = null
  recordsRead = 0
  recordsKept = 0

  constructor(rules: CleanRules) {
    this.#rules = rules
  }

  /** What becomes of a sound batch: itself, a view; a new one; or null, and it goes. */
  clean(buffer: Buffer, at: number, fate: BatchFate): Buffer | null {
    const isMarker = isControl(buffer, at)
    const horizonMs = hasDeleteHorizon(buffer, at) ? baseTimestamp(buffer, at) : null
    const isDue = horizonMs !== null && horizonMs <= this.#rules.nowMs
    // The last marker of a producer is kept whole: its epoch fences those before it.
    const isGone = isMarker ? fate.isNeedlessMarker && isDue && !fate.mustStay : fate.isAborted
    this.recordsRead += recordCount(buffer, at)
    if (isGone) return fate.mustStay ? emptied(buffer, at) : null
    const cursor = recordCursor(buffer, at)
    this.#judge(cursor, buffer, at, isMarker, isDue)
    if (this.#keptCount === 0) return fate.mustStay ? emptied(buffer, at) : null
    this.recordsKept += this.#keptCount
    const waits = this.#hasTombstone || (isMarker && fate.isNeedlessMarker)
    const newHorizonMs =
      waits && horizonMs === null ? this.#rules.nowMs + this.#rules.deleteRetentionMs : null
    this.#noteHorizon(newHorizonMs ?? horizonMs, waits)
    const isWhole = this.#keptCount === recordCount(buffer, at)
    if (isWhole && newHorizonMs === null && this.#hasItsCodec(buffer, at)) {
      return buffer.subarray(at, at + batchSize(buffer, at))
    }
    return this.#rebuilt(buffer, at, cursor.payload, newHorizonMs)
  }

  #judge(
    cursor: RecordCursor,
    buffer: Buffer,
    at: number,
    isMarker: boolean,
    isDue: boolean,
  ): void {
    this.#keptCount = 0
    this.#keptBytes = 0
    this.#largestDelta = Number.NEGATIVE_INFINITY
    this.#hasTombstone = false
    const first = baseOffset(buffer, at)
    while (cursor.next()) {
      const stays = isMarker || this.#stays(cursor, first + cursor.offsetDelta, isDue)
      if (!stays) continue
      const slot = this.#keptCount * keptFields
      this.#kept[slot] = cursor.recordStart
      this.#kept[slot + 1] = cursor.recordEnd
      this.#kept[slot + 2] = cursor.timestampDelta
      this.#keptCount++
      this.#keptBytes += cursor.recordEnd - cursor.recordStart
      if (cursor.timestampDelta > this.#largestDelta) this.#largestDelta = cursor.timestampDelta
      if (cursor.valueSize < 0) this.#hasTombstone = true
    }
  }

  #stays(cursor: RecordCursor, offset: number, isDue: boolean): boolean {
    const { lastOffsetOf, knownTo } = this.#rules
    if (offset > knownTo) return true
    // Nothing could ever take the place of a record without a key: of when the log was no
    // compacted one.
    if (cursor.keySize < 0) return false
    if (cursor.valueSize < 0 && isDue) return false
    return offset >= lastOffsetOf(cursor.payload, cursor.keyStart, cursor.keySize)
  }

  #noteHorizon(horizonMs: number | null, waits: boolean): void {
    // What stays though its time is over waits for something else.
    if (horizonMs === null || !waits || horizonMs <= this.#rules.nowMs) return
    if (this.nextHorizonMs === null || horizonMs < this.nextHorizonMs) {
      this.nextHorizonMs = horizonMs
    }
  }

  #hasItsCodec(buffer: Buffer, at: number): boolean {
    return compressionId(buffer, at) === compressionIds[this.#codecOf(buffer, at)]
  }

  #codecOf(buffer: Buffer, at: number): CompressionType {
    const { compression } = this.#rules
    if (isControl(buffer, at)) return 'none'
    if (compression !== 'producer') return compression
    return compressionType(compressionId(buffer, at)) ?? 'none'
  }

  #rebuilt(buffer: Buffer, at: number, payload: Buffer, horizonMs: number | null): Buffer {
    const base = baseTimestamp(buffer, at)
    const records =
      horizonMs === null ? this.#copied(payload) : this.#shifted(payload, base - horizonMs)
    const codec = this.#codecOf(buffer, at)
    const content =
      codec === 'none' ? records : compress(codec, records, this.#rules.compressionLevel)
    const batch = Buffer.allocUnsafe(batchHeaderBytes + content.length)
    content.copy(batch, batchHeaderBytes)
    const largest = hasLogAppendTime(buffer, at)
      ? maxTimestamp(buffer, at)
      : base + this.#largestDelta
    const horizonBit = horizonMs === null ? 0 : batchAttribute.deleteHorizon
    return withHeader(batch, buffer, at, {
      attributes:
        (attributes(buffer, at) & ~batchAttribute.compressionMask) |
        compressionIds[codec] |
        horizonBit,
      baseTimestamp: horizonMs ?? base,
      maxTimestamp: largest,
      recordCount: this.#keptCount,
    })
  }

  /** The records that stay, as they are. */
  #copied(payload: Buffer): Buffer {
    if (this.#keptBytes === payload.length) return payload
    const records = Buffer.allocUnsafe(this.#keptBytes)
    let to = 0
    for (let index = 0; index < this.#keptCount; index++) {
      const slot = index * keptFields
      to += payload.copy(records, to, this.#kept[slot], this.#kept[slot + 1])
    }
    return records
  }

  /** The records that stay, for a batch whose base timestamp is less by `shiftMs`. */
  #shifted(payload: Buffer, shiftMs: number): Buffer {
    // A time delta takes ten bytes at most, the record's length grows by no more than four.
    const records = Buffer.allocUnsafe(this.#keptBytes + this.#keptCount * 14)
    let to = 0
    for (let index = 0; index < this.#keptCount; index++) {
      const slot = index * keptFields
      const end = this.#kept[slot + 1] ?? 0
      const delta = (this.#kept[slot + 2] ?? 0) + shiftMs
      const body = afterVarint(payload, this.#kept[slot] ?? 0)
      const rest = afterVarint(payload, body + 1)
      to = writeVarint(records, 1 + varlongSize(delta) + end - rest, to)
      records[to++] = payload[body] ?? 0
      to = writeVarlong(records, delta, to)
      to += payload.copy(records, to, rest, end)
    }
    return records.subarray(0, to)
  }
}

/** A record begins: varint length, int8 attributes, varlong timestampDelta. */
function afterVarint(payload: Buffer, start: number): number {
  let at = start
  while ((payload[at] ?? 0) >= 0x80) at++
  return at + 1
}

interface ChangedHeader {
  readonly attributes: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly recordCount: number
}

/** Gives the batch the header of the one it is made of, but for these fields. */
function withHeader(batch: Buffer, from: Buffer, at: number, changed: ChangedHeader): Buffer {
  from.copy(batch, 0, at, at + batchHeaderBytes)
  batch.writeInt32BE(batch.length - batchLengthOverheadBytes, batchField.batchLength)
  batch.writeInt16BE(changed.attributes, batchField.attributes)
  writeInt64(batch, changed.baseTimestamp, batchField.baseTimestamp)
  writeInt64(batch, changed.maxTimestamp, batchField.maxTimestamp)
  batch.writeInt32BE(changed.recordCount, batchField.recordCount)
  updateCrc(batch, 0)
  return batch
}

/** The batch without its records: what it says of offsets and of its producer stays. */
function emptied(buffer: Buffer, at: number): Buffer {
  if (recordCount(buffer, at) === 0) return buffer.subarray(at, at + batchSize(buffer, at))
  const { compressionMask, deleteHorizon } = batchAttribute
  return withHeader(Buffer.allocUnsafe(batchHeaderBytes), buffer, at, {
    attributes: attributes(buffer, at) & ~(compressionMask | deleteHorizon),
    baseTimestamp: noTimestamp,
    maxTimestamp: maxTimestamp(buffer, at),
    recordCount: 0,
  })
}
