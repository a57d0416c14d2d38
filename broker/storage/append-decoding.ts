// Reads AppendRequest and AppendStreamRequest by hand: records stay bytes, of which a batch is made
// in one pass (records-to-batch.ts), so that nobody makes us hold an object for every two bytes of
// input. What it takes is what the generated code takes: a property test holds them together.

import { protobuf } from '@samsa/proto/grpc/protobuf'
import { itemsMax } from './limits.ts'

export interface AppendMessage {
  topic: string
  topicId: string
  partition: number
  acks: number
  timeoutMs: number
  /** A view of what was received. */
  batch: Buffer | null
  /** A message Records, not read yet; also a view. */
  records: Buffer | null
}

export interface StreamAppendMessage {
  id: number
  append: AppendMessage
}

type Reader = InstanceType<typeof protobuf.Reader>

const fieldOf = (tag: number) => tag >>> 3

export function decodeAppend(bytes: Buffer): AppendMessage {
  return readAppend(protobuf.Reader.create(bytes), bytes.length)
}

export function decodeStreamAppends(bytes: Buffer): StreamAppendMessage[] {
  const reader = protobuf.Reader.create(bytes)
  const appends: StreamAppendMessage[] = []
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (fieldOf(tag) !== 1 || !isDelimited(tag)) skip(reader, tag)
    else if (appends.length === itemsMax) throw new RangeError(`more than ${itemsMax} appends`)
    else appends.push(readStreamAppend(reader, endOf(reader)))
  }
  return appends
}

function readStreamAppend(reader: Reader, end: number): StreamAppendMessage {
  const read: StreamAppendMessage = { id: 0, append: emptyAppend() }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (fieldOf(tag) === 1 && isVarint(tag)) read.id = int64(reader)
    else if (fieldOf(tag) === 2 && isDelimited(tag)) read.append = readAppend(reader, endOf(reader))
    else skip(reader, tag)
  }
  return endedAt(reader, end, read)
}

function emptyAppend(): AppendMessage {
  return {
    topic: '',
    topicId: '',
    partition: 0,
    acks: 0,
    timeoutMs: 0,
    batch: null,
    records: null,
  }
}

function readAppend(reader: Reader, end: number): AppendMessage {
  const read = emptyAppend()
  while (reader.pos < end) {
    const tag = reader.uint32()
    const field = fieldOf(tag)
    if (isVarint(tag) && field === 3) read.partition = reader.int32()
    else if (isVarint(tag) && field === 4) read.acks = reader.int32()
    else if (isVarint(tag) && field === 5) read.timeoutMs = reader.int32()
    else if (isDelimited(tag) && field === 1) read.topic = reader.stringVerify()
    else if (isDelimited(tag) && field === 2) read.topicId = reader.stringVerify()
    else if (isDelimited(tag) && field === 6) {
      read.batch = bytesOf(reader)
      read.records = null
    } else if (isDelimited(tag) && field === 7) {
      read.records = bytesOf(reader)
      read.batch = null
    } else skip(reader, tag)
  }
  return endedAt(reader, end, read)
}

// Shared with records-to-batch.ts.

export function isVarint(tag: number): boolean {
  return (tag & 7) === 0
}

export function isDelimited(tag: number): boolean {
  return (tag & 7) === 2
}

export function skip(reader: Reader, tag: number): void {
  reader.skipType(tag & 7, 0, tag)
}

/** Where the message that follows ends; within the one that it is in, or it is refused. */
export function endOf(reader: Reader): number {
  const size = reader.uint32()
  const end = reader.pos + size
  if (end > reader.len) throw new RangeError('a message goes past its end')
  return end
}

export function endedAt<T>(reader: Reader, end: number, read: T): T {
  if (reader.pos !== end) throw new RangeError('a field goes past the end of its message')
  return read
}

export function bytesOf(reader: Reader): Buffer {
  return reader.bytes() as Buffer
}

/** The runtime in protobuf.ts reads these as checked numbers, whatever its types say. */
export function int64(reader: Reader): number {
  return reader.int64() as unknown as number
}
