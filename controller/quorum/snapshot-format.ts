// A metadata snapshot as the bytes of a Raft snapshot. The Raft storage sees to their checksum.
//
//   version u8 | offset i64 | epoch i32 | per record: length u32, bytes

import { MetadataRecordError } from '../errors.ts'
import type { MetadataSnapshot } from '../metadata-log.ts'

const formatVersion = 1
const headerBytes = 13
const chunkBytes = 64 * 1024

/** Made as it is asked for: a large snapshot is never in memory as a whole. */
export function* snapshotChunks({ offset, epoch, records }: MetadataSnapshot): Generator<Buffer> {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(formatVersion, 0)
  header.writeBigInt64BE(BigInt(offset), 1)
  header.writeInt32BE(epoch, 9)
  let parts: Buffer[] = [header]
  let size = headerBytes
  for (const record of records) {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(record.length)
    parts.push(length, record)
    size += 4 + record.length
    if (size < chunkBytes) continue
    yield Buffer.concat(parts, size)
    parts = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(parts, size)
}

export async function readSnapshot(chunks: AsyncIterable<Buffer>): Promise<MetadataSnapshot> {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  const bytes = Buffer.concat(parts)
  if (bytes.length < headerBytes) throw new MetadataRecordError('a metadata snapshot is cut off')
  const version = bytes.readUInt8(0)
  if (version !== formatVersion) {
    throw new MetadataRecordError(
      `a metadata snapshot has format ${version}: a newer version wrote it`,
    )
  }
  const offset = Number(bytes.readBigInt64BE(1))
  return { offset, epoch: bytes.readInt32BE(9), records: recordsOf(bytes.subarray(headerBytes)) }
}

function* recordsOf(bytes: Buffer): Generator<Buffer> {
  let position = 0
  while (position < bytes.length) {
    const start = position + 4
    const end = start <= bytes.length ? start + bytes.readUInt32BE(position) : start
    if (end > bytes.length) throw new MetadataRecordError('a metadata snapshot is cut off')
    yield bytes.subarray(start, end)
    position = end
  }
}
