// A `LeaderMessage` that holds one `Data`, as bytes: written by hand, so that records that were
// read into memory with room before them are sent from there, without a copy. Messages of repeated
// events joined together are one message: that is how pieces are gathered.

/** What a header needs at most: five tags, three lengths, three numbers. */
export const headroomBytes = 64

export interface DataFields {
  readonly channel: number
  readonly highWatermark: number
  readonly logStartOffset: number
}

const tag = {
  /** LeaderMessage.events */
  events: (1 << 3) | 2,
  /** LeaderEvent.data */
  data: (4 << 3) | 2,
  channel: 1 << 3,
  highWatermark: 2 << 3,
  logStartOffset: 3 << 3,
  records: (4 << 3) | 2,
} as const

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value
  let next = at
  while (rest >= 128) {
    target[next++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  target[next++] = rest
  return next
}

interface Sizes {
  readonly data: number
  readonly event: number
  /** All that comes before the records. */
  readonly header: number
}

function sizesOf(fields: DataFields, recordBytes: number): Sizes {
  const { channel, highWatermark, logStartOffset } = fields
  const numbers =
    3 + varintBytes(channel) + varintBytes(highWatermark) + varintBytes(logStartOffset)
  const data = numbers + 1 + varintBytes(recordBytes) + recordBytes
  const event = 1 + varintBytes(data) + data
  return { data, event, header: 1 + varintBytes(event) + event - recordBytes }
}

function writeHeader(target: Buffer, fields: DataFields, sizes: Sizes, recordBytes: number): void {
  let at = writeVarint(target, 0, tag.events)
  at = writeVarint(target, at, sizes.event)
  at = writeVarint(target, at, tag.data)
  at = writeVarint(target, at, sizes.data)
  at = writeVarint(target, at, tag.channel)
  at = writeVarint(target, at, fields.channel)
  at = writeVarint(target, at, tag.highWatermark)
  at = writeVarint(target, at, fields.highWatermark)
  at = writeVarint(target, at, tag.logStartOffset)
  at = writeVarint(target, at, fields.logStartOffset)
  at = writeVarint(target, at, tag.records)
  writeVarint(target, at, recordBytes)
}

/** Memory for `size` bytes with room for a header before them. */
export function allocateWithHeadroom(size: number): Buffer {
  return Buffer.allocUnsafe(headroomBytes + size).subarray(headroomBytes)
}

/** Takes the memory before `records`, which must be theirs: see allocateWithHeadroom. */
export function dataPieceInPlace(fields: DataFields, records: Buffer): Buffer {
  const sizes = sizesOf(fields, records.length)
  const from = records.byteOffset - sizes.header
  const piece = Buffer.from(records.buffer, from, sizes.header + records.length)
  writeHeader(piece, fields, sizes, records.length)
  return piece
}

/** Copies the records, given in parts. */
export function dataPiece(fields: DataFields, parts: readonly Buffer[]): Buffer {
  const recordBytes = parts.reduce((bytes, part) => bytes + part.length, 0)
  const sizes = sizesOf(fields, recordBytes)
  const piece = Buffer.allocUnsafe(sizes.header + recordBytes)
  writeHeader(piece, fields, sizes, recordBytes)
  let at = sizes.header
  for (const part of parts) at += part.copy(piece, at)
  return piece
}
