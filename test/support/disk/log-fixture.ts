// What tests of the log layer share: a config, a fake clock and timers, events that are kept, and
// batches.

import type { Clock, Timers } from '@samsa/broker/clock'
import type { Disk } from '@samsa/broker/disk/disk'
import type { CleanWorker } from '@samsa/broker/log/cleaner/clean-job'
import { cleanLog } from '@samsa/broker/log/cleaner/clean-log'
import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogManager, LogManagerConfig, LogManagerOptions } from '@samsa/broker/log/log-manager'
import { openLogManager } from '@samsa/broker/log/open-log-manager'
import type { LogRead, PartitionLog } from '@samsa/broker/log/partition-log'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { decodeRecords } from '@samsa/proto/record/records'

export const logConfig: LogConfig = {
  cleanupPolicy: { compact: false, delete: true },
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  deleteRetentionMs: 86_400_000,
  fileDeleteDelayMs: 1000,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  indexIntervalBytes: 4096,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  maxMessageBytes: 1_048_588,
  messageTimestampAfterMaxMs: 3_600_000,
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampType: 'CreateTime',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  preallocate: false,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  segmentBytes: 1_073_741_824,
  segmentIndexBytes: 10_485_760,
  segmentJitterMs: 0,
  segmentMs: 604_800_000,
}

export const managerConfig: LogManagerConfig = {
  retentionCheckIntervalMs: 300_000,
  flushSchedulerIntervalMs: Number.MAX_SAFE_INTEGER,
  flushOffsetCheckpointIntervalMs: 60_000,
  flushStartOffsetCheckpointIntervalMs: 60_000,
  highWatermarkCheckpointIntervalMs: 5000,
  producerIdExpirationMs: 86_400_000,
  producerIdExpirationCheckIntervalMs: 600_000,
  logDirReserveBytes: 0,
  cleaner: {
    enabled: true,
    backoffMs: 15_000,
    limits: {
      mapBytes: 1024 * 1024,
      mapLoadFactor: 0.9,
      ioBytes: 64 * 1024,
      bytesPerSecond: Number.MAX_VALUE,
    },
  },
}

/** Cleans logs in this thread. */
export function cleanWorkerOn(disk: Disk): CleanWorker {
  return { run: (job, host) => cleanLog(disk, job, host), close: async () => undefined }
}

/** A clock that stands still and timers that fire when told. */
export class FakeTime implements Clock, Timers {
  now = 1_700_000_000_000
  #timers: { at: number; action: () => void }[] = []

  nowMs(): number {
    return this.now
  }

  monotonicMs(): number {
    return this.now
  }

  schedule(delayMs: number, action: () => void): { cancel(): void } {
    const timer = { at: this.now + delayMs, action }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((known) => known !== timer)
      },
    }
  }

  get pendingCount(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.now = Math.max(this.now, due.at)
      due.action()
    }
    this.now = end
  }
}

export interface LoggedEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Record<string, unknown>
}

export class RecordedEvents {
  readonly all: LoggedEvent[] = []

  readonly debug = this.#recorder('debug')
  readonly info = this.#recorder('info')
  readonly warn = this.#recorder('warn')
  readonly error = this.#recorder('error')

  #recorder(level: LoggedEvent['level']) {
    return (fields: object, message: string): void => {
      this.all.push({ level, message, fields: { ...fields } })
    }
  }

  messages(level: LoggedEvent['level']): string[] {
    return this.all.filter((event) => event.level === level).map((event) => event.message)
  }
}

export interface OpenOptions {
  readonly logDirs?: readonly string[]
  readonly time?: FakeTime
  readonly events?: RecordedEvents
  readonly config?: Partial<LogManagerConfig>
  readonly topicConfig?: Partial<LogConfig>
  readonly nodeId?: number
  readonly clusterId?: string
}

export function openManager(disk: Disk, options: OpenOptions = {}): Promise<LogManager> {
  const time = options.time ?? new FakeTime()
  const full: LogManagerOptions = {
    logDirs: options.logDirs ?? ['/data'],
    nodeId: options.nodeId ?? 1,
    clusterId: options.clusterId ?? 'test-cluster-0000000000',
    config: () => ({ ...managerConfig, ...options.config }),
    topicConfig: () => ({ ...logConfig, ...options.topicConfig }),
    clock: time,
    timers: time,
    random: () => 0.5,
    events: options.events ?? new RecordedEvents(),
    cleanWorker: cleanWorkerOn(disk),
  }
  return openLogManager(disk, full)
}

export const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const otherTopicId = 'AAAAAAAAAAAAAAAAAAAAAg'

export function openLog(
  manager: LogManager,
  config: Partial<LogConfig> = {},
  partition = 0,
): Promise<PartitionLog> {
  return manager.getOrCreate('events', topicId, partition, { ...logConfig, ...config })
}

/** A batch of records with these values. */
export function batchOf(
  values: readonly (string | Buffer)[],
  options: BatchOptions & { timestampMs?: number } = {},
): Buffer {
  const { timestampMs = 1_700_000_000_000, ...batch } = options
  const records = values.map((value, index) => ({
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(value),
    timestampMs,
  }))
  return encodeBatch(records, batch)
}

export interface SequencedBatch {
  readonly producerId: number
  readonly producerEpoch?: number
  readonly sequence: number
  readonly count?: number
  readonly isTransactional?: boolean
  readonly timestampMs?: number
}

export function sequencedBatch(options: SequencedBatch): Buffer {
  const { producerId, producerEpoch = 0, sequence, count = 1, isTransactional = false } = options
  const values = Array.from({ length: count }, (_, index) => `${producerId}/${sequence + index}`)
  return batchOf(values, {
    producerId,
    producerEpoch,
    baseSequence: sequence,
    isTransactional,
    ...(options.timestampMs === undefined ? {} : { timestampMs: options.timestampMs }),
  })
}

/** Appends and waits, then counts everything as committed. */
export async function appendAll(
  log: PartitionLog,
  batches: readonly Buffer[],
  leaderEpoch = 0,
): Promise<void> {
  const appends = batches.map((batch) => log.append(batch, { leaderEpoch, origin: 'client' }))
  await Promise.all(appends.map((append) => append.written))
  log.updateHighWatermark(log.logEndOffset)
}

export function readFrom(log: PartitionLog, offset: number, maxBytes = 1 << 20): Promise<LogRead> {
  return log.read({
    offset,
    maxBytes,
    minOneBatch: true,
    upTo: log.logEndOffset,
    abortedTransactions: false,
  })
}

/** Offset and value of every record, read batch by batch as a consumer does. */
export async function readAll(log: PartitionLog, maxBytes = 1 << 20): Promise<[number, string][]> {
  const found: [number, string][] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const { records, nextOffset } = await readFrom(log, offset, maxBytes)
    for (const record of decodeRecords(records)) {
      if (record.offset >= offset) found.push([record.offset, record.value?.toString() ?? ''])
    }
    if (nextOffset === offset) break
    offset = nextOffset
  }
  return found
}
