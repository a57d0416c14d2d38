// A producer snapshot file (.snapshot), Kafka's format 1: version int16, CRC-32C of what follows,
// entries with one batch each. Behind Kafka's entries, inside the checksum, follow the older
// batches of each producer, which Kafka's reader ignores: without them a restart would forget which
// batches a producer may resend.
//
//   int16 version, uint32 crc, int32 count, count * (int64 producerId, int16 epoch,
//     int32 lastSequence, int64 lastOffset, int32 offsetDelta, int64 timestamp,
//     int32 coordinatorEpoch, int64 currentTxnFirstOffset)
//   int8 1, then for each entry in order: int8 count, count * (int32 lastSequence,
//     int64 lastOffset, int32 offsetDelta, int64 timestamp), the oldest first

import { readInt64, writeInt64 } from '@samsa/proto/record/batch'
import { crc32c } from '@samsa/proto/record/crc32c'
import { ProducerEntry } from './producer-entry.ts'

const version = 1
const crcPosition = 2
const contentPosition = 6
const entryBytes = 46
const olderBatchBytes = 24
const olderBatchesVersion = 1

export class SnapshotDamagedError extends Error {
  override readonly name = 'SnapshotDamagedError'
}

export function encodeSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const all = [...entries]
  const olderCount = all.reduce((sum, entry) => sum + Math.max(0, entry.batchCount - 1), 0)
  const entriesEnd = contentPosition + 4 + all.length * entryBytes
  const buffer = Buffer.alloc(entriesEnd + 1 + all.length + olderCount * olderBatchBytes)
  buffer.writeInt16BE(version, 0)
  buffer.writeInt32BE(all.length, contentPosition)
  all.forEach((entry, index) => {
    writeEntry(buffer, contentPosition + 4 + index * entryBytes, entry)
  })
  buffer.writeInt8(olderBatchesVersion, entriesEnd)
  let at = entriesEnd + 1
  for (const entry of all) at = writeOlderBatches(buffer, at, entry)
  buffer.writeUInt32BE(crc32c(buffer, contentPosition), crcPosition)
  return buffer
}

function writeEntry(buffer: Buffer, at: number, entry: ProducerEntry): void {
  const { last } = entry
  writeInt64(buffer, entry.producerId, at)
  buffer.writeInt16BE(entry.producerEpoch, at + 8)
  buffer.writeInt32BE(entry.lastSequence, at + 10)
  writeInt64(buffer, last?.lastOffset ?? -1, at + 14)
  buffer.writeInt32BE(last?.offsetDelta ?? 0, at + 22)
  writeInt64(buffer, entry.lastTimestamp, at + 26)
  buffer.writeInt32BE(entry.coordinatorEpoch, at + 34)
  writeInt64(buffer, entry.currentTxnFirstOffset, at + 38)
}

function writeOlderBatches(buffer: Buffer, start: number, entry: ProducerEntry): number {
  const count = Math.max(0, entry.batchCount - 1)
  buffer.writeInt8(count, start)
  let at = start + 1
  for (let index = 0; index < count; index++) {
    const batch = entry.batch(index)
    if (batch === undefined) continue
    buffer.writeInt32BE(batch.lastSequence, at)
    writeInt64(buffer, batch.lastOffset, at + 4)
    buffer.writeInt32BE(batch.offsetDelta, at + 12)
    writeInt64(buffer, batch.timestamp, at + 16)
    at += olderBatchBytes
  }
  return at
}

/** Throws a SnapshotDamagedError for anything but a whole, sound snapshot. */
export function decodeSnapshot(buffer: Buffer): ProducerEntry[] {
  if (buffer.length < contentPosition + 4)
    throw new SnapshotDamagedError('the snapshot is too short')
  const found = buffer.readInt16BE(0)
  if (found !== version) throw new SnapshotDamagedError(`the snapshot has version ${found}`)
  if (buffer.readUInt32BE(crcPosition) !== crc32c(buffer, contentPosition)) {
    throw new SnapshotDamagedError('the snapshot does not have its checksum')
  }
  const count = buffer.readInt32BE(contentPosition)
  const entriesEnd = contentPosition + 4 + count * entryBytes
  if (count < 0 || entriesEnd > buffer.length) {
    throw new SnapshotDamagedError(`the snapshot claims ${count} entries`)
  }
  const older = readOlderBatches(buffer, entriesEnd, count)
  const entries: ProducerEntry[] = []
  for (let index = 0; index < count; index++) {
    const at = contentPosition + 4 + index * entryBytes
    entries.push(readEntry(buffer, at, older[index] ?? []))
  }
  return entries
}

/** Positions of each entry's older batches; none in a snapshot that Kafka wrote. */
function readOlderBatches(buffer: Buffer, start: number, count: number): number[][] {
  const older: number[][] = []
  if (start >= buffer.length || buffer.readInt8(start) !== olderBatchesVersion) return older
  let at = start + 1
  for (let index = 0; index < count; index++) {
    const batches = at < buffer.length ? buffer.readInt8(at) : 0
    at++
    if (batches < 0 || at + batches * olderBatchBytes > buffer.length) {
      throw new SnapshotDamagedError('the snapshot ends within its older batches')
    }
    const positions: number[] = []
    for (let batch = 0; batch < batches; batch++) positions.push(at + batch * olderBatchBytes)
    older.push(positions)
    at += batches * olderBatchBytes
  }
  return older
}

function readEntry(buffer: Buffer, at: number, olderBatches: readonly number[]): ProducerEntry {
  const entry = new ProducerEntry(readInt64(buffer, at))
  entry.setEpoch(buffer.readInt16BE(at + 8))
  for (const older of olderBatches) {
    entry.addBatch(
      buffer.readInt32BE(older),
      readInt64(buffer, older + 4),
      buffer.readInt32BE(older + 12),
      readInt64(buffer, older + 16),
    )
  }
  const lastOffset = readInt64(buffer, at + 14)
  const timestamp = readInt64(buffer, at + 26)
  if (lastOffset >= 0) {
    entry.addBatch(buffer.readInt32BE(at + 10), lastOffset, buffer.readInt32BE(at + 22), timestamp)
  }
  entry.lastTimestamp = timestamp
  entry.coordinatorEpoch = buffer.readInt32BE(at + 34)
  entry.currentTxnFirstOffset = readInt64(buffer, at + 38)
  return entry
}
