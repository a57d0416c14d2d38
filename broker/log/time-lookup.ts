// Offsets by time (ListOffsets): the first record with a timestamp or a later one, and the record
// with the largest.

import { baseOffset, lastOffset, maxTimestamp } from '@samsa/proto/record/batch'
import { recordCursor, recordTimestamp } from '@samsa/proto/record/records'
import type { Segment } from './segment.ts'
import { locateBatch } from './segment-locate.ts'
import { scanBatches } from './segment-scan.ts'

export interface FoundRecord {
  readonly offset: number
  readonly timestamp: number
}

/**
 * The first record of the segment at or behind `fromOffset` whose timestamp is at least `target`.
 */
export async function firstRecordSince(
  segment: Segment,
  target: number,
  fromOffset: number,
): Promise<FoundRecord | null> {
  const before = await segment.timeIndex.lastBefore(target)
  const startOffset = Math.max(before === null ? segment.baseOffset : before.offset, fromOffset)
  let found: FoundRecord | null = null
  await scanBatches({
    file: segment.file,
    from: await locateBatch(segment, startOffset),
    to: segment.writtenBytes,
    nextOffset: segment.baseOffset,
    checkCrc: false,
    onBatch: (buffer, at) => {
      if (maxTimestamp(buffer, at) < target || lastOffset(buffer, at) < fromOffset) return true
      found = firstInBatch(buffer, at, target, fromOffset)
      return found === null
    },
  })
  return found
}

function firstInBatch(
  buffer: Buffer,
  at: number,
  target: number,
  fromOffset: number,
): FoundRecord | null {
  const cursor = recordCursor(buffer, at)
  const base = baseOffset(buffer, at)
  while (cursor.next()) {
    const timestamp = recordTimestamp(cursor, buffer, at)
    const offset = base + cursor.offsetDelta
    if (timestamp >= target && offset >= fromOffset) return { offset, timestamp }
  }
  return null
}
