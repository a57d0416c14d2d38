// Damages a file of a stopped node: one bit, somewhere in the batches of one partition's log. After
// a kill a start reads each log from its recovery point on, as Apache Kafka does; what lies before
// that is read by whoever asks for it, so that damage there shows later or never.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import * as batches from '@samsa/proto/record/batch'
import { batchPositions } from '@samsa/proto/record/batches'
import type { SeededRandom } from '../conformance/random.ts'

/**
 * Flips a bit of a partition of `topic`, of what the next start reads, and says where; does nothing
 * where there are no such records.
 */
export function flipBit(dataDir: string, topic: string, random: SeededRandom): string {
  const points = recoveryPoints(dataDir)
  const isPartition = (name: string) => name.startsWith(`${topic}-`) && /-\d+$/.test(name)
  const places = readdirSync(dataDir)
    .filter(isPartition)
    .sort()
    .flatMap((dir) =>
      readdirSync(join(dataDir, dir))
        .filter((name) => name.endsWith('.log'))
        .sort()
        .map((name) => ({ file: join(dir, name), from: points.get(dir) ?? 0 })),
    )
    .map(({ file, from }) => ({ file, start: positionOf(join(dataDir, file), from) }))
    .filter(({ file, start }) => statSync(join(dataDir, file)).size > start)
  if (places.length === 0) return 'nothing to damage'
  const { file, start } = random.pick(places)
  return flipBitOf(dataDir, file, random, start)
}

/** Flips a bit in the middle half of what follows `start`, so that sound bytes follow it. */
export function flipBitOf(dir: string, file: string, random: SeededRandom, start = 0): string {
  const path = join(dir, file)
  const { size } = statSync(path)
  const rest = size - start
  const position = start + Math.floor(rest / 4) + random.below(Math.max(1, Math.floor(rest / 2)))
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

/** By the directory of the partition. The file has a version, a count, and a line a partition. */
function recoveryPoints(dataDir: string): Map<string, number> {
  const file = join(dataDir, 'recovery-point-offset-checkpoint')
  if (!existsSync(file)) return new Map()
  const lines = readFileSync(file, 'utf8').split('\n').slice(2)
  return new Map(
    lines
      .map((line) => line.split(' '))
      .map(([topic, partition, offset]) => [`${topic}-${partition}`, Number(offset)]),
  )
}

/** Where the first batch at or after an offset begins in a segment; its size when there is none. */
function positionOf(path: string, offset: number): number {
  const bytes = readFileSync(path)
  for (const position of batchPositions(bytes)) {
    if (batches.baseOffset(bytes, position) >= offset) return position
  }
  return bytes.length
}
