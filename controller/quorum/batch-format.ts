// A metadata batch as one entry of the Raft log, so that all of its records are committed or none.
//
//   version u8 | count u32 | per record: length u32, bytes

import { MetadataRecordError } from '../errors.ts'

const formatVersion = 1
const headerBytes = 5

export function encodedBytes(records: readonly Buffer[]): number {
  return records.reduce((sum, record) => sum + 4 + record.length, headerBytes)
}

export function encodeBatch(records: readonly Buffer[]): Buffer {
  const bytes = Buffer.allocUnsafe(encodedBytes(records))
  bytes.writeUInt8(formatVersion, 0)
  bytes.writeUInt32BE(records.length, 1)
  let position = headerBytes
  for (const record of records) {
    position = bytes.writeUInt32BE(record.length, position)
    position += record.copy(bytes, position)
  }
  return bytes
}

/** The records are views of `bytes`. */
export function decodeBatch(bytes: Buffer): Buffer[] {
  if (bytes.length < headerBytes) throw new MetadataRecordError('a metadata batch is cut off')
  const version = bytes.readUInt8(0)
  if (version !== formatVersion) {
    throw new MetadataRecordError(
      `a metadata batch has format ${version}: a newer version wrote it`,
    )
  }
  const count = bytes.readUInt32BE(1)
  const records: Buffer[] = []
  let position = headerBytes
  while (records.length < count) {
    const end = position + 4 + (position + 4 <= bytes.length ? bytes.readUInt32BE(position) : 0)
    if (position + 4 > bytes.length || end > bytes.length) {
      throw new MetadataRecordError('a metadata batch is cut off')
    }
    records.push(bytes.subarray(position + 4, end))
    position = end
  }
  if (position !== bytes.length) throw new MetadataRecordError('a metadata batch has a tail')
  return records
}
