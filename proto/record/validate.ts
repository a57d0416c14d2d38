// What a producer's batch must be before it may enter the log: checked by its header, its checksum
// and, where it is not compressed, one walk over its records. Throws RecordError, which names the
// error that the producer gets. Changes one thing: a maximum timestamp in the header that the
// records contradict is set right, as Kafka does.

import {
  attributes,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  lastOffsetDelta,
  maxTimestamp,
  noProducerId,
  noTimestamp,
  producerEpoch,
  producerId,
  recordCount,
  updateCrc,
  writeInt64,
} from './batch.ts'
import { checkCrc, claimedBatchSize } from './batches.ts'
import { compressionIds, compressionType } from './compression/codecs.ts'
import { decompressedBytesMaxDefault } from './limits.ts'
import { RecordError, type RecordErrorCode } from './record-error.ts'
import { recordCursor } from './records.ts'

export interface ProduceRules {
  /** Every record needs a key, as in a compacted topic. */
  keysRequired?: boolean
  /** Bounds of CreateTime timestamps; a record without a timestamp (-1) passes. */
  timestampMsMin?: number
  timestampMsMax?: number
  /**
   * Also decompress and walk what is compressed. Done anyway where a rule above needs the records.
   */
  inspectCompressed?: boolean
  decompressedBytesMax?: number
}

/**
 * Checks the records field of one partition in a produce request: exactly one batch, and a sound
 * one.
 */
export function validateProduced(records: Buffer, rules: ProduceRules = {}): void {
  checkExtent(records)
  checkCrc(records, 0)
  checkHeader(records)
  if (needsRecords(records, rules)) checkRecords(records, rules)
  else checkHeaderTimestamps(records, rules)
}

function checkExtent(records: Buffer): void {
  if (records.length === 0) refuse('INVALID_RECORD', 'there is no record batch')
  if (records.length < batchHeaderBytes) {
    refuse('CORRUPT_MESSAGE', `${records.length} bytes cannot hold a record batch`)
  }
  const size = claimedBatchSize(records, 0)
  if (size > records.length) {
    refuse('CORRUPT_MESSAGE', `record batch claims ${size} bytes, there are ${records.length}`)
  }
  if (size < records.length) {
    refuse('INVALID_RECORD', 'there is more than one record batch for the partition')
  }
}

function checkHeader(records: Buffer): void {
  const bits = attributes(records, 0)
  const codec = bits & batchAttribute.compressionMask
  if (compressionType(codec) === undefined) {
    refuse('UNSUPPORTED_COMPRESSION_TYPE', `there is no compression with id ${codec}`)
  }
  if ((bits & batchAttribute.control) !== 0) {
    refuse('INVALID_RECORD', 'a client must not write control records')
  }
  if ((bits & batchAttribute.deleteHorizon) !== 0) {
    refuse('INVALID_RECORD', 'a client must not set a delete horizon')
  }
  if ((bits & batchAttribute.logAppendTime) !== 0) {
    refuse('INVALID_TIMESTAMP', 'a client must not set the timestamp type to LogAppendTime')
  }
  const count = recordCount(records, 0)
  const lastDelta = lastOffsetDelta(records, 0)
  if (count <= 0) refuse('INVALID_RECORD', `record batch claims ${count} records`)
  if (lastDelta !== count - 1) {
    refuse('INVALID_RECORD', `record batch claims ${count} records up to offset ${lastDelta}`)
  }
  const firstOffset = baseOffset(records, 0)
  if (firstOffset !== 0) refuse('INVALID_RECORD', `record batch begins at offset ${firstOffset}`)
  checkProducer(records, (bits & batchAttribute.transactional) !== 0)
}

function checkProducer(records: Buffer, isTransactional: boolean): void {
  const id = producerId(records, 0)
  if (!Number.isSafeInteger(id)) refuse('INVALID_RECORD', 'the producer id is out of range')
  if (id <= noProducerId) {
    if (isTransactional) refuse('INVALID_RECORD', 'a transactional batch has no producer id')
    return
  }
  if (producerEpoch(records, 0) < 0 || baseSequence(records, 0) < 0) {
    refuse('INVALID_RECORD', 'a batch with a producer id has no producer epoch or sequence')
  }
}

function checkTimestamp(timestampMs: number, rules: ProduceRules): void {
  if (!Number.isSafeInteger(timestampMs)) {
    refuse('INVALID_TIMESTAMP', 'a timestamp is out of range')
  }
  if (timestampMs === noTimestamp) return
  const { timestampMsMin: min, timestampMsMax: max } = rules
  if ((min !== undefined && timestampMs < min) || (max !== undefined && timestampMs > max)) {
    refuse('INVALID_TIMESTAMP', `timestamp ${timestampMs} is not between ${min} and ${max}`)
  }
}

/**
 * All that can be said of timestamps without the records; the header's greatest is the producer's
 * word for it.
 */
function checkHeaderTimestamps(records: Buffer, rules: ProduceRules): void {
  if (!Number.isSafeInteger(baseTimestamp(records, 0))) {
    refuse('INVALID_TIMESTAMP', 'the base timestamp is out of range')
  }
  checkTimestamp(maxTimestamp(records, 0), rules)
}

function needsRecords(records: Buffer, rules: ProduceRules): boolean {
  if ((attributes(records, 0) & batchAttribute.compressionMask) === compressionIds.none) return true
  return (
    rules.inspectCompressed === true ||
    rules.keysRequired === true ||
    rules.timestampMsMin !== undefined
  )
}

function checkRecords(records: Buffer, rules: ProduceRules): void {
  const cursor = recordCursor(records, 0, rules.decompressedBytesMax ?? decompressedBytesMaxDefault)
  const keysRequired = rules.keysRequired === true
  let deltaMin = Number.MAX_SAFE_INTEGER
  let deltaMax = Number.MIN_SAFE_INTEGER
  while (cursor.next()) {
    if (cursor.offsetDelta !== cursor.count - 1) {
      const expected = cursor.count - 1
      refuse('INVALID_RECORD', `record ${expected} of the batch has offset ${cursor.offsetDelta}`)
    }
    if (keysRequired && cursor.keySize < 0) {
      refuse('INVALID_RECORD', `record ${cursor.offsetDelta} has no key, the topic is compacted`)
    }
    if (cursor.timestampDelta < deltaMin) deltaMin = cursor.timestampDelta
    if (cursor.timestampDelta > deltaMax) deltaMax = cursor.timestampDelta
  }
  if (cursor.count !== recordCount(records, 0)) {
    refuse('INVALID_RECORD', `the batch claims ${recordCount(records, 0)}, holds ${cursor.count}`)
  }
  const base = baseTimestamp(records, 0)
  checkTimestamp(base + deltaMin, rules)
  checkTimestamp(base + deltaMax, rules)
  if (base + deltaMax !== maxTimestamp(records, 0)) setMaxTimestamp(records, base + deltaMax)
}

function setMaxTimestamp(records: Buffer, timestampMs: number): void {
  writeInt64(records, timestampMs, batchField.maxTimestamp)
  updateCrc(records, 0)
}

function refuse(kafkaError: RecordErrorCode, message: string): never {
  throw new RecordError(kafkaError, message)
}
