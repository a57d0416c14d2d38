// What readers may see while everything happens: no poll goes back or leaves out a record, no high
// watermark and no committed offset goes back. Pure: a history in, anomalies out.

import type { Anomaly } from './anomaly.ts'
import type { EventOf, HistoryEvent } from './history.ts'

export function checkReads(events: readonly HistoryEvent[]): Anomaly[] {
  return [
    ...checkPolls(events),
    ...checkHighWatermarks(events),
    ...checkCommitted(events),
    ...complaints(events),
  ]
}

function* complaints(events: readonly HistoryEvent[]): Generator<Anomaly> {
  for (const event of events) {
    if (event.type !== 'complaint') continue
    yield { kind: 'complaint', partition: event.partition, detail: event.detail }
  }
}

interface Position {
  assignment: number
  lastOffset: number
}

function* checkPolls(events: readonly HistoryEvent[]): Generator<Anomaly> {
  const offsets = finalOffsets(events)
  const positions = new Map<string, Position>()
  for (const event of events) {
    if (event.type !== 'polled') continue
    const { consumer, partition, assignment, records } = event
    const key = `${consumer}/${partition}`
    const known = positions.get(key)
    // A new assignment begins where the group had committed, which may be further back.
    let last = known?.assignment === assignment ? known.lastOffset : undefined
    for (const [offset] of records) {
      if (last !== undefined && offset <= last) {
        const detail = `${consumer} read ${offset} after ${last}`
        yield { kind: 'poll went back', partition, detail }
      }
      if (last !== undefined && offset > last + 1) {
        const missed = offsetsBetween(offsets.get(partition) ?? [], last, offset)
        if (missed > 0) {
          const detail = `${consumer} read ${offset} after ${last}, past ${missed} records`
          yield { kind: 'poll skipped', partition, detail }
        }
      }
      last = offset
    }
    if (last !== undefined) positions.set(key, { assignment, lastOffset: last })
  }
}

/** The offsets that hold records, in order, by partition: control batches leave gaps. */
function finalOffsets(events: readonly HistoryEvent[]): Map<number, readonly number[]> {
  const offsets = new Map<number, readonly number[]>()
  for (const event of events) {
    if (event.type === 'final' && !offsets.has(event.partition)) {
      offsets.set(
        event.partition,
        event.records.map(([offset]) => offset),
      )
    }
  }
  return offsets
}

/** How many of the sorted `offsets` are above `low` and below `high`. */
function offsetsBetween(offsets: readonly number[], low: number, high: number): number {
  return Math.max(0, firstAtLeast(offsets, high) - firstAtLeast(offsets, low + 1))
}

function firstAtLeast(offsets: readonly number[], wanted: number): number {
  let [from, to] = [0, offsets.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((offsets[middle] ?? wanted) < wanted) from = middle + 1
    else to = middle
  }
  return from
}

/**
 * One watcher asks one question at a time. A leader of an older epoch does not know that it is
 * deposed, so only answers of the newest epoch that the watcher has heard of count.
 */
function* checkHighWatermarks(events: readonly HistoryEvent[]): Generator<Anomaly> {
  const newest = new Map<string, EventOf<'highWatermark'>>()
  for (const event of events) {
    if (event.type !== 'highWatermark') continue
    const { watcher, partition, highWatermark, leaderEpoch } = event
    const key = `${watcher}/${partition}`
    const before = newest.get(key)
    if (before !== undefined && leaderEpoch < before.leaderEpoch) continue
    if (before !== undefined && highWatermark < before.highWatermark) {
      const detail =
        `${before.highWatermark} in epoch ${before.leaderEpoch}, then ${highWatermark} in epoch ` +
        `${leaderEpoch} at ${event.atMs} ms`
      yield { kind: 'high watermark went back', partition, detail }
    }
    newest.set(key, event)
  }
}

function* checkCommitted(events: readonly HistoryEvent[]): Generator<Anomaly> {
  const highest = new Map<string, number>()
  for (const event of events) {
    if (event.type !== 'committed') continue
    const { group, partition, offset, how } = event
    const key = `${group}/${partition}`
    const before = highest.get(key) ?? -1
    if (how === 'fetched' && offset < before) {
      const detail = `${group} had ${before} and has ${offset} at ${event.atMs} ms`
      yield { kind: 'committed offset went back', partition, detail }
    }
    if (how === 'acknowledged') highest.set(key, Math.max(before, offset))
  }
}
