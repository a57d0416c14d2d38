// Brings the producers of a log that was cut back to what its end says: from the latest snapshot,
// then from the batches behind it.

import { baseOffset } from '@samsa/proto/record/batch'
import { NoBatchError } from '../log-errors.ts'
import type { Segment } from '../segment.ts'
import { locateBatch } from '../segment-locate.ts'
import { scanBatches } from '../segment-scan.ts'
import { isExpired, type ProducerState } from './producer-state.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export interface ReloadOptions {
  readonly producers: ProducerState
  readonly snapshots: SnapshotFiles
  readonly segments: readonly Segment[]
  /** The batches below it count. */
  readonly endOffset: number
  readonly nowMs: number
  readonly expirationMs: number
}

export async function reloadProducers(options: ReloadOptions): Promise<void> {
  const { producers, snapshots, segments, endOffset, nowMs, expirationMs } = options
  const snapshot = await snapshots.loadLatest(endOffset)
  const entries = snapshot?.entries ?? []
  const live = entries.filter((entry) => !isExpired(entry, nowMs, expirationMs))
  producers.restore(live, snapshot?.offset ?? segments[0]?.baseOffset ?? 0)
  for (const [index, segment] of segments.entries()) {
    const from = producers.endOffset
    const nextBase = segments[index + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER
    if (nextBase <= from || segment.baseOffset >= endOffset || from >= endOffset) continue
    const scan = await scanBatches({
      file: segment.file,
      from: await locateBatch(segment, from),
      to: segment.writtenBytes,
      nextOffset: segment.baseOffset,
      checkCrc: false,
      onBatch: (buffer, at) => {
        if (baseOffset(buffer, at) >= endOffset) return false
        producers.apply(buffer, at)
        return true
      },
    })
    if (scan.damage !== null) throw new NoBatchError(segment.file.path, scan.position)
  }
  producers.endOffset = endOffset
}
