// The records of a batch, decompressed where needed: as a cursor without an object per record, or
// as plain objects. For what needs single records (compaction, timestamp look-up, coordinators,
// tools); bytes that only pass through the broker never come here. Keys, values and headers are
// views: whoever keeps one longer must copy it.

import {
  baseOffset,
  baseTimestamp,
  batchHeaderBytes,
  batchSize,
  compressionId,
  hasLogAppendTime,
  maxTimestamp,
} from './batch.ts'
import { batchPositions } from './batches.ts'
import { decompress } from './compression/codecs.ts'
import { decompressedBytesMaxDefault } from './limits.ts'
import { RecordCursor, type RecordHeader } from './record-cursor.ts'

export interface DecodedRecord {
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

/** A cursor before the first record of the batch at `position`. Throws RecordError on damage. */
export function recordCursor(
  buffer: Buffer,
  position = 0,
  outputBytesMax = decompressedBytesMaxDefault,
): RecordCursor {
  const start = position + batchHeaderBytes
  const content = buffer.subarray(start, position + batchSize(buffer, position))
  const codec = compressionId(buffer, position)
  return new RecordCursor(decompress(codec, content, outputBytesMax))
}

/**
 * The timestamp of the cursor's record, which the batch gives for all of them under LogAppendTime.
 */
export function recordTimestamp(cursor: RecordCursor, buffer: Buffer, position = 0): number {
  if (hasLogAppendTime(buffer, position)) return maxTimestamp(buffer, position)
  return baseTimestamp(buffer, position) + cursor.timestampDelta
}

/** The records of the batch at `position`. */
export function* batchRecords(
  buffer: Buffer,
  position = 0,
  outputBytesMax = decompressedBytesMaxDefault,
): Generator<DecodedRecord, void> {
  const cursor = recordCursor(buffer, position, outputBytesMax)
  const firstOffset = baseOffset(buffer, position)
  while (cursor.next()) {
    yield {
      offset: firstOffset + cursor.offsetDelta,
      timestampMs: recordTimestamp(cursor, buffer, position),
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    }
  }
}

/** The records of all whole batches of a records field, those of control batches included. */
export function* decodeRecords(
  buffer: Buffer,
  outputBytesMax = decompressedBytesMaxDefault,
): Generator<DecodedRecord, void> {
  for (const position of batchPositions(buffer)) {
    yield* batchRecords(buffer, position, outputBytesMax)
  }
}
