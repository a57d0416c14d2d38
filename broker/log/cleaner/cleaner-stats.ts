// What the cleaner counts, by Kafka's names for it. Plain numbers, read off when somebody asks.

import type { CleanResult } from './clean-job.ts'
import { type CleanPlan, dirtyRatio } from './clean-plan.ts'

export class CleanerStats {
  /** max-dirty-percent, as a share: of the log with the most to clean at the last look. */
  dirtyRatioMax = 0
  /** max-compaction-delay-secs: beyond max.compaction.lag.ms, at the last look. */
  delayMsMax = 0
  /** cleanable-partitions-count: logs that were due at the last look. */
  dueLogs = 0
  /** max-clean-time-secs and the like: of the last cleaning. */
  lastCleanMs = 0
  /** max-buffer-utilization-percent, as a share: of the key map. */
  lastMapUtilization = 0
  /** cleaner-recopy-percent, as a share: of the bytes read that were written again. */
  lastRecopyRatio = 0
  cleanedLogs = 0
  bytesRead = 0
  bytesWritten = 0
  recordsRead = 0
  recordsKept = 0
  #look = { dirtyRatioMax: 0, delayMsMax: 0, dueLogs: 0 }

  beginLook(): void {
    this.#look = { dirtyRatioMax: 0, delayMsMax: 0, dueLogs: 0 }
  }

  noteLog(plan: CleanPlan): void {
    const look = this.#look
    look.dirtyRatioMax = Math.max(look.dirtyRatioMax, dirtyRatio(plan))
    look.delayMsMax = Math.max(look.delayMsMax, plan.delayMs)
    if (plan.isDue) look.dueLogs++
  }

  endLook(): void {
    Object.assign(this, this.#look)
  }

  noteCleaned(result: CleanResult, tookMs: number): void {
    this.lastCleanMs = tookMs
    this.lastMapUtilization = result.mapUtilization
    this.lastRecopyRatio = result.bytesRead === 0 ? 0 : result.bytesWritten / result.bytesRead
    this.cleanedLogs++
    this.bytesRead += result.bytesRead
    this.bytesWritten += result.bytesWritten
    this.recordsRead += result.recordsRead
    this.recordsKept += result.recordsKept
  }
}
