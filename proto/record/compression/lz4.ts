// lz4 (codec 3): one frame of the LZ4 frame format, by lz4-napi. The native reader takes no output
// limit and forgives a missing end, so the frame is walked here first: its blocks bound what it can
// hold, and where that bound is too high their sequences are counted.

import type { Codec } from './codecs.ts'
import { lazyModule } from './lazy-module.ts'

const native = lazyModule('lz4-napi')

const frameMagic = 0x184d2204
const frameHeaderBytesMin = 7
const contentSizePosition = 6
const contentSizeBytes = 8
const flag = { contentSize: 0x08, contentChecksum: 0x04, blockChecksum: 0x10, dictionary: 0x01 }
const blockStored = 0x8000_0000
/** A byte of a match length stands for at most 255 bytes of output. */
const expansionMax = 255

interface Frame {
  size: number
  /**
   * The most that the frame can hold, from the sizes of its blocks; or what it does hold, where
   * counted.
   */
  outputBytes: number
}

export const lz4: Codec = {
  decompress(bytes, outputBytesMax) {
    let frame = walkFrame(bytes, 'bound')
    if (frame.outputBytes > outputBytesMax) frame = walkFrame(bytes, 'count')
    if (frame.outputBytes > outputBytesMax) {
      throw new Error(`${frame.outputBytes} bytes inside, ${outputBytesMax} allowed`)
    }
    const output = native().decompressFrameSync(bytes.subarray(0, frame.size))
    // The walk and the native reader must agree, or the limit would hold for one of them only.
    if (output.length > outputBytesMax) throw new Error('more inside than was counted')
    return output
  },

  compress(bytes) {
    return native().compressFrameSync(bytes)
  },
}

/**
 * Finds the end of the frame and how much it holds. Bytes after it are ignored, as Java's reader
 * does.
 */
function walkFrame(bytes: Buffer, mode: 'bound' | 'count'): Frame {
  const { flags, blockBytesMax, headerBytes, contentBytes } = frameHeader(bytes)
  const blockChecksumBytes = (flags & flag.blockChecksum) === 0 ? 0 : 4
  let position = headerBytes
  let outputBytes = 0
  for (;;) {
    if (bytes.length - position < 4) throw new Error('the frame has no end')
    const word = bytes.readUInt32LE(position)
    position += 4
    if (word === 0) break
    const start = position
    const end = start + (word & ~blockStored)
    position = end + blockChecksumBytes
    if (position > bytes.length) throw new Error('a block goes past the end')
    outputBytes += Math.min(
      blockOutput(bytes, start, end, word >= blockStored, mode),
      blockBytesMax,
    )
  }
  // The native reader may make room for what the header says.
  if (contentBytes > outputBytes) throw new Error(`${contentBytes} bytes cannot be inside`)
  const size = position + ((flags & flag.contentChecksum) === 0 ? 0 : 4)
  if (size > bytes.length) throw new Error('the checksum of the content is missing')
  return { size, outputBytes }
}

interface FrameHeader {
  flags: number
  blockBytesMax: number
  headerBytes: number
  /** What the frame says that it holds; 0 where it does not say. */
  contentBytes: number
}

function frameHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < frameHeaderBytesMin) throw new Error('no room for a frame header')
  if (bytes.readUInt32LE(0) !== frameMagic) throw new Error('not an LZ4 frame')
  const flags = bytes.readUInt8(4)
  const blockSizeCode = (bytes.readUInt8(5) >> 4) & 0x07
  if (flags >> 6 !== 1) throw new Error(`frame version ${flags >> 6}`)
  if ((flags & flag.dictionary) !== 0) throw new Error('the frame needs a dictionary')
  if (blockSizeCode < 4) throw new Error(`block size code ${blockSizeCode}`)
  const hasContentSize = (flags & flag.contentSize) !== 0
  const headerBytes = frameHeaderBytesMin + (hasContentSize ? contentSizeBytes : 0)
  if (bytes.length < headerBytes) throw new Error('no room for a frame header')
  const contentBytes = hasContentSize ? Number(bytes.readBigUInt64LE(contentSizePosition)) : 0
  return { flags, blockBytesMax: 2 ** (8 + 2 * blockSizeCode), headerBytes, contentBytes }
}

function blockOutput(
  bytes: Buffer,
  start: number,
  end: number,
  stored: boolean,
  mode: 'bound' | 'count',
): number {
  if (stored) return end - start
  return mode === 'bound' ? (end - start) * expansionMax : countSequences(bytes, start, end)
}

/**
 * Sequences: a token, more literal length, literals, then (but for the last) an offset and more
 * match length.
 */
function countSequences(bytes: Buffer, start: number, end: number): number {
  let size = 0
  let position = start
  while (position < end) {
    const token = byteAt(bytes, position++)
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && position < end) literals += more = byteAt(bytes, position++)
    }
    position += literals
    size += literals
    if (position >= end) break
    position += 2
    let match = (token & 0x0f) + 4
    if (match === 19) {
      let more = 255
      while (more === 255 && position < end) match += more = byteAt(bytes, position++)
    }
    size += match
  }
  return size
}

function byteAt(bytes: Buffer, position: number): number {
  return bytes[position] ?? 0
}
