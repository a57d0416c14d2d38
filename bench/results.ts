// What a bench run yields, and which run of several counts.

import type { SystemName } from './options.ts'
import type { WorkloadName } from './workloads.ts'

/** Figures by name; the names say the unit. A figure that a workload does not have is absent. */
export interface Figures {
  recordsPerSecond?: number
  p50Ms?: number
  p99Ms?: number
  /** Of the broker alone, per 10^9 bytes of records. */
  cpuSecondsPerGb?: number
  cpuUserSecondsPerGb?: number
  cpuSystemSecondsPerGb?: number
  /** Of the broker alone, where bytes do not matter. */
  cpuMicrosecondsPerRecord?: number
  startMs?: number
  residentIdleMb?: number
  residentAfterMb?: number
  residentPeakMb?: number
  /** The longest silence of a producer on any partition after a kill -9 of the active controller. */
  killGapMs?: number
}

export interface Run {
  system: SystemName
  round: number
  /** `node` for start time and memory, `cluster` for what concerns three nodes as a whole. */
  workload: WorkloadName | 'node' | 'cluster'
  figures: Figures
}

export type FigureName = keyof Figures

/**
 * The best of all rounds, figure by figure: interference only ever makes a figure worse. Undefined
 * where no run has it.
 */
export function best(runs: readonly Run[], figure: FigureName): number | undefined {
  const values = runs.flatMap(({ figures }) => figures[figure] ?? [])
  if (values.length === 0) return undefined
  return figure === 'recordsPerSecond' ? Math.max(...values) : Math.min(...values)
}
