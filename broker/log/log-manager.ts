// All logs of a node, over all its log directories: opening and recovery at start, placement of new
// partitions, retention, flushing, checkpoints, deletion. The interface only; open-log-manager.ts
// makes one.

import type { Clock, Timers } from '../clock.ts'
import type { CleanWorker } from './cleaner/clean-job.ts'
import type { CleanerConfig, CleanerView } from './cleaner/log-cleaner.ts'
import type { LogConfig } from './log-config.ts'
import type { PartitionLog, TopicId } from './partition-log.ts'

/** What the manager needs of a logger; pino's fits. */
export interface LogEvents {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * Broker settings that logs depend on; read anew each time, so that dynamic changes take effect.
 */
export interface LogManagerConfig {
  /** log.retention.check.interval.ms */
  readonly retentionCheckIntervalMs: number
  /**
   * log.flush.scheduler.interval.ms; how often flush.ms is looked at, at least once a second where
   * it is set.
   */
  readonly flushSchedulerIntervalMs: number
  /** log.flush.offset.checkpoint.interval.ms */
  readonly flushOffsetCheckpointIntervalMs: number
  /** log.flush.start.offset.checkpoint.interval.ms */
  readonly flushStartOffsetCheckpointIntervalMs: number
  /** replica.high.watermark.checkpoint.interval.ms */
  readonly highWatermarkCheckpointIntervalMs: number
  /** producer.id.expiration.ms */
  readonly producerIdExpirationMs: number
  /** producer.id.expiration.check.interval.ms */
  readonly producerIdExpirationCheckIntervalMs: number
  /** samsa.log.dir.reserve.bytes: appends are refused while less than this is free. */
  readonly logDirReserveBytes: number
  readonly cleaner: CleanerConfig
}

export interface LogManagerOptions {
  /** Absolute paths (log.dirs); made where they do not exist. */
  readonly logDirs: readonly string[]
  readonly nodeId: number
  readonly clusterId: string
  readonly config: () => LogManagerConfig
  /** A topic's settings, for logs found on the disk at start. */
  readonly topicConfig: (topic: string) => LogConfig
  readonly clock: Clock
  readonly timers: Timers
  readonly random: () => number
  readonly events: LogEvents
  /** Where logs are compacted; closed with the manager. */
  readonly cleanWorker: CleanWorker
}

/**
 * A log that was found at start and cannot be served: its data is damaged, and it was left as it
 * is.
 */
export interface DamagedLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: TopicId | null
  readonly directory: string
  readonly error: Error
}

export interface LogDirectoryDescription {
  readonly path: string
  readonly directoryId: string
  readonly online: boolean
  /** -1 when the disk does not say. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly logs: readonly { topic: string; partition: number; sizeBytes: number }[]
}

export interface LogManager {
  /** Ids of the directories that are online. */
  readonly onlineDirectoryIds: readonly string[]
  readonly damaged: readonly DamagedLog[]
  /** Of all logs together; for back-pressure. */
  readonly pendingBytes: number
  /** Whether some directory is below its reserve and refuses appends. */
  readonly full: boolean
  /** Null where logs are only a model of some. */
  readonly cleaner: CleanerView | null

  get(topic: string, partition: number): PartitionLog | undefined
  all(): Iterable<PartitionLog>
  /**
   * The partition's log; a new one goes to the online directory with the fewest. A log of the same
   * name with another topic id is a deleted topic's: it is removed first. Rejects with
   * KAFKA_STORAGE_ERROR for a damaged log, one in an offline directory, or when no directory is
   * online.
   */
  getOrCreate(
    topic: string,
    topicId: TopicId,
    partition: number,
    config: LogConfig,
  ): Promise<PartitionLog>
  /**
   * Takes the log out of service at once; its files go after file.delete.delay.ms. Also for a
   * damaged one.
   */
  delete(topic: string, partition: number): Promise<void>
  updateConfig(topic: string, config: LogConfig): void
  describe(): Promise<LogDirectoryDescription[]>
  /** Called once for each directory that goes offline, after its logs refuse everything. */
  onDirectoryFailure(listener: (directoryId: string, error: Error) => void): void
  /** Flushes, writes snapshots and checkpoints, and marks the stop as clean. Idempotent. */
  close(options?: { brokerEpoch: number }): Promise<void>
}
