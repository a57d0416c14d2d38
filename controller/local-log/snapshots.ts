// Snapshot files: written in pieces while the log goes on, and read back whole or refused. The last
// batch of one has no records and counts those of all others, so that a snapshot cut short is never
// taken for a smaller one.

import type { MetadataSnapshot } from '../metadata-log.ts'
import type { MetadataStorage } from '../metadata-storage.ts'
import { createWhole, snapshotName } from './files.ts'
import {
  decodeHeader,
  encodeBatch,
  encodeHeader,
  headerBytes,
  MetadataLogDamagedError,
  readBatches,
} from './format.ts'

/**
 * About 600 records, which take a millisecond or two to make: no longer does a snapshot hold up the
 * event loop.
 */
const pieceBytes = 64 * 1024

export async function writeSnapshotFile(
  storage: MetadataStorage,
  { offset, epoch, records }: MetadataSnapshot,
): Promise<void> {
  await createWhole(storage, snapshotName(offset, epoch), async (file) => {
    await file.write([encodeHeader('snapshot', offset)], 0)
    let position = headerBytes
    let count = 0
    for (const piece of pieces(records)) {
      const bytes = encodeBatch({ baseOffset: count, epoch, records: piece }, position)
      await file.write([bytes], position)
      position += bytes.length
      count += piece.length
    }
    await file.write([encodeBatch({ baseOffset: count, epoch, records: [] }, position)], position)
  })
}

function* pieces(records: Iterable<Buffer>): Generator<Buffer[], undefined> {
  let piece: Buffer[] = []
  let bytes = 0
  for (const record of records) {
    piece.push(record)
    bytes += record.length
    if (bytes < pieceBytes) continue
    yield piece
    piece = []
    bytes = 0
  }
  if (piece.length > 0) yield piece
}

export async function readSnapshotFile(
  storage: MetadataStorage,
  { offset, epoch }: { offset: number; epoch: number },
): Promise<MetadataSnapshot> {
  const name = snapshotName(offset, epoch)
  const file = await storage.read(name)
  if (decodeHeader(name, file, 'snapshot') !== offset) {
    throw new MetadataLogDamagedError(`${name}: its header says another offset`)
  }
  const records: Buffer[] = []
  let complete = false
  const end = readBatches(file, (batch) => {
    if (batch.baseOffset !== records.length || complete) {
      throw new MetadataLogDamagedError(`${name}: records are missing before ${batch.baseOffset}`)
    }
    for (const record of batch.records) records.push(record)
    complete = batch.records.length === 0
  })
  if (!complete || end !== file.length) {
    throw new MetadataLogDamagedError(`${name}: the bytes from ${end} on are damaged`)
  }
  return { offset, epoch, records }
}
