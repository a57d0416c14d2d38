// A segment's sparse offset index (.index): 8 bytes an entry, the last offset of a batch relative
// to the segment's base and the batch's position in the file, both 32 bits, both growing.

import { relativeOffsetMax } from '../limits.ts'
import type { LogFile } from '../open-files.ts'
import { IndexFile, type Slot } from './index-file.ts'
import type { IndexPages } from './index-pages.ts'

const entryBytes = 8

export interface IndexedPosition {
  readonly position: number
  /**
   * Where the entry after it points: the batch looked for begins at or before; null behind the last
   * entry.
   */
  readonly nextPosition: number | null
}

const relativeOffset = (buffer: Buffer, at: number): number => buffer.readInt32BE(at)
const positionOf = (slot: Slot): number => slot.buffer.readInt32BE(slot.at + 4)

export class OffsetIndex {
  readonly entries: IndexFile
  readonly #baseOffset: number

  constructor(file: LogFile, pages: IndexPages, baseOffset: number) {
    this.entries = new IndexFile(file, pages, entryBytes)
    this.#baseOffset = baseOffset
  }

  isFull(bytesMax: number): boolean {
    return this.entries.count >= Math.floor(bytesMax / entryBytes)
  }

  canHold(offset: number): boolean {
    return offset - this.#baseOffset <= relativeOffsetMax
  }

  append(lastOffset: number, position: number): void {
    const { buffer, at } = this.entries.append()
    buffer.writeInt32BE(lastOffset - this.#baseOffset, at)
    buffer.writeInt32BE(position, at + 4)
  }

  /** From where a scan finds the batch that holds `offset`. */
  async lookup(offset: number): Promise<IndexedPosition> {
    const slot = await this.entries.floor(offset - this.#baseOffset, relativeOffset)
    const next = slot === null ? 0 : slot.entry + 1
    return {
      position: slot === null ? 0 : positionOf(slot),
      nextPosition: next < this.entries.count ? positionOf(await this.entries.slot(next)) : null,
    }
  }

  /** Drops the entries of batches that hold `offset` or come after it. */
  async truncateTo(offset: number): Promise<void> {
    const slot = await this.entries.floor(offset - this.#baseOffset - 1, relativeOffset)
    await this.entries.truncate(slot === null ? 0 : slot.entry + 1)
  }
}
