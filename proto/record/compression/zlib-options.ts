// What gzip and zstd share: node:zlib, and the size of its output chunks.

import { lazyModule } from './lazy-module.ts'

export const zlib = lazyModule('node:zlib')

const chunkBytesMin = 4 * 1024
const chunkBytesMax = 1024 * 1024
const expectedRatio = 4

/**
 * How much output to make room for at once. Node's own 16 KiB doubles the time on large batches,
 * and 1 MiB for all doubles it on small ones (bench/codecs.bench.ts, 2026-11).
 */
export function outputChunkBytes(inputBytes: number, outputBytesMax: number): number {
  const expected = Math.min(Math.max(inputBytes * expectedRatio, chunkBytesMin), chunkBytesMax)
  return Math.max(Math.min(expected, outputBytesMax), 64)
}
