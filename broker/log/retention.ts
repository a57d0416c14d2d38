// Which of a log's oldest segments have outlived retention.ms and retention.bytes, or lie below the
// log start. Decides only; never takes a segment that holds anything at or above the high
// watermark.

import type { LogState } from './log-state.ts'

export interface RetentionDecision {
  /** How many segments, from the oldest on. */
  readonly count: number
  readonly reason: string
}

export async function decideRetention(state: LogState, nowMs: number): Promise<RetentionDecision> {
  const { config, segments } = state
  const byStart = countWhile(state, (index) => endOf(state, index) <= state.logStartOffset)
  if (!config.cleanupPolicy.delete) return { count: byStart, reason: 'below the log start' }
  const byTime = await countOlder(state, nowMs)
  const bySize = countOversize(state)
  const count = Math.max(byStart, byTime, bySize)
  // The active segment goes only when it has outlived its time: the log then rolls first.
  const reason =
    count === byTime && byTime > 0
      ? `older than retention.ms ${config.retentionMs}`
      : count === bySize && bySize > 0
        ? `log larger than retention.bytes ${config.retentionBytes}`
        : 'below the log start'
  return { count: Math.min(count, segments.count), reason }
}

function endOf(state: LogState, index: number): number {
  const { segments, logEndOffset } = state
  return index + 1 < segments.count ? segments.at(index + 1).baseOffset : logEndOffset
}

function mayGo(state: LogState, index: number): boolean {
  const segment = state.segments.at(index)
  const isEmptyActive = index === state.segments.count - 1 && segment.sizeBytes === 0
  return !isEmptyActive && endOf(state, index) <= state.highWatermark
}

function countWhile(state: LogState, holds: (index: number) => boolean): number {
  let count = 0
  // The active segment is never below the log start while batches go to it.
  while (count < state.segments.count - 1 && mayGo(state, count) && holds(count)) count++
  return count
}

async function countOlder(state: LogState, nowMs: number): Promise<number> {
  const { retentionMs } = state.config
  if (retentionMs < 0) return 0
  let count = 0
  while (count < state.segments.count && mayGo(state, count)) {
    const timestamp = await state.segments.at(count).retentionTimestamp()
    if (nowMs - timestamp <= retentionMs) break
    count++
  }
  return count
}

function countOversize(state: LogState): number {
  const { retentionBytes } = state.config
  if (retentionBytes < 0) return 0
  let over = state.segments.sizeBytes - retentionBytes
  let count = 0
  while (count < state.segments.count && mayGo(state, count)) {
    over -= state.segments.at(count).sizeBytes
    if (over < 0) break
    count++
  }
  return count
}
