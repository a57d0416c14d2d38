// The log of one partition as the replica layer sees it: append, read, truncate, offsets,
// producers. The interface only; disk-partition-log.ts holds the one implementation. A log never
// decides who leads or what is committed: it is told the high watermark.

import type { LogConfig } from './log-config.ts'
import type { CheckOptions } from './producer/producer-state.ts'
import type { GuardedBatch, TransactionGuard } from './producer/transaction-guards.ts'

/** A topic's UUID as 22 characters of URL-safe base64. */
export type TopicId = string

/**
 * Who wrote a batch. `client`: checked against size, timestamp and sequence rules, and may be no
 * control batch. `coordinator`: this node's own group and transaction coordinators; size is not
 * limited, and control batches complete transactions.
 */
export type AppendOrigin = 'client' | 'coordinator'

export interface AppendOptions extends CheckOptions {
  readonly leaderEpoch: number
  readonly origin: AppendOrigin
}

/**
 * An append under way. The fields are settled once `written` has resolved (they are set at once
 * unless the topic recompresses, which takes the thread pool).
 */
export interface Append {
  /**
   * Resolves when the batch is in the page cache, or on the disk where flush.messages asks for it.
   * One promise is shared by all appends of a write cycle: compare by identity before awaiting
   * many. Rejects with a BrokerError KAFKA_STORAGE_ERROR when the disk is full (the log goes on) or
   * broken (its directory is offline).
   */
  readonly written: Promise<void>
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 where the topic keeps the producer's timestamps. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /**
   * The batch was there already, at these offsets; `written` waits for the original. A marker that
   * was written before has those of whatever is last in the log.
   */
  readonly duplicate: boolean
}

export interface ReadOptions {
  readonly offset: number
  readonly maxBytes: number
  /** Give the first batch whole even where it is larger than maxBytes (KIP-74). */
  readonly minOneBatch: boolean
  /**
   * Exclusive: only batches below it are given (high watermark, last stable offset, or log end for
   * a follower).
   */
  readonly upTo: number
  /** Also list the aborted transactions of the range, for read_committed. */
  readonly abortedTransactions: boolean
  /**
   * Gives the buffer to read into, at least `size` bytes; a new one is allocated where this is
   * absent.
   */
  readonly allocate?: (size: number) => Buffer
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface LogRead {
  /**
   * Whole batches; the first holds the offset asked for. A view of the allocated buffer. Empty at
   * `upTo`.
   */
  readonly records: Buffer
  /** The offset after the last batch given: where to read on. */
  readonly nextOffset: number
  /** Sorted by first offset; null when not asked for. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}

export interface TimestampedOffset {
  readonly offset: number
  readonly timestamp: number
  /** -1 when no epoch is known for the offset. */
  readonly leaderEpoch: number
}

export interface EpochEndOffset {
  /** The largest epoch in the log that is not above the one asked for; -1 when there is none. */
  readonly epoch: number
  /** Where that epoch ends; -1 when there is none. */
  readonly endOffset: number
}

/** A row of DescribeProducers. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 when unknown. */
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  /** -1 when no transaction is open. */
  readonly currentTxnStartOffset: number
}

/** Batches that were just written, in order. */
export interface PublishedBatches {
  readonly baseOffset: number
  readonly endOffset: number
  /** The bytes themselves: theirs only during the call. */
  readonly buffers: readonly Buffer[]
  readonly bytes: number
}

/** What a look at a piece of a log has come to. */
export interface CheckedPiece {
  /** Read from the file. */
  readonly bytes: number
  /** There is nothing more to look at. */
  readonly isLast: boolean
  /** Seen twice at the same place; nothing behind it is looked at. */
  readonly damage: Error | null
}

export interface LogCheck {
  /** Rejects where the disk does, but for sectors that cannot be read: these are damage. */
  next(maxBytes: number): Promise<CheckedPiece>
}

export interface PartitionLog {
  readonly topic: string
  readonly topicId: TopicId
  readonly partition: number
  /** Full path of the partition's folder. */
  readonly directory: string
  /** The log directory's id (meta.properties), as 22 characters of base64. */
  readonly directoryId: string
  readonly config: LogConfig

  readonly logStartOffset: number
  /**
   * One past the last offset that readers may see: written, and flushed where the topic asks for
   * it.
   */
  readonly logEndOffset: number
  readonly highWatermark: number
  /** The first offset of the oldest open transaction, or the high watermark. */
  readonly lastStableOffset: number
  readonly sizeBytes: number
  readonly segmentCount: number
  /** The leader epoch of the last batch; -1 for an empty log without history. */
  readonly latestEpoch: number
  /**
   * Bytes that appends hold in memory until they are written. Callers that see it high should read
   * less.
   */
  readonly pendingBytes: number
  /** False once its directory failed: everything but close() then throws KAFKA_STORAGE_ERROR. */
  readonly online: boolean
  /**
   * Told of each write as it becomes readable, before those who wait for it: what is sent on from
   * here need not be read again. Null where nobody wants to know.
   */
  onPublished?: ((batches: PublishedBatches) => void) | null

  /**
   * Appends one batch as leader. Offset, leader epoch (and append time) are stamped into `batch` in
   * place, which stays in the log's hands until `written` settles. Offsets follow the order of the
   * calls. The batch's length and CRC are checked here. Throws a BrokerError for a batch that is
   * refused (CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP, OUT_OF_ORDER_SEQUENCE_NUMBER,
   * INVALID_PRODUCER_EPOCH, KAFKA_STORAGE_ERROR…).
   */
  append(batch: Buffer, options: AppendOptions): Append
  /**
   * Appends whole batches as the leader gave them, offsets and epochs kept; must start at the log's
   * end.
   */
  appendAsFollower(records: Buffer): Append

  /**
   * Throws OFFSET_OUT_OF_RANGE outside [logStartOffset, logEndOffset]. One file read in the usual
   * case.
   */
  read(options: ReadOptions): Promise<LogRead>

  /**
   * Moves the high watermark, kept within [logStartOffset, logEndOffset]. May go back after a
   * truncation only.
   */
  updateHighWatermark(offset: number): void

  /** The first record with this timestamp or a later one; null when there is none. */
  offsetForTimestamp(timestamp: number): Promise<TimestampedOffset | null>
  /** The record with the largest timestamp (KIP-734); null for an empty log. */
  offsetOfMaxTimestamp(): Promise<TimestampedOffset | null>

  endOffsetForEpoch(epoch: number): EpochEndOffset
  /** The epoch of the batch that holds `offset`; -1 when unknown. */
  epochForOffset(offset: number): number
  /** Notes the start of a leader epoch at the log's end, before its first batch. */
  assignEpochStart(epoch: number): void

  /**
   * DeleteRecords: everything below goes. Resolves with the new log start once that survives a
   * crash.
   */
  deleteRecords(beforeOffset: number): Promise<number>
  /** Drops everything from `offset` on: a follower that diverged. */
  truncateTo(offset: number): Promise<void>
  truncateFullyAndStartAt(offset: number): Promise<void>

  /** Begins to look for damage, from the first batch on. Takes no look by itself. */
  check(): LogCheck

  activeProducers(): ActiveProducer[]
  /**
   * What a transactional batch must hold when it is appended; to be taken before its transaction is
   * looked up at the coordinator. Null where the transaction is open here already.
   */
  guardFor(batch: GuardedBatch): TransactionGuard | null
  /** Everything appended so far is on the disk once this resolves. */
  flush(): Promise<void>
}
