// A segment's index of aborted transactions (.txnindex): 34 bytes an entry, in the order of their
// abort markers. Most segments have none and no file. What is not written yet is held in memory.

import { readInt64, writeInt64 } from '@samsa/proto/record/batch'
import type { LogFile } from '../open-files.ts'

const entryBytes = 34
const formatVersion = 0

export interface AbortedTxn {
  readonly producerId: number
  readonly firstOffset: number
  /** The offset of the abort marker. */
  readonly lastOffset: number
  /**
   * The last stable offset as it was after the marker: where a search for later aborts can stop.
   */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly #file: LogFile
  /** Entries of the file and of memory together. */
  #count = 0
  #written = 0
  /** What is behind the written ones. */
  #pending: AbortedTxn[] = []
  #hasUnsynced = false

  constructor(file: LogFile) {
    this.#file = file
  }

  get file(): LogFile {
    return this.#file
  }

  get count(): number {
    return this.#count
  }

  /** Takes over what the file holds; a torn last entry is left out. */
  async load(): Promise<void> {
    this.#count = Math.floor((await this.#file.sizeBytes()) / entryBytes)
    this.#written = this.#count
  }

  append(entry: AbortedTxn): void {
    this.#pending.push(entry)
    this.#count++
  }

  async all(): Promise<readonly AbortedTxn[]> {
    if (this.#count === 0) return []
    const pending = [...this.#pending]
    return [...(await this.#readWritten()), ...pending]
  }

  async #readWritten(): Promise<AbortedTxn[]> {
    if (this.#written === 0) return []
    const buffer = Buffer.alloc(this.#written * entryBytes)
    const size = await this.#file.use((file) => file.read(buffer, 0, buffer.length, 0))
    const entries: AbortedTxn[] = []
    for (let at = 0; at + entryBytes <= size; at += entryBytes) entries.push(decode(buffer, at))
    return entries
  }

  async writeAll(): Promise<void> {
    const entries = [...this.#pending]
    if (entries.length === 0) return
    const buffer = Buffer.alloc(entries.length * entryBytes)
    entries.forEach((entry, index) => encode(buffer, index * entryBytes, entry))
    const position = this.#written * entryBytes
    await this.#file.useOrMake((file) => file.write([buffer], position))
    this.#written += entries.length
    this.#hasUnsynced = true
    this.#pending = this.#pending.slice(entries.length)
  }

  async sync(): Promise<void> {
    await this.writeAll()
    if (!this.#hasUnsynced) return
    await this.#file.use((file) => file.sync())
    this.#hasUnsynced = false
  }

  /** Drops the transactions whose marker is at `offset` or after it. */
  async truncateTo(offset: number): Promise<void> {
    const before = this.#count
    if (before === 0) return
    const kept = (await this.all()).filter((entry) => entry.lastOffset < offset)
    if (kept.length === before) return
    this.#pending = []
    this.#count = kept.length
    if (this.#written > kept.length) {
      this.#written = kept.length
      await this.#file.use((file) => file.truncate(kept.length * entryBytes))
      this.#hasUnsynced = true
    } else {
      this.#pending = kept.slice(this.#written)
    }
  }
}

function encode(buffer: Buffer, at: number, entry: AbortedTxn): void {
  buffer.writeInt16BE(formatVersion, at)
  writeInt64(buffer, entry.producerId, at + 2)
  writeInt64(buffer, entry.firstOffset, at + 10)
  writeInt64(buffer, entry.lastOffset, at + 18)
  writeInt64(buffer, entry.lastStableOffset, at + 26)
}

function decode(buffer: Buffer, at: number): AbortedTxn {
  return {
    producerId: readInt64(buffer, at + 2),
    firstOffset: readInt64(buffer, at + 10),
    lastOffset: readInt64(buffer, at + 18),
    lastStableOffset: readInt64(buffer, at + 26),
  }
}
