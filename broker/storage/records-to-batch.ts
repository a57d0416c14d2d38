// Makes one record batch of a message Records, straight from its bytes: one pass, no object a
// record. Throws RangeError for bytes that are no such message, BrokerError for records that cannot
// be taken.

import { protobuf } from '@samsa/proto/grpc/protobuf'
import {
  BatchBuilder,
  type BatchOptions,
  type RecordInput,
} from '@samsa/proto/record/batch-builder'
import { BrokerError } from '../errors.ts'
import { bytesOf, endedAt, endOf, int64, isDelimited, isVarint, skip } from './append-decoding.ts'
import { headersMax, recordsFormFactor } from './limits.ts'

type Reader = InstanceType<typeof protobuf.Reader>

export interface BatchRules {
  /** `max.message.bytes` of the topic. */
  readonly batchBytesMax: number
  /** The timestamp of records that have none. */
  readonly nowMs: number
}

interface Header {
  key: string
  value: Buffer | null
}

/** What the current record is read into; one for all of them. */
interface Scratch extends RecordInput {
  timestampMs: number
  headers: Header[]
}

export function batchOfRecords(records: Buffer, { batchBytesMax, nowMs }: BatchRules): Buffer {
  if (records.length > batchBytesMax * recordsFormFactor) throw tooLarge(batchBytesMax)
  const builder = new BatchBuilder(readProducer(records), records.length + roomForHeader)
  const scratch: Scratch = { key: null, value: null, timestampMs: nowMs, headers: [] }
  const reader = protobuf.Reader.create(records)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag !== recordTag) {
      skip(reader, tag)
      continue
    }
    scratch.key = null
    scratch.value = null
    scratch.timestampMs = nowMs
    if (scratch.headers.length > 0) scratch.headers = []
    readRecord(reader, endOf(reader), scratch)
    builder.append(scratch)
    if (builder.sizeBytes > batchBytesMax) throw tooLarge(batchBytesMax)
  }
  if (builder.count === 0) throw new BrokerError('INVALID_RECORD', 'there are no records to append')
  return builder.build()
}

const roomForHeader = 128
/** Field 1 of Records, and 2, both messages. */
const recordTag = 0x0a
const producerTag = 0x12

function tooLarge(batchBytesMax: number): BrokerError {
  const text = `the records make a batch of more than max.message.bytes, which is ${batchBytesMax}`
  return new BrokerError('MESSAGE_TOO_LARGE', text)
}

/** It may stand behind the records, and the batch's header is made from it. */
function readProducer(records: Buffer): BatchOptions {
  const reader = protobuf.Reader.create(records)
  let found: BatchOptions = {}
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === producerTag) found = readProducerFields(reader, endOf(reader))
    else skip(reader, tag)
  }
  return found
}

function readProducerFields(reader: Reader, end: number): BatchOptions {
  let [producerId, producerEpoch, baseSequence] = [0, 0, 0]
  while (reader.pos < end) {
    const tag = reader.uint32()
    const field = tag >>> 3
    if (!isVarint(tag)) skip(reader, tag)
    else if (field === 1) producerId = int64(reader)
    else if (field === 2) producerEpoch = reader.int32()
    else if (field === 3) baseSequence = reader.int32()
    else skip(reader, tag)
  }
  if (producerId < 0 || producerEpoch < 0 || producerEpoch > 0x7fff || baseSequence < 0) {
    throw new BrokerError('INVALID_RECORD', 'a producer has an id, epoch and sequence from 0 on')
  }
  return endedAt(reader, end, { producerId, producerEpoch, baseSequence })
}

function readRecord(reader: Reader, end: number, into: Scratch): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    const field = tag >>> 3
    if (isVarint(tag) && field === 2) into.timestampMs = int64(reader)
    else if (isDelimited(tag) && field === 3) into.key = bytesOf(reader)
    else if (isDelimited(tag) && field === 4) into.value = bytesOf(reader)
    else if (isDelimited(tag) && field === 5) {
      if (into.headers.length === headersMax) {
        throw new BrokerError('INVALID_RECORD', `a record has more than ${headersMax} headers`)
      }
      into.headers.push(readHeader(reader, endOf(reader)))
    } else skip(reader, tag)
  }
  endedAt(reader, end, undefined)
}

function readHeader(reader: Reader, end: number): Header {
  const header: Header = { key: '', value: null }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (isDelimited(tag) && tag >>> 3 === 1) header.key = reader.stringVerify()
    else if (isDelimited(tag) && tag >>> 3 === 2) header.value = bytesOf(reader)
    else skip(reader, tag)
  }
  return endedAt(reader, end, header)
}
