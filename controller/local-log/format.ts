// The bytes of the local metadata log: a header that says what a file is, then batches, each with
// its own checksum. Pure; what is read is never trusted before its checksum has been seen to fit.

import { crc32 } from 'node:zlib'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'

//   header  magic "SAMSAMDL" | version u16 | kind u8 | 0 u8 | offset i64 | crc u32
//   batch   magic "SMB1" | length u32 | crc u32 | baseOffset i64 | epoch i32 | count i32 |
//           durable i64 | records
//   record  length unsigned varint | bytes
//
// `durable` is how far the file was known to be synced when the batch was written. It tells a write
// that a crash tore (nothing after it relied on it) from damage to what had been durable.

export type FileKind = 'log' | 'snapshot'

export const headerBytes = 24
export const batchHeaderBytes = 36
const formatVersion = 1
const fileMagic = Buffer.from('SAMSAMDL')
const batchMagic = Buffer.from('SMB1')
const kinds: readonly FileKind[] = ['log', 'snapshot']

/** Where the checksummed part of a batch begins: behind the magic, the length and the checksum. */
const checkedFrom = 12

/**
 * A file of the metadata log is not what it must be, and going on would lose or invent metadata.
 */
export class MetadataLogDamagedError extends Error {
  override readonly name = 'MetadataLogDamagedError'
}

export interface StoredBatch {
  readonly baseOffset: number
  readonly epoch: number
  readonly records: readonly Buffer[]
}

/** `offset`: a log's first, a snapshot's last. */
export function encodeHeader(kind: FileKind, offset: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  fileMagic.copy(header)
  header.writeUInt16BE(formatVersion, 8)
  header.writeUInt8(kinds.indexOf(kind), 10)
  header.writeBigInt64BE(BigInt(offset), 12)
  header.writeUInt32BE(crc32(header.subarray(0, 20)), 20)
  return header
}

/** The offset in the header of a file of this kind. */
export function decodeHeader(name: string, file: Buffer, kind: FileKind): number {
  const damaged = (why: string) => new MetadataLogDamagedError(`${name}: ${why}`)
  if (file.length < headerBytes) throw damaged(`${file.length} bytes are too few for its header`)
  if (!fileMagic.equals(file.subarray(0, 8))) throw damaged('this is no file of a metadata log')
  if (file.readUInt32BE(20) !== crc32(file.subarray(0, 20))) {
    throw damaged('the checksum of its header does not fit')
  }
  const version = file.readUInt16BE(8)
  if (version !== formatVersion) {
    throw damaged(`it has format ${version}, which needs a newer version of Samsa`)
  }
  if (kinds[file.readUInt8(10)] !== kind) throw damaged(`this is no ${kind}`)
  return Number(file.readBigInt64BE(12))
}

export function encodeBatch(batch: StoredBatch, durableBytes: number): Buffer {
  const writer = new Writer(batchHeaderBytes + batch.records.length * 128)
  writer.int32(batchMagic.readInt32BE(0))
  writer.uint32(0)
  writer.uint32(0)
  writer.int64(batch.baseOffset)
  writer.int32(batch.epoch)
  writer.int32(batch.records.length)
  writer.int64(durableBytes)
  for (const record of batch.records) {
    writer.unsignedVarint(record.length)
    writer.bytes(record)
  }
  const bytes = writer.toBuffer()
  bytes.writeUInt32BE(bytes.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(checkedFrom)), 8)
  return bytes
}

interface ReadBatch extends StoredBatch {
  readonly durableBytes: number
  /** Where the next batch begins. */
  readonly end: number
}

/** The batch at `position`, or null when the bytes there are not a whole one. */
function readBatch(file: Buffer, position: number): ReadBatch | null {
  if (file.length - position < batchHeaderBytes) return null
  if (batchMagic.compare(file, position, position + batchMagic.length) !== 0) return null
  const length = file.readUInt32BE(position + 4)
  if (length < batchHeaderBytes || length > file.length - position) return null
  const end = position + length
  const checked = file.subarray(position + checkedFrom, end)
  if (file.readUInt32BE(position + 8) !== crc32(checked)) return null
  // From here on the bytes are those that were written: what does not read is a bug, and throws.
  const reader = new Reader(file, position + checkedFrom, end)
  const baseOffset = reader.int64()
  const epoch = reader.int32()
  const count = reader.int32()
  const durableBytes = reader.int64()
  const records: Buffer[] = []
  for (let index = 0; index < count; index++) records.push(reader.bytes(reader.unsignedVarint()))
  return { baseOffset, epoch, records, durableBytes, end }
}

/**
 * Every whole batch from the header on, each handed to `onBatch`; returns where the last of them
 * ends.
 */
export function readBatches(file: Buffer, onBatch: (batch: StoredBatch) => void): number {
  let position = headerBytes
  for (;;) {
    const batch = readBatch(file, position)
    if (batch === null) return position
    onBatch(batch)
    position = batch.end
  }
}

/**
 * Whether bytes at `position`, which are no whole batch, had been durable once: some later batch
 * was written when the file was synced past them. If none was, a crash tore the last write, and
 * nobody was told that it was done.
 */
export function wasDurable(file: Buffer, position: number): boolean {
  for (
    let at = file.indexOf(batchMagic, position + 1);
    at >= 0;
    at = file.indexOf(batchMagic, at + 1)
  ) {
    const batch = readBatch(file, at)
    if (batch !== null && batch.durableBytes > position) return true
  }
  return false
}
