// Measures how long producers wait for acknowledgements while faults happen: for each fault the
// longest silence of each partition, and the table of it all.

import { largestGapMs, quantile } from './check-progress.ts'
import type { History } from './history.ts'

export interface GapRow {
  readonly what: string
  /** By partition. */
  readonly gapsMs: readonly number[]
}

/** Runs `action` and returns the longest silence of each partition from just before it to its end. */
export async function measureGaps(
  history: History,
  partitions: readonly number[],
  action: () => Promise<string>,
): Promise<GapRow> {
  const fromMs = history.nowMs()
  const what = await action()
  const toMs = history.nowMs()
  const gapsMs = partitions.map((partition) =>
    largestGapMs(history.events, partition, { fromMs, toMs }),
  )
  return { what, gapsMs }
}

export function gapQuantile(rows: readonly GapRow[], share: number): number {
  return quantile(
    rows.flatMap(({ gapsMs }) => gapsMs),
    share,
  )
}

export function printGaps(title: string, rows: readonly GapRow[]): void {
  const shown = (ms: number) => ms.toFixed(0).padStart(7)
  const lines = rows.map(({ what, gapsMs }) => `  ${what.padEnd(44)}${gapsMs.map(shown).join('')}`)
  const figures = [0.5, 0.9, 0.99, 1].map((share) => shown(gapQuantile(rows, share)).trim())
  console.log(
    [
      `\n${title}: longest silence of each partition, ms`,
      ...lines,
      `  p50 ${figures[0]}, p90 ${figures[1]}, p99 ${figures[2]}, most ${figures[3]}`,
    ].join('\n'),
  )
}
