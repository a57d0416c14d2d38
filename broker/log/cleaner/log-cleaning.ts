// The cleaning of one log, on the log's side: says what there is to clean, makes the job for the
// cleaner, and puts each group of segments that became one in their place. The log may change at
// any time meanwhile: where its segments are not those of the job any more, the cleaning is void.

import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import type { AbortedTxn } from '../index/transaction-index.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogHome } from '../log-home.ts'
import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment.ts'
import type {
  CleanedGroup,
  CleanJob,
  CleanLimits,
  CleanResult,
  RememberedProducer,
  SegmentToClean,
} from './clean-job.ts'
import { type CleanPlan, planClean } from './clean-plan.ts'
import { swapSegments } from './swap-segments.ts'

/** What cleaning needs of the log's upkeep. */
export interface CleaningUpkeep {
  /** Has all but the active segment on the device. */
  flushClosed(): Promise<void>
  /** Runs alone among the changes of the log's files. */
  change<T>(work: () => Promise<T>): Promise<T>
  /** Removes segments that readers may still be at, after file.delete.delay.ms. */
  removeLater(segments: readonly Segment[]): void
}

export class LogCleaning {
  readonly #state: LogState
  readonly #home: LogHome
  readonly #upkeep: CleaningUpkeep
  /** When the first tombstone or marker of what is clean may go; null: there is none. */
  #nextHorizonMs: number | null
  /** Why the log is not cleaned any more; null where it is. */
  uncleanable: Error | null = null

  constructor(state: LogState, home: LogHome, upkeep: CleaningUpkeep) {
    this.#state = state
    this.#home = home
    this.#upkeep = upkeep
    // What earlier cleanings left is not known; none of it lasts longer than this.
    this.#nextHorizonMs =
      state.cleanedTo > 0 ? home.clock.nowMs() + state.config.deleteRetentionMs : null
  }

  get isCompacted(): boolean {
    return this.#state.config.cleanupPolicy.compact
  }

  get isBlocked(): boolean {
    return this.#state.blocked !== null || !this.#home.online
  }

  get sizeBytes(): number {
    return this.#state.segments.sizeBytes
  }

  async plan(nowMs: number): Promise<CleanPlan> {
    const { recoveryPoint, segments } = this.#state
    // A record must not go before the one that takes its place is safe.
    if (recoveryPoint < segments.active.baseOffset) await this.#upkeep.flushClosed()
    return planClean(this.#state, this.#nextHorizonMs, nowMs)
  }

  async job(plan: CleanPlan, limits: CleanLimits, nowMs: number): Promise<CleanJob> {
    const { config, identity } = this.#state
    const segments: SegmentToClean[] = []
    for (const [index, segment] of plan.segments.entries()) {
      const endOffset = plan.segments[index + 1]?.baseOffset ?? plan.uncleanableOffset
      segments.push(describe(segment, endOffset))
    }
    return {
      directory: identity.directory,
      segments,
      firstDirtyOffset: plan.firstDirtyOffset,
      aborted: await this.#aborted(plan.uncleanableOffset),
      producers: this.#producers(),
      nowMs,
      deleteRetentionMs: config.deleteRetentionMs,
      ...compressionOf(config),
      segmentBytes: config.segmentBytes,
      segmentIndexBytes: config.segmentIndexBytes,
      indexIntervalBytes: config.indexIntervalBytes,
      limits,
    }
  }

  async #aborted(endOffset: number): Promise<AbortedTxn[]> {
    const aborted: AbortedTxn[] = []
    for (const { transactionIndex } of this.#state.segments.all) {
      if (transactionIndex.count === 0) continue
      const entries = await transactionIndex.all()
      aborted.push(...entries.filter(({ firstOffset }) => firstOffset < endOffset))
    }
    return aborted
  }

  #producers(): RememberedProducer[] {
    return Array.from(this.#state.producers.entries(), (entry) => {
      const lastOffsets: number[] = []
      for (let index = 0; index < entry.batchCount; index++) {
        lastOffsets.push(entry.batch(index)?.lastOffset ?? -1)
      }
      const { producerId, producerEpoch } = entry
      return { producerId, producerEpoch, lastOffsets }
    })
  }

  /** A cleaning that begins now: void as soon as the log was cut, closed or has lost segments. */
  begin(plan: CleanPlan): CleaningUnderWay {
    return new CleaningUnderWay(this.#state, this.#home, this.#upkeep, plan)
  }

  /** Notes how far the log is clean. */
  async finish(result: CleanResult): Promise<void> {
    this.#nextHorizonMs = result.nextHorizonMs
    this.#state.cleaned(result.endOffset)
    await this.#upkeep.change(() => this.#home.checkpointCleanerOffsets())
  }
}

export class CleaningUnderWay {
  readonly #state: LogState
  readonly #home: LogHome
  readonly #upkeep: CleaningUpkeep
  readonly #cuts: number
  /** In order; those that were swapped are the new ones. */
  #segments: readonly Segment[]
  /** The log's segments are about to become ours. */
  #isSwapping = false

  constructor(state: LogState, home: LogHome, upkeep: CleaningUpkeep, plan: CleanPlan) {
    this.#state = state
    this.#home = home
    this.#upkeep = upkeep
    this.#cuts = state.cuts
    this.#segments = plan.segments
  }

  get isVoid(): boolean {
    const { cuts, blocked, segments } = this.#state
    if (cuts !== this.#cuts || blocked !== null || !this.#home.online) return true
    // Taken for void here, the next cleaning would begin with files that are being renamed.
    if (this.#isSwapping) return false
    return this.#segments.some((segment, index) => segments.all[index] !== segment)
  }

  /** False where the log is another now, and nothing was done. */
  async swap(group: CleanedGroup): Promise<boolean> {
    return this.#upkeep.change(async () => {
      if (this.isVoid) return false
      this.#isSwapping = true
      try {
        await this.#swap(group)
      } finally {
        this.#isSwapping = false
      }
      return true
    })
  }

  async #swap(group: CleanedGroup): Promise<void> {
    const old = this.#segments.filter(({ baseOffset }) => group.replaced.includes(baseOffset))
    const fresh = await swapSegments(this.#state, this.#home, old)
    const first = this.#segments.findIndex((segment) => segment === old[0])
    this.#segments = this.#segments.toSpliced(first, old.length, fresh)
    this.#upkeep.removeLater(old)
  }
}

function describe(segment: Segment, endOffset: number): SegmentToClean {
  return {
    baseOffset: segment.baseOffset,
    endOffset,
    path: segment.file.path,
    sizeBytes: segment.sizeBytes,
    offsetEntries: segment.offsetIndex.entries.count,
    timeEntries: segment.timeIndex.entries.count,
  }
}

/** The codec of what is written anew: the topic's, or where it has none the batch's own. */
function compressionOf(config: LogConfig): Pick<CleanJob, 'compression' | 'compressionLevel'> {
  const { compressionType: type } = config
  const compression: CompressionType | 'producer' = type === 'uncompressed' ? 'none' : type
  const levels: Partial<Record<CompressionType | 'producer', number>> = {
    gzip: config.compressionGzipLevel,
    lz4: config.compressionLz4Level,
    zstd: config.compressionZstdLevel,
  }
  return { compression, compressionLevel: levels[compression] ?? null }
}
