// An offset for each partition of a log directory, in one of Kafka's checkpoint files: recovery
// points, log start offsets, high watermarks. Absent or damaged files read as empty: all three can
// be found again, at the price of time.

import { join } from 'node:path'
import { readFileIfExists, replaceFile } from '../../disk/atomic-file.ts'
import type { Disk } from '../../disk/disk.ts'
import {
  CheckpointDamagedError,
  formatCheckpoint,
  parseCheckpoint,
  parseCheckpointNumber,
} from './checkpoint-text.ts'

/** Keyed by the name of the partition's folder. */
export type PartitionOffsets = ReadonlyMap<string, number>

export class OffsetCheckpoint {
  readonly #disk: Disk
  readonly #path: string
  #writing: Promise<void> = Promise.resolve()

  constructor(disk: Disk, directory: string, name: string) {
    this.#disk = disk
    this.#path = join(directory, name)
  }

  /** `onDamage` hears of a file that cannot be read as a checkpoint. */
  async read(onDamage: (error: Error) => void): Promise<Map<string, number>> {
    const offsets = new Map<string, number>()
    const content = await readFileIfExists(this.#disk, this.#path)
    if (content === null) return offsets
    try {
      for (const [topic, partition, offset] of parseCheckpoint(content, this.#path, 3)) {
        offsets.set(`${topic}-${partition}`, parseCheckpointNumber(offset, this.#path))
      }
    } catch (error) {
      if (!(error instanceof CheckpointDamagedError)) throw error
      offsets.clear()
      onDamage(error)
    }
    return offsets
  }

  /** Writes follow each other; the last one asked for is the last one done. */
  write(offsets: PartitionOffsets): Promise<void> {
    const lines: string[] = []
    for (const [name, offset] of offsets) {
      const dash = name.lastIndexOf('-')
      lines.push(`${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`)
    }
    const content = formatCheckpoint(lines)
    const done = this.#writing.then(() => replaceFile(this.#disk, this.#path, content, 'durable'))
    this.#writing = done.catch(() => undefined)
    return done
  }
}
