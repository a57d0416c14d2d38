// Cleans the compacted logs of a node, one at a time, the dirtiest first. Owns the choice and the
// figures; the work itself is done where `run` says. One log's trouble keeps no other from its
// turn: a log with damage is left alone from then on, as in Kafka.

import type { Clock, Timers } from '../../clock.ts'
import { isDiskFull, isSystemError } from '../../disk/disk-errors.ts'
import type { DiskPartitionLog } from '../disk-partition-log.ts'
import type { LogEvents } from '../log-manager.ts'
import { RecurringWork } from '../recurring-work.ts'
import { SerialTasks } from '../serial-tasks.ts'
import type { CleanLimits, CleanResult, CleanWorker } from './clean-job.ts'
import { type CleanPlan, dirtyRatio } from './clean-plan.ts'
import { CleanerStats } from './cleaner-stats.ts'

/** Broker settings of the cleaner, read anew for each log. */
export interface CleanerConfig {
  /** log.cleaner.enable, and log.cleaner.threads above 0 */
  readonly enabled: boolean
  /** log.cleaner.backoff.ms */
  readonly backoffMs: number
  readonly limits: CleanLimits
}

export interface LogCleanerOptions {
  readonly logs: () => Iterable<DiskPartitionLog>
  readonly worker: CleanWorker
  readonly config: () => CleanerConfig
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly events: LogEvents
}

/** What others see of it. */
export type CleanerView = Pick<LogCleaner, 'stats' | 'sinceLastRunMs' | 'uncleanable' | 'cleanAll'>

interface Candidate {
  readonly log: DiskPartitionLog
  readonly plan: CleanPlan
}

export class LogCleaner {
  readonly stats = new CleanerStats()
  readonly #options: LogCleanerOptions
  readonly #recurring: RecurringWork
  readonly #turns = new SerialTasks()
  readonly #pauses = new Set<() => void>()
  #isStopping = false
  #lastRunMs: number

  constructor(options: LogCleanerOptions) {
    this.#options = options
    this.#lastRunMs = options.clock.monotonicMs()
    this.#recurring = new RecurringWork(options.timers, (what, error) => {
      options.events.warn({ what, error }, 'the log cleaner failed')
    })
  }

  /** Since the cleaner last looked at the logs. */
  get sinceLastRunMs(): number {
    return this.#options.clock.monotonicMs() - this.#lastRunMs
  }

  get uncleanable(): { count: number; bytes: number } {
    let count = 0
    let bytes = 0
    for (const { cleaning } of this.#options.logs()) {
      if (cleaning.uncleanable === null) continue
      count++
      bytes += cleaning.sizeBytes
    }
    return { count, bytes }
  }

  start(): void {
    this.#recurring.start(
      'cleaning logs',
      () => this.#options.config().backoffMs,
      () => this.cleanAll(),
    )
  }

  /** Until no log is due; after those who asked before. */
  cleanAll(): Promise<void> {
    return this.#turns.run(() => this.#cleanDue())
  }

  async #cleanDue(): Promise<void> {
    while (!this.#isStopping && this.#options.config().enabled) {
      const candidate = await this.#dirtiest()
      if (candidate === null || !(await this.#clean(candidate))) return
    }
  }

  async #dirtiest(): Promise<Candidate | null> {
    const { logs, clock } = this.#options
    this.#lastRunMs = clock.monotonicMs()
    this.stats.beginLook()
    let best: Candidate | null = null
    for (const log of Array.from(logs())) {
      const { cleaning } = log
      if (!cleaning.isCompacted || cleaning.isBlocked || cleaning.uncleanable !== null) continue
      const plan = await cleaning.plan(clock.nowMs())
      this.stats.noteLog(plan)
      if (!plan.isDue) continue
      if (best === null || isBefore(plan, best.plan)) best = { log, plan }
    }
    this.stats.endLook()
    return best
  }

  /** False where it is better to wait a while. */
  async #clean({ log, plan }: Candidate): Promise<boolean> {
    const { clock, config, worker, random, events } = this.#options
    const { topic, partition, cleaning } = log
    const startedMs = clock.monotonicMs()
    const under = cleaning.begin(plan)
    try {
      const job = await cleaning.job(plan, config().limits, clock.nowMs())
      const isStopping = () => this.#isStopping
      const result = await worker.run(job, {
        get aborted() {
          return isStopping() || under.isVoid
        },
        swap: (group) => under.swap(group),
        pause: (ms) => this.#pause(ms),
        monotonicMs: () => clock.monotonicMs(),
        random,
      })
      if (result === null || under.isVoid) return true
      await cleaning.finish(result)
      const tookMs = clock.monotonicMs() - startedMs
      this.stats.noteCleaned(result, tookMs)
      events.info({ topic, partition, ...told(result), tookMs }, 'a log was compacted')
      return true
    } catch (error) {
      // The files went with the log, or with its segments.
      if (under.isVoid || this.#isStopping) return true
      if (isDiskFull(error)) {
        events.warn({ topic, partition, error }, 'there is no room to compact a log')
        return false
      }
      cleaning.uncleanable = error instanceof Error ? error : new Error(String(error))
      const isDisk = isSystemError(error)
      const reason = isDisk ? 'the disk failed' : 'its data is damaged'
      events.error({ topic, partition, reason, error }, 'a log is not compacted any more')
      return true
    }
  }

  /** Ends early when the cleaner stops. */
  #pause(ms: number): Promise<void> {
    if (this.#isStopping) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#options.timers.schedule(ms, () => wake())
      const wake = () => {
        this.#pauses.delete(wake)
        timer.cancel()
        resolve()
      }
      this.#pauses.add(wake)
    })
  }

  /** What is under way is left as it is, for another start to do anew. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const wake of this.#pauses) wake()
    const closed = this.#options.worker.close()
    await this.#recurring.stop()
    await closed
  }
}

/** Records that wait too long come first, then the log with the most to gain. */
function isBefore(a: CleanPlan, b: CleanPlan): boolean {
  if (a.delayMs !== b.delayMs) return a.delayMs > b.delayMs
  return dirtyRatio(a) > dirtyRatio(b)
}

function told({ endOffset, bytesRead, bytesWritten, recordsRead, recordsKept }: CleanResult) {
  return { endOffset, bytesRead, bytesWritten, recordsRead, recordsKept }
}
