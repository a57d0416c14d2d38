// The exact position of a batch in a segment, found by walking there from where the index points.
// An index that points nowhere useful costs time, never a wrong answer.

import { lastOffset } from '@samsa/proto/record/batch'
import { NoBatchError } from './log-errors.ts'
import type { Segment } from './segment.ts'
import { type ScanResult, scanBatches } from './segment-scan.ts'

/**
 * Where the batch that holds `offset`, or the first one behind it, begins; the end of the segment
 * without one.
 */
export async function locateBatch(segment: Segment, offset: number): Promise<number> {
  const { position } = await segment.offsetIndex.lookup(offset)
  const isPlausible = position > 0 && position < segment.writtenBytes
  const scan = await walk(segment, isPlausible ? position : 0, offset)
  if (scan.damage === null) return scan.position
  return walkFromStart(segment, offset)
}

export async function walkFromStart(segment: Segment, offset: number): Promise<number> {
  const scan = await walk(segment, 0, offset)
  if (scan.damage !== null) throw new NoBatchError(segment.file.path, scan.position)
  return scan.position
}

function walk(segment: Segment, from: number, offset: number): Promise<ScanResult> {
  return scanBatches({
    file: segment.file,
    from,
    to: segment.writtenBytes,
    nextOffset: segment.baseOffset,
    checkCrc: false,
    onBatch: (buffer, at) => lastOffset(buffer, at) < offset,
  })
}
