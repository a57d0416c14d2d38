// The producer snapshot files of one log: `<offset>.snapshot` holds the producers as they were
// before that offset.

import { join } from 'node:path'
import { replaceFile } from '../../disk/atomic-file.ts'
import type { Disk } from '../../disk/disk.ts'
import { isNotFound } from '../../disk/disk-errors.ts'
import { fileSuffix, offsetFileName } from '../file-names.ts'
import type { ProducerEntry } from './producer-entry.ts'
import { decodeSnapshot, SnapshotDamagedError } from './producer-snapshot.ts'

export interface LoadedSnapshot {
  readonly offset: number
  readonly entries: ProducerEntry[]
}

export class SnapshotFiles {
  readonly #disk: Disk
  readonly #directory: string
  /** Sorted. */
  #offsets: number[]

  constructor(disk: Disk, directory: string, offsets: readonly number[]) {
    this.#disk = disk
    this.#directory = directory
    this.#offsets = [...offsets].sort((a, b) => a - b)
  }

  get offsets(): readonly number[] {
    return this.#offsets
  }

  async write(
    offset: number,
    content: Buffer,
    durability: 'durable' | 'rebuildable',
  ): Promise<void> {
    await replaceFile(this.#disk, this.#path(offset), content, durability)
    if (this.#offsets.includes(offset)) return
    this.#offsets.push(offset)
    this.#offsets.sort((a, b) => a - b)
  }

  /**
   * The latest sound snapshot at or below `offset`; a damaged one is removed and the one before it
   * tried.
   */
  async loadLatest(offset: number): Promise<LoadedSnapshot | null> {
    for (const candidate of this.#offsets.filter((known) => known <= offset).toReversed()) {
      try {
        const content = await this.#disk.readFile(this.#path(candidate))
        return { offset: candidate, entries: decodeSnapshot(content) }
      } catch (error) {
        if (!(error instanceof SnapshotDamagedError) && !isNotFound(error)) throw error
        await this.#remove(candidate)
      }
    }
    return null
  }

  async removeAbove(offset: number): Promise<void> {
    for (const known of this.#offsets.filter((candidate) => candidate > offset)) {
      await this.#remove(known)
    }
  }

  async removeBelow(offset: number): Promise<void> {
    for (const known of this.#offsets.filter((candidate) => candidate < offset)) {
      await this.#remove(known)
    }
  }

  async removeAt(offsets: ReadonlySet<number>): Promise<void> {
    for (const known of this.#offsets.filter((candidate) => offsets.has(candidate))) {
      await this.#remove(known)
    }
  }

  async #remove(offset: number): Promise<void> {
    await this.#disk.remove(this.#path(offset))
    this.#offsets = this.#offsets.filter((known) => known !== offset)
  }

  #path(offset: number): string {
    return join(this.#directory, offsetFileName(offset, fileSuffix.producerSnapshot))
  }
}
