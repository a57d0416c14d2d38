// What of a log may be cleaned now, and whether it is worth it: Kafka's rules for the dirty ratio
// and the compaction lags. Decides only.

import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment.ts'

export interface CleanPlan {
  /** The log's first segments, up to the first that must not be cleaned. */
  readonly segments: readonly Segment[]
  readonly firstDirtyOffset: number
  /** Where the last of the segments ends. */
  readonly uncleanableOffset: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** How long a record has waited beyond max.compaction.lag.ms; 0: none has. */
  readonly delayMs: number
  /** Whether to clean it. */
  readonly isDue: boolean
}

/** `nextHorizonMs`: when the first tombstone or marker of the clean part may go. */
export async function planClean(
  state: LogState,
  nextHorizonMs: number | null,
  nowMs: number,
): Promise<CleanPlan> {
  const { segments, config } = state
  const firstDirtyOffset = findFirstDirty(state)
  const uncleanableOffset = await findUncleanable(state, firstDirtyOffset, nowMs)
  // One that is not cleanable to its end is not cleaned at all.
  const cleanable = segments.all.filter((segment, index) => {
    const next = segments.all[index + 1]
    return next !== undefined && next.baseOffset <= uncleanableOffset && isWritten(segment)
  })
  const end = endOf(state, cleanable.length, firstDirtyOffset)
  const isDirty = (_segment: Segment, index: number) =>
    endOf(state, index + 1, 0) > firstDirtyOffset
  const dirty = cleanable.filter(isDirty)
  const dirtyBytes = sizeOf(dirty)
  const cleanBytes = sizeOf(cleanable) - dirtyBytes
  const delayMs = await delayOf(state, dirty, nowMs)
  const ratio = dirtyRatio({ cleanBytes, dirtyBytes })
  const isHorizonPast = nextHorizonMs !== null && nextHorizonMs <= nowMs
  return {
    segments: cleanable,
    firstDirtyOffset: Math.min(firstDirtyOffset, end),
    uncleanableOffset: end,
    cleanBytes,
    dirtyBytes,
    delayMs,
    isDue:
      (dirtyBytes > 0 && (ratio > config.minCleanableDirtyRatio || delayMs > 0)) ||
      (isHorizonPast && cleanable.length > 0),
  }
}

export function dirtyRatio({
  cleanBytes,
  dirtyBytes,
}: {
  cleanBytes: number
  dirtyBytes: number
}): number {
  return dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes)
}

/** A log that was cut may end before what was cleaned; then all of it counts as dirty. */
function findFirstDirty({ cleanedTo, logStartOffset, segments }: LogState): number {
  if (cleanedTo > segments.active.baseOffset) return segments.first.baseOffset
  return Math.max(cleanedTo, Math.min(logStartOffset, segments.active.baseOffset))
}

async function findUncleanable(
  state: LogState,
  firstDirtyOffset: number,
  nowMs: number,
): Promise<number> {
  const { segments, config, lastStableOffset, recoveryPoint } = state
  // What is not on the device yet is scanned after a crash, and must be what was written.
  const end = Math.min(lastStableOffset, recoveryPoint, segments.active.baseOffset)
  if (config.minCompactionLagMs <= 0) return end
  for (const [index, segment] of segments.all.entries()) {
    if (segment === segments.active) break
    if (endOf(state, index + 1, 0) <= firstDirtyOffset) continue
    const largest = await segment.largestTimestamp()
    const isYoung = (largest?.timestamp ?? -1) > nowMs - config.minCompactionLagMs
    if (isYoung) return Math.min(end, segment.baseOffset)
  }
  return end
}

function isWritten(segment: Segment): boolean {
  return segment.writtenBytes === segment.sizeBytes
}

/** Where the first `count` segments end. */
function endOf({ segments }: LogState, count: number, none: number): number {
  if (count === 0) return none
  return segments.all[count]?.baseOffset ?? Number.MAX_SAFE_INTEGER
}

function sizeOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
}

async function delayOf(
  { config }: LogState,
  dirty: readonly Segment[],
  nowMs: number,
): Promise<number> {
  const until = nowMs - config.maxCompactionLagMs
  if (until <= 0) return 0
  let delayMs = 0
  for (const segment of dirty) {
    const first = await segment.firstTimestamp()
    if (first !== null && first > 0 && first < until) delayMs = Math.max(delayMs, until - first)
  }
  return delayMs
}
