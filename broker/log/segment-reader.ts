// Reads whole batches of one segment with one file read in the usual case: the position comes from
// where the last reader left off or from the index, and what the index leaves open is read over.

import {
  baseOffset,
  batchField,
  batchHeaderBytes,
  batchLengthOverheadBytes,
  batchMagic,
  lastOffset,
} from '@samsa/proto/record/batch'
import { NoBatchError } from './log-errors.ts'
import type { ReadHints } from './read-hints.ts'
import type { Segment } from './segment.ts'
import { walkFromStart } from './segment-locate.ts'

export interface SegmentReadOptions {
  readonly offset: number
  readonly maxBytes: number
  readonly minOneBatch: boolean
  /** Exclusive. */
  readonly upTo: number
  readonly allocate: (size: number) => Buffer
}

export interface SegmentRead {
  readonly records: Buffer
  /** After the last batch of `records`; `offset` itself when there is none. */
  readonly nextOffset: number
}

/** Nothing of the segment is at or behind the offset. */
export const behindSegment = 'behind segment'

export async function readSegment(
  segment: Segment,
  hints: ReadHints,
  options: SegmentReadOptions,
): Promise<SegmentRead | typeof behindSegment> {
  const isFirst = options.offset === segment.baseOffset
  const hinted = isFirst ? 0 : hints.find(options.offset, segment)
  if (hinted >= 0) return readFrom(segment, hints, options, hinted, 0)
  const { position, slackBytes } = await lookup(segment, options.offset)
  try {
    return await readFrom(segment, hints, options, position, slackBytes)
  } catch (error) {
    if (!(error instanceof NoBatchError)) throw error
    // The index is wrong there; the segment itself tells where the batch is, if slowly.
    return readFrom(segment, hints, options, await walkFromStart(segment, options.offset), 0)
  }
}

async function readFrom(
  segment: Segment,
  hints: ReadHints,
  options: SegmentReadOptions,
  position: number,
  slackBytes: number,
): Promise<SegmentRead | typeof behindSegment> {
  const read = new BatchRead(segment, options, position)
  await read.fill(options.maxBytes + slackBytes)
  await read.findFirst()
  if (read.first < 0) return behindSegment
  const end = await read.findEnd()
  if (end > read.first) hints.move(options.offset, read.nextOffset, segment, read.position + end)
  return { records: read.bytes(end), nextOffset: read.nextOffset }
}

/** From where to read, and how far behind that the batch may begin. */
async function lookup(
  segment: Segment,
  offset: number,
): Promise<{ position: number; slackBytes: number }> {
  const found = await segment.offsetIndex.lookup(offset)
  const position = Math.max(0, Math.min(found.position, segment.writtenBytes))
  const slackEnd = found.nextPosition ?? position + slackBytesDefault
  return { position, slackBytes: Math.min(Math.max(0, slackEnd - position), slackBytesMax) }
}

/**
 * Read over behind the last index entry: a few index intervals; where it is too little, a second
 * read follows.
 */
const slackBytesDefault = 64 * 1024
/** Batches may be as large; an index that is wrong must not make a read huge. */
const slackBytesMax = 2 * 1024 * 1024

class BatchRead {
  readonly #segment: Segment
  readonly #options: SegmentReadOptions
  /** Position in the file of the buffer's first byte. */
  position: number
  /** Where in the buffer the batch that holds the offset begins; -1 when the segment has none. */
  first = -1
  nextOffset: number
  #buffer: Buffer = Buffer.alloc(0)

  constructor(segment: Segment, options: SegmentReadOptions, position: number) {
    this.#segment = segment
    this.#options = options
    this.position = position
    this.nextOffset = options.offset
  }

  bytes(end: number): Buffer {
    return this.#buffer.subarray(this.first, end)
  }

  async fill(size: number): Promise<void> {
    const wanted = Math.min(
      Math.max(size, batchHeaderBytes),
      this.#segment.writtenBytes - this.position,
    )
    if (wanted <= 0) {
      this.#buffer = Buffer.alloc(0)
      return
    }
    const buffer = this.#options.allocate(wanted)
    const count = await this.#segment.file.use((file) =>
      file.read(buffer, 0, wanted, this.position),
    )
    this.#buffer = buffer.subarray(0, count)
  }

  /** Walks to the batch that holds the offset, reading on where the buffer ends before it. */
  async findFirst(): Promise<void> {
    let at = 0
    for (;;) {
      const rest = this.#buffer.length - at
      if (rest < batchHeaderBytes) {
        if (this.position + at + batchHeaderBytes > this.#segment.writtenBytes) return
        this.position += at
        at = 0
        await this.fill(this.#options.maxBytes + slackBytesDefault)
        if (this.#buffer.length < batchHeaderBytes) return
      }
      const size = this.#sizeAt(at)
      if (lastOffset(this.#buffer, at) >= this.#options.offset) {
        this.first = at
        return
      }
      at += size
    }
  }

  /**
   * Where the last whole batch within the limits ends; reads the first one again where it is not
   * whole.
   */
  async findEnd(): Promise<number> {
    const { maxBytes, minOneBatch, upTo } = this.#options
    const firstSize = this.#sizeAt(this.first)
    if (firstSize > maxBytes && !minOneBatch) return this.first
    if (lastOffset(this.#buffer, this.first) >= upTo) return this.first
    if (this.first + firstSize > this.#buffer.length) {
      this.position += this.first
      this.first = 0
      await this.fill(Math.max(firstSize, maxBytes))
      if (firstSize > this.#buffer.length) return this.first
    }
    const limit = Math.min(this.#buffer.length, this.first + Math.max(maxBytes, firstSize))
    let end = this.first
    while (end + batchHeaderBytes <= limit) {
      const size = this.#sizeAt(end)
      if (end + size > limit) break
      const last = lastOffset(this.#buffer, end)
      if (last >= upTo) break
      this.nextOffset = last + 1
      end += size
    }
    return end
  }

  #sizeAt(at: number): number {
    const size = this.#buffer.readInt32BE(at + batchField.batchLength) + batchLengthOverheadBytes
    const isBatch =
      size >= batchHeaderBytes &&
      this.#buffer.readInt8(at + batchField.magic) === batchMagic &&
      baseOffset(this.#buffer, at) >= this.#segment.baseOffset
    if (!isBatch) throw new NoBatchError(this.#segment.file.path, this.position + at)
    return size
  }
}
