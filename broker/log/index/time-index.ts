// A segment's time index (.timeindex): 12 bytes an entry, the largest timestamp so far and the last
// offset of the batch that has it, relative to the segment's base. Timestamps strictly grow from
// entry to entry.

import { readInt64, writeInt64 } from '@samsa/proto/record/batch'
import type { LogFile } from '../open-files.ts'
import { IndexFile, type Slot } from './index-file.ts'
import type { IndexPages } from './index-pages.ts'

const entryBytes = 12

export interface TimeIndexEntry {
  readonly timestamp: number
  /** The last offset of the batch with that timestamp. */
  readonly offset: number
}

const relativeOffset = (buffer: Buffer, at: number): number => buffer.readInt32BE(at + 8)

export class TimeIndex {
  readonly entries: IndexFile
  readonly #baseOffset: number
  /** Undefined until an entry was appended or read. */
  #last: TimeIndexEntry | null | undefined = null

  constructor(file: LogFile, pages: IndexPages, baseOffset: number) {
    this.entries = new IndexFile(file, pages, entryBytes)
    this.#baseOffset = baseOffset
  }

  async load(): Promise<void> {
    await this.entries.load()
    this.#last = undefined
  }

  /** One entry is kept free for the one that closes the segment, as in Kafka. */
  isFull(bytesMax: number): boolean {
    return this.entries.count >= Math.floor(bytesMax / entryBytes) - 1
  }

  /**
   * Nothing where the timestamp has not grown. `last()` must have been asked for before on a loaded
   * index.
   */
  append(entry: TimeIndexEntry): void {
    if (entry.timestamp <= (this.#last?.timestamp ?? -1)) return
    const { buffer, at } = this.entries.append()
    writeInt64(buffer, entry.timestamp, at)
    buffer.writeInt32BE(entry.offset - this.#baseOffset, at + 8)
    this.#last = entry
  }

  /** The entry with the largest timestamp; null for an empty index. */
  async last(): Promise<TimeIndexEntry | null> {
    if (this.#last === undefined) {
      const { count } = this.entries
      this.#last = count === 0 ? null : this.#decode(await this.entries.slot(count - 1))
    }
    return this.#last
  }

  /** The last entry with a timestamp before `timestamp`: batches up to its offset are all older. */
  async lastBefore(timestamp: number): Promise<TimeIndexEntry | null> {
    const slot = await this.entries.floor(timestamp - 1, readInt64)
    return slot === null ? null : this.#decode(slot)
  }

  /** Drops the entries of batches that hold `offset` or come after it. */
  async truncateTo(offset: number): Promise<void> {
    const slot = await this.entries.floor(offset - this.#baseOffset - 1, relativeOffset)
    await this.entries.truncate(slot === null ? 0 : slot.entry + 1)
    this.#last = undefined
  }

  #decode({ buffer, at }: Slot): TimeIndexEntry {
    return {
      timestamp: readInt64(buffer, at),
      offset: this.#baseOffset + buffer.readInt32BE(at + 8),
    }
  }
}
