// Control batches that end a transaction: one record, whose key tells commit from abort and whose
// value names the epoch of the coordinator that wrote it. Clients skip them; they take an offset
// like any record.

import { type BatchOptions, encodeBatch } from './batch-builder.ts'
import { RecordError } from './record-error.ts'
import { recordCursor } from './records.ts'

export type EndTransactionType = 'abort' | 'commit'

export interface EndTransactionMarker {
  type: EndTransactionType
  coordinatorEpoch: number
}

const markerVersion = 0
const markerTypes: readonly EndTransactionType[] = ['abort', 'commit']
const keyBytes = 4
const valueBytes = 6

export interface MarkerOptions extends BatchOptions {
  producerId: number
  producerEpoch: number
  timestampMs: number
}

export function encodeEndTransactionMarker(
  { type, coordinatorEpoch }: EndTransactionMarker,
  { timestampMs, ...options }: MarkerOptions,
): Buffer {
  const key = Buffer.alloc(keyBytes)
  key.writeInt16BE(markerVersion, 0)
  key.writeInt16BE(markerTypes.indexOf(type), 2)
  const value = Buffer.alloc(valueBytes)
  value.writeInt16BE(markerVersion, 0)
  value.writeInt32BE(coordinatorEpoch, 2)
  return encodeBatch([{ key, value, timestampMs }], {
    ...options,
    isTransactional: true,
    isControl: true,
  })
}

/**
 * The marker of the control batch at `position`; undefined when the batch is of another kind (the
 * Raft log has some) or is empty, as compaction may leave it.
 */
export function decodeEndTransactionMarker(
  buffer: Buffer,
  position = 0,
): EndTransactionMarker | undefined {
  const cursor = recordCursor(buffer, position)
  if (!cursor.next()) return undefined
  const key = cursor.key()
  if (key === null || key.length < keyBytes) {
    throw new RecordError('INVALID_RECORD', 'a control record has no key of four bytes')
  }
  const type = markerTypes[key.readInt16BE(2)]
  if (type === undefined) return undefined
  const value = cursor.value()
  if (value === null || value.length < valueBytes) {
    throw new RecordError('INVALID_RECORD', 'a transaction marker has no value of six bytes')
  }
  return { type, coordinatorEpoch: value.readInt32BE(2) }
}
