// Whether the system goes on: acknowledgements on every partition soon after each heal, and how
// long the longest silence was. Pure: a history in, anomalies and figures out.

import type { Anomaly } from './anomaly.ts'
import type { EventOf, HistoryEvent } from './history.ts'

/** After a heal every partition must acknowledge within this. */
export const progressLimitMs = 10_000

export function checkProgress(
  events: readonly HistoryEvent[],
  partitions: readonly number[],
  limitMs = progressLimitMs,
): Anomaly[] {
  const faults = events.filter((event) => event.type === 'fault')
  const endMs = events.at(-1)?.atMs ?? 0
  return faults.flatMap((fault, index) => {
    if (fault.phase !== 'healed') return []
    // The next fault, or the end of the run, may come before the limit is over.
    const next = faults.slice(index + 1).find(({ phase }) => phase === 'begins')
    const untilMs = Math.min(fault.atMs + limitMs, next?.atMs ?? endMs)
    if (untilMs < fault.atMs + limitMs) return []
    return partitions
      .filter((partition) => !hasAck(events, partition, fault.atMs, untilMs))
      .map((partition) => ({
        kind: 'no progress' as const,
        partition,
        detail: `nothing was acknowledged within ${limitMs} ms of the end of ${fault.fault} at ${fault.atMs} ms`,
      }))
  })
}

function hasAck(
  events: readonly HistoryEvent[],
  partition: number,
  fromMs: number,
  toMs: number,
): boolean {
  return events.some(
    (event) =>
      event.type === 'acked' &&
      event.partition === partition &&
      event.atMs > fromMs &&
      event.atMs <= toMs,
  )
}

/** The longest time without an acknowledgement on one partition in a span of time. */
export function largestGapMs(
  events: readonly HistoryEvent[],
  partition: number,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): number {
  let lastMs = fromMs
  let largest = 0
  for (const event of events) {
    if (event.type !== 'acked' || event.partition !== partition) continue
    if (event.atMs < fromMs) continue
    if (event.atMs > toMs) break
    largest = Math.max(largest, event.atMs - lastMs)
    lastMs = event.atMs
  }
  return Math.max(largest, toMs - lastMs)
}

export function eventsOf<T extends HistoryEvent['type']>(
  events: readonly HistoryEvent[],
  type: T,
): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type)
}

/** The value below which a share of all lies: the smallest with at least that share at or below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
