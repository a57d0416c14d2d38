// zstd (codec 4), by node:zlib. zlib itself ends at the output limit. A frame may ask for a window
// of up to 128 MiB, which levels 20 to 22 do; pages of it count only once they are used.

import type { Codec } from './codecs.ts'
import { outputChunkBytes, zlib } from './zlib-options.ts'

/**
 * Writers make one frame, or one at each flush. Each costs a decompressor of its own, however
 * little is in it: a MiB of empty ones took a minute.
 */
const framesMax = 100
/** Room for what frames behind the first hold is made in pieces: each frame could have a MiB. */
const furtherChunkBytes = 64 * 1024

/** What node:zlib returns with `info: true`; its types do not say so. */
interface WithEngine {
  buffer: Buffer
  engine: { bytesWritten: number }
}

export const zstd: Codec = {
  decompress(bytes, outputBytesMax) {
    const frames: Buffer[] = []
    let position = 0
    let outputBytesLeft = outputBytesMax
    // node:zlib stops after one frame without a word, but a batch may be written as several.
    do {
      if (frames.length === framesMax) throw new Error(`more than ${framesMax} frames`)
      const chunkBytesMax = frames.length === 0 ? outputBytesLeft : furtherChunkBytes
      const frame = decompressFrame(bytes.subarray(position), outputBytesLeft, chunkBytesMax)
      frames.push(frame.buffer)
      outputBytesLeft -= frame.buffer.length
      position += frame.engine.bytesWritten
    } while (position < bytes.length)
    return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames)
  },

  compress(bytes, level) {
    const { zstdCompressSync, constants } = zlib()
    if (level === undefined) return zstdCompressSync(bytes)
    return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })
  },
}

function decompressFrame(bytes: Buffer, outputBytesMax: number, chunkBytesMax: number): WithEngine {
  const result: unknown = zlib().zstdDecompressSync(bytes, {
    info: true,
    // Zero would mean no limit, and a further frame may hold nothing.
    maxOutputLength: Math.max(outputBytesMax, 1),
    chunkSize: outputChunkBytes(bytes.length, Math.min(chunkBytesMax, outputBytesMax)),
  })
  return result as WithEngine
}
