// snappy (codec 2): the framing of snappy-java's stream (as Java's clients write), and raw blocks
// (as many others do). A block says its own size in front; that is checked before the native module
// allocates it.
//
// Stream: 82 'SNAPPY' 00, int32 version, int32 compatible version; blocks of int32 size, raw block.

import type { Codec } from './codecs.ts'
import { lazyModule } from './lazy-module.ts'

const native = lazyModule('snappy')

const streamMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const streamHeader = Buffer.concat([streamMagic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
/** snappy-java's default, which its readers are used to. */
const streamBlockBytes = 32 * 1024
/**
 * The densest element copies 64 bytes and takes three; a block that claims more than that is a lie.
 */
const expansionMax = 22
const copied = { copyOutputData: true }

export const snappy: Codec = {
  decompress(bytes, outputBytesMax) {
    if (!isStreamHeader(bytes, 0)) return uncompressBlock(bytes, outputBytesMax)
    const blocks = streamBlocks(bytes)
    let size = 0
    for (const block of blocks) size += blockOutputSize(block)
    if (size > outputBytesMax) throw new Error(`${size} bytes inside, ${outputBytesMax} allowed`)
    return Buffer.concat(
      blocks.map((block) => uncompressBlock(block, outputBytesMax)),
      size,
    )
  },

  compress(bytes) {
    const { compressSync } = native()
    const parts: Buffer[] = [streamHeader]
    for (let start = 0; start < bytes.length; start += streamBlockBytes) {
      const block = compressSync(bytes.subarray(start, start + streamBlockBytes), copied)
      const size = Buffer.allocUnsafe(4)
      size.writeInt32BE(block.length)
      parts.push(size, block)
    }
    return Buffer.concat(parts)
  },
}

function isStreamHeader(bytes: Buffer, position: number): boolean {
  if (bytes.length - position < streamHeader.length) return false
  return streamMagic.compare(bytes, position, position + streamMagic.length) === 0
}

function streamBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let position = 0
  while (position < bytes.length) {
    // Streams that were joined have a header each.
    if (isStreamHeader(bytes, position)) {
      position += streamHeader.length
      continue
    }
    if (bytes.length - position < 4) throw new Error('a block has no size')
    const size = bytes.readInt32BE(position)
    position += 4
    if (size <= 0 || size > bytes.length - position) throw new Error(`a block of ${size} bytes`)
    blocks.push(bytes.subarray(position, position + size))
    position += size
  }
  return blocks
}

function uncompressBlock(block: Buffer, outputBytesMax: number): Buffer {
  const size = blockOutputSize(block)
  if (size > outputBytesMax) throw new Error(`${size} bytes inside, ${outputBytesMax} allowed`)
  // Without copying, each block would be memory outside the heap with a finalizer of its own.
  return native().uncompressSync(block, copied) as Buffer
}

/** The size that a raw block says it has inside. */
function blockOutputSize(block: Buffer): number {
  let size = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) {
      if (size > block.length * expansionMax) throw new Error(`${size} bytes cannot be inside`)
      return size
    }
  }
  throw new Error('a block does not say its size')
}
