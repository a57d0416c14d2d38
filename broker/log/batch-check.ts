// What a batch must be before a leader takes it, and what the topic's settings change in it: bounds
// on size and time, time of the append, codec. Changes the batch in place where it can; a
// recompressed one is new.

import {
  baseSequence,
  batchHeaderBytes,
  batchSize,
  compressionId,
  isControl,
  isTransactional,
  producerEpoch,
  producerId,
  setLogAppendTime,
} from '@samsa/proto/record/batch'
import { BatchBuilder } from '@samsa/proto/record/batch-builder'
import { type CompressionType, compressionIds } from '@samsa/proto/record/compression/codecs'
import { batchRecords } from '@samsa/proto/record/records'
import { type ProduceRules, validateProduced } from '@samsa/proto/record/validate'
import { assert } from '../assert.ts'
import { BrokerError } from '../errors.ts'
import type { LogConfig } from './log-config.ts'
import { throwAsBrokerError } from './log-errors.ts'
import type { AppendOrigin } from './partition-log.ts'

/**
 * Returns the batch as it goes to the log, its offset and leader epoch aside. Throws a BrokerError.
 */
export function checkBatch(
  batch: Buffer,
  origin: AppendOrigin,
  config: LogConfig,
  nowMs: number,
): Buffer {
  if (origin === 'client') checkProduced(batch, config, nowMs)
  else assert(batch.length >= batchHeaderBytes && batchSize(batch, 0) === batch.length, 'one batch')
  const stored = recompress(batch, config)
  if (config.messageTimestampType === 'LogAppendTime') setLogAppendTime(stored, 0, nowMs)
  if (stored !== batch && origin === 'client') requireSize(stored, config.maxMessageBytes)
  if (stored.length > config.segmentBytes) {
    throw new BrokerError(
      'RECORD_LIST_TOO_LARGE',
      `a batch of ${stored.length} bytes exceeds segment.bytes, which is ${config.segmentBytes}`,
    )
  }
  return stored
}

function checkProduced(batch: Buffer, config: LogConfig, nowMs: number): void {
  requireSize(batch, config.maxMessageBytes)
  try {
    validateProduced(batch, produceRules(config, nowMs))
  } catch (error) {
    throwAsBrokerError(error)
  }
}

function requireSize(batch: Buffer, maxMessageBytes: number): void {
  if (batch.length <= maxMessageBytes) return
  throw new BrokerError(
    'MESSAGE_TOO_LARGE',
    `a batch of ${batch.length} bytes exceeds max.message.bytes, which is ${maxMessageBytes}`,
  )
}

/** Only what the topic restricts is given: a bound on time makes the check look at every record. */
function produceRules(config: LogConfig, nowMs: number): ProduceRules {
  const rules: ProduceRules = {}
  if (config.cleanupPolicy.compact) rules.keysRequired = true
  if (config.messageTimestampType === 'CreateTime') {
    const { messageTimestampBeforeMaxMs: before, messageTimestampAfterMaxMs: after } = config
    if (before < Number.MAX_SAFE_INTEGER) rules.timestampMsMin = nowMs - before
    if (after < Number.MAX_SAFE_INTEGER) rules.timestampMsMax = nowMs + after
  }
  return rules
}

function recompress(batch: Buffer, config: LogConfig): Buffer {
  if (config.compressionType === 'producer' || isControl(batch, 0)) return batch
  const compression: CompressionType =
    config.compressionType === 'uncompressed' ? 'none' : config.compressionType
  if (compressionId(batch, 0) === compressionIds[compression]) return batch
  const level = levelOf(compression, config)
  const builder = new BatchBuilder(
    {
      compression,
      ...(level === undefined ? {} : { compressionLevel: level }),
      producerId: producerId(batch, 0),
      producerEpoch: producerEpoch(batch, 0),
      baseSequence: baseSequence(batch, 0),
      isTransactional: isTransactional(batch, 0),
    },
    batch.length,
  )
  try {
    for (const record of batchRecords(batch)) builder.append(record)
    return builder.build()
  } catch (error) {
    return throwAsBrokerError(error)
  }
}

function levelOf(compression: CompressionType, config: LogConfig): number | undefined {
  if (compression === 'gzip') return config.compressionGzipLevel
  if (compression === 'lz4') return config.compressionLz4Level
  return compression === 'zstd' ? config.compressionZstdLevel : undefined
}
