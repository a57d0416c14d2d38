// What tests of compaction share: a log with a small segment size, batches with keys, and what a
// reader finds in it.

import type { LogConfig } from '@samsa/broker/log/log-config'
import type { LogManager } from '@samsa/broker/log/log-manager'
import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { batchSize, isControl } from '@samsa/proto/record/batch'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { batchRecords } from '@samsa/proto/record/records'
import { appendAll, FakeTime, openLog, readFrom } from './log-fixture.ts'

export const compacted: Partial<LogConfig> = {
  cleanupPolicy: { compact: true, delete: false },
  segmentBytes: 1000,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 60_000,
  fileDeleteDelayMs: 1000,
}

/** A value of null is a tombstone. */
export type KeyValue = readonly [key: string, value: string | null]

export function keyed(
  records: readonly KeyValue[],
  options: BatchOptions & { timestampMs?: number } = {},
): Buffer {
  const { timestampMs = new FakeTime().now, ...batch } = options
  return encodeBatch(
    records.map(([key, value]) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs,
    })),
    batch,
  )
}

export interface FoundRecord {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestampMs: number
}

export interface FoundBatch {
  readonly bytes: Buffer
  readonly isControl: boolean
  readonly records: readonly FoundRecord[]
}

/** Every batch, as a consumer that reads from the start is given them. */
export async function batchesOf(log: PartitionLog): Promise<FoundBatch[]> {
  const found: FoundBatch[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const { records: bytes, nextOffset } = await readFrom(log, offset, 500)
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      const batch = Buffer.from(bytes.subarray(at, at + batchSize(bytes, at)))
      const records = Array.from(
        batchRecords(batch),
        ({ offset: at, key, value, timestampMs }) => ({
          offset: at,
          key: key?.toString() ?? '',
          value: value?.toString() ?? null,
          timestampMs,
        }),
      )
      found.push({ bytes: batch, isControl: isControl(batch, 0), records })
    }
    if (nextOffset === offset) throw new Error(`nothing is read at offset ${offset}`)
    offset = nextOffset
  }
  return found
}

/** The records that are no markers. */
export async function recordsOf(log: PartitionLog): Promise<FoundRecord[]> {
  const batches = await batchesOf(log)
  return batches.filter((batch) => !batch.isControl).flatMap((batch) => batch.records)
}

/** `offset key=value` of each. */
export async function textOf(log: PartitionLog): Promise<string[]> {
  const records = await recordsOf(log)
  return records.map(({ offset, key, value }) => `${offset} ${key}=${value ?? '(gone)'}`)
}

/** Begins a new segment, so that everything before may be cleaned, and has it on the device. */
export async function roll(log: PartitionLog): Promise<void> {
  const filler = keyed([['filler', 'x'.repeat(900)]])
  const before = log.segmentCount
  while (log.segmentCount === before) await appendAll(log, [Buffer.from(filler)])
  await log.flush()
}

export function openCompacted(
  manager: LogManager,
  config: Partial<LogConfig> = {},
): Promise<PartitionLog> {
  return openLog(manager, { ...compacted, ...config })
}

export async function cleanAll(manager: LogManager): Promise<void> {
  await manager.cleaner?.cleanAll()
}

export interface MarkerText {
  readonly type: 'commit' | 'abort'
  readonly producerId: number
  readonly producerEpoch?: number
}

/** Ends a transaction as the coordinator does. */
export async function endTransaction(log: PartitionLog, marker: MarkerText): Promise<void> {
  const { type, producerId, producerEpoch = 0 } = marker
  const batch = encodeEndTransactionMarker(
    { type, coordinatorEpoch: 0 },
    { producerId, producerEpoch, timestampMs: new FakeTime().now },
  )
  await log.append(batch, { leaderEpoch: 0, origin: 'coordinator' }).written
  log.updateHighWatermark(log.logEndOffset)
}
