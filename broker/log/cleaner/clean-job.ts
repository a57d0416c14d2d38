// What a cleaning is told and what it tells: plain data, since it is done in another thread than
// the log lives in.

import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import type { AbortedTxn } from '../index/transaction-index.ts'

/** A segment that may be cleaned: closed, and below the last stable offset. */
export interface SegmentToClean {
  readonly baseOffset: number
  /** Where the next segment begins. */
  readonly endOffset: number
  readonly path: string
  readonly sizeBytes: number
  /** Entries of its indexes. */
  readonly offsetEntries: number
  readonly timeEntries: number
}

/** The batches by which a log knows a producer that is active: they must not go. */
export interface RememberedProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** Empty where only a marker is known of it. */
  readonly lastOffsets: readonly number[]
}

export interface CleanJob {
  /** The partition's folder. */
  readonly directory: string
  /** From the log's first one on. */
  readonly segments: readonly SegmentToClean[]
  /** Up to here the log was cleaned before. */
  readonly firstDirtyOffset: number
  /** Those that begin in the segments; their markers may be behind them. */
  readonly aborted: readonly AbortedTxn[]
  readonly producers: readonly RememberedProducer[]
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly compression: CompressionType | 'producer'
  readonly compressionLevel: number | null
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly limits: CleanLimits
}

export interface CleanLimits {
  /** log.cleaner.dedupe.buffer.size, a thread's share. */
  readonly mapBytes: number
  /** log.cleaner.io.buffer.load.factor */
  readonly mapLoadFactor: number
  /** log.cleaner.io.buffer.size, a thread's share. */
  readonly ioBytes: number
  /** log.cleaner.io.max.bytes.per.second */
  readonly bytesPerSecond: number
}

/** Segments that became one, whose files wait as .cleaned and are on the device. */
export interface CleanedGroup {
  readonly baseOffset: number
  /** Base offsets of the segments that it takes the place of. */
  readonly replaced: readonly number[]
  readonly sizeBytes: number
}

export interface CleanResult {
  /** Up to here the log is cleaned now. */
  readonly endOffset: number
  /** The earliest time at which a tombstone or a marker that was kept may go. */
  readonly nextHorizonMs: number | null
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly recordsRead: number
  readonly recordsKept: number
  /** 0 to 1, of the key map. */
  readonly mapUtilization: number
}

/** What a cleaning needs of those who started it. */
export interface CleanHost {
  /** Puts the group in the place of its segments; false where the cleaning must end. */
  swap(group: CleanedGroup): Promise<boolean>
  /** Whether the cleaning must end: asked again and again. */
  readonly aborted: boolean
  /** Waits, for the throttle. */
  pause(ms: number): Promise<void>
  monotonicMs(): number
  random(): number
}

/** Who does the work, one job at a time. */
export interface CleanWorker {
  /** Cleans a log; null where it was ended before it was through. */
  run(job: CleanJob, host: CleanHost): Promise<CleanResult | null>
  close(): Promise<void>
}
