// The header of a record batch (format v2, magic 2): where its 61 bytes lie, and how to read and
// change them in place. Owns the layout. Every function takes a buffer and the position of a batch
// in it and allocates nothing; whoever calls one has made sure that the header lies within the
// buffer (batchSizeAt of batches.ts).

import { crc32c } from './crc32c.ts'

export const batchHeaderBytes = 61
/** Bytes that batchLength does not count: the base offset and batchLength itself. */
export const batchLengthOverheadBytes = 12
export const batchMagic = 2

/** Positions of the fields in the header, for who writes one whole or looks at parts of it. */
export const batchField = {
  baseOffset: 0, // int64
  batchLength: 8, // int32
  leaderEpoch: 12, // int32
  magic: 16, // int8
  crc: 17, // uint32, of everything from the attributes to the end
  attributes: 21, // int16
  lastOffsetDelta: 23, // int32
  baseTimestamp: 27, // int64
  maxTimestamp: 35, // int64
  producerId: 43, // int64
  producerEpoch: 51, // int16
  baseSequence: 53, // int32
  recordCount: 57, // int32
} as const

export const batchAttribute = {
  compressionMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const

export const noProducerId = -1
export const noProducerEpoch = -1
export const noSequence = -1
export const noTimestamp = -1
export const noLeaderEpoch = -1

const twoPow32 = 0x1_0000_0000

/** A 64-bit integer as a number; exact up to 2^53, which validation makes sure of. */
export function readInt64(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * twoPow32 + buffer.readUInt32BE(position + 4)
}

export function writeInt64(buffer: Buffer, value: number, position: number): void {
  buffer.writeInt32BE(Math.floor(value / twoPow32), position)
  buffer.writeUInt32BE(value >>> 0, position + 4)
}

export function baseOffset(buffer: Buffer, position: number): number {
  return readInt64(buffer, position)
}

/** The offset of the batch's last record, also when compaction has removed that record. */
export function lastOffset(buffer: Buffer, position: number): number {
  return baseOffset(buffer, position) + lastOffsetDelta(buffer, position)
}

/** The offset after the batch: where the next one begins. */
export function nextOffset(buffer: Buffer, position: number): number {
  return lastOffset(buffer, position) + 1
}

/** The whole batch's bytes, header included. */
export function batchSize(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + batchField.batchLength) + batchLengthOverheadBytes
}

export function leaderEpoch(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + batchField.leaderEpoch)
}

export function magic(buffer: Buffer, position: number): number {
  return buffer.readInt8(position + batchField.magic)
}

export function storedCrc(buffer: Buffer, position: number): number {
  return buffer.readUInt32BE(position + batchField.crc)
}

export function attributes(buffer: Buffer, position: number): number {
  return buffer.readInt16BE(position + batchField.attributes)
}

/** The codec's id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are not defined. */
export function compressionId(buffer: Buffer, position: number): number {
  return attributes(buffer, position) & batchAttribute.compressionMask
}

export function hasLogAppendTime(buffer: Buffer, position: number): boolean {
  return (attributes(buffer, position) & batchAttribute.logAppendTime) !== 0
}

export function isTransactional(buffer: Buffer, position: number): boolean {
  return (attributes(buffer, position) & batchAttribute.transactional) !== 0
}

export function isControl(buffer: Buffer, position: number): boolean {
  return (attributes(buffer, position) & batchAttribute.control) !== 0
}

/**
 * Whether the base timestamp is the time after which compaction may drop tombstones and markers
 * (KIP-534).
 */
export function hasDeleteHorizon(buffer: Buffer, position: number): boolean {
  return (attributes(buffer, position) & batchAttribute.deleteHorizon) !== 0
}

export function lastOffsetDelta(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + batchField.lastOffsetDelta)
}

export function baseTimestamp(buffer: Buffer, position: number): number {
  return readInt64(buffer, position + batchField.baseTimestamp)
}

export function maxTimestamp(buffer: Buffer, position: number): number {
  return readInt64(buffer, position + batchField.maxTimestamp)
}

export function producerId(buffer: Buffer, position: number): number {
  return readInt64(buffer, position + batchField.producerId)
}

export function producerEpoch(buffer: Buffer, position: number): number {
  return buffer.readInt16BE(position + batchField.producerEpoch)
}

export function baseSequence(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + batchField.baseSequence)
}

/** The sequence of the batch's last record: sequences wrap from 2^31 - 1 to 0. */
export function lastSequence(buffer: Buffer, position: number): number {
  return addToSequence(baseSequence(buffer, position), lastOffsetDelta(buffer, position))
}

export function addToSequence(sequence: number, count: number): number {
  return sequence === noSequence ? noSequence : (sequence + count) % 0x8000_0000
}

export function recordCount(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position + batchField.recordCount)
}

/** Outside the checksum, so that a leader can assign offsets without touching the rest. */
export function setBaseOffset(buffer: Buffer, position: number, offset: number): void {
  writeInt64(buffer, offset, position + batchField.baseOffset)
}

/** Outside the checksum, as the base offset is. */
export function setLeaderEpoch(buffer: Buffer, position: number, epoch: number): void {
  buffer.writeInt32BE(epoch, position + batchField.leaderEpoch)
}

/**
 * Makes all records of the batch carry the time of the append
 * (`message.timestamp.type=LogAppendTime`).
 */
export function setLogAppendTime(buffer: Buffer, position: number, timestampMs: number): void {
  const withType = attributes(buffer, position) | batchAttribute.logAppendTime
  buffer.writeInt16BE(withType, position + batchField.attributes)
  writeInt64(buffer, timestampMs, position + batchField.maxTimestamp)
  updateCrc(buffer, position)
}

/** The checksum that the batch's bytes have, whatever its header says. */
export function computedCrc(buffer: Buffer, position: number): number {
  const size = batchSize(buffer, position)
  return crc32c(buffer, position + batchField.attributes, position + size)
}

export function updateCrc(buffer: Buffer, position: number): void {
  buffer.writeUInt32BE(computedCrc(buffer, position), position + batchField.crc)
}
