// gzip (codec 1), by node:zlib. zlib itself ends at the output limit.

import type { Codec } from './codecs.ts'
import { outputChunkBytes, zlib } from './zlib-options.ts'

export const gzip: Codec = {
  decompress(bytes, outputBytesMax) {
    return zlib().gunzipSync(bytes, {
      maxOutputLength: outputBytesMax,
      chunkSize: outputChunkBytes(bytes.length, outputBytesMax),
    })
  },

  compress(bytes, level) {
    return zlib().gzipSync(bytes, level === undefined ? {} : { level })
  },
}
