// Compression and decompression by each codec, of batches of three sizes. Run: npx node
// bench/codecs.bench.ts

import { compress, compressionIds, decompress } from '@samsa/proto/record/compression/codecs'
import { decompressedBytesMaxDefault } from '@samsa/proto/record/limits'
import { measure, printMachine } from './micro.ts'

printMachine()
for (const size of [1_000, 16_000, 1_000_000]) {
  const content = textLike(size)
  for (const type of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const id = compressionIds[type]
    const compressed = compress(type, content)
    const name = `${type}, ${size} B (to ${compressed.length})`
    measure(`${name}: compress`, () => compress(type, content), 1, size)
    const again = () => decompress(id, compressed, decompressedBytesMaxDefault)
    measure(`${name}: decompress`, again, 1, size)
  }
}

/** The same bytes in every run; they compress to about a third, as log lines do. */
function textLike(size: number): Buffer {
  const words = [
    'offset',
    'partition',
    'leader',
    'epoch',
    'segment',
    'append',
    'INFO',
    '2026-11-21',
  ]
  let seed = 42
  let text = ''
  while (text.length < size) {
    seed = (seed * 1_103_515_245 + 12_345) % 0x8000_0000
    text += `${words[(seed >>> 8) % words.length]} ${seed % 1000} `
  }
  return Buffer.from(text.slice(0, size))
}
