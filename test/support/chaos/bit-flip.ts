// Damages a file of a stopped node: one bit, somewhere in the batches of one partition's log.

import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../conformance/random.ts'

/** Flips a bit of a partition of `topic` and says where; does nothing where there are no records. */
export function flipBit(dataDir: string, topic: string, random: SeededRandom): string {
  const segments = readdirSync(dataDir)
    .filter((name) => name.startsWith(`${topic}-`))
    .flatMap((dir) =>
      readdirSync(join(dataDir, dir))
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(dir, name)),
    )
    .filter((file) => statSync(join(dataDir, file)).size > 0)
    .sort()
  if (segments.length === 0) return 'nothing to damage'
  return flipBitOf(dataDir, random.pick(segments), random)
}

/** Flips a bit in the middle half of a file, so that sound bytes follow it. */
export function flipBitOf(dir: string, file: string, random: SeededRandom): string {
  const path = join(dir, file)
  const { size } = statSync(path)
  const position = Math.floor(size / 4) + random.below(Math.max(1, Math.floor(size / 2)))
  const bit = random.below(8)
  const byte = Buffer.alloc(1)
  const fd = openSync(path, 'r+')
  try {
    readSync(fd, byte, 0, 1, position)
    byte[0] = (byte[0] ?? 0) ^ (1 << bit)
    writeSync(fd, byte, 0, 1, position)
  } finally {
    closeSync(fd)
  }
  return `bit ${bit} of byte ${position} of ${size} in ${file}`
}
