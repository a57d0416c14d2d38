// A file of entries of one size, only ever appended to or cut: the base of the offset and the time
// index. New entries gather in memory (the tail) and reach the file in bulk, since recovery can
// rebuild them; older ones are read back page by page. Appending is synchronous and never waits for
// the disk.

import { assert } from '../../assert.ts'
import { indexTailBytesMax } from '../limits.ts'
import type { LogFile } from '../open-files.ts'
import type { IndexPages } from './index-pages.ts'

const pageBytesMax = 4096
const firstTailEntries = 8

/** Where an entry lies in memory; valid until the next append. */
export interface Slot {
  readonly entry: number
  readonly buffer: Buffer
  readonly at: number
}

/** The number that entries are searched by; it never falls from one entry to the next. */
export type EntryKey = (buffer: Buffer, at: number) => number

export class IndexFile {
  readonly #file: LogFile
  readonly #pages: IndexPages
  readonly #fileId: number
  readonly #entryBytes: number
  readonly #pageEntries: number
  /**
   * Entries before it are only on the file; a multiple of a page's entries while the index grows.
   */
  #tailStart = 0
  #tail: Buffer = Buffer.alloc(0)
  #count = 0
  /** Entries that are on the file. */
  #written = 0
  #hasUnsynced = false
  #writing: Promise<void> = Promise.resolve()

  constructor(file: LogFile, pages: IndexPages, entryBytes: number) {
    this.#file = file
    this.#pages = pages
    this.#fileId = pages.newFileId()
    this.#entryBytes = entryBytes
    this.#pageEntries = Math.floor(pageBytesMax / entryBytes)
  }

  get file(): LogFile {
    return this.#file
  }

  get count(): number {
    return this.#count
  }

  /**
   * Whether enough has gathered that it is worth writing: the owner then calls `writeFullPages`
   * when it can.
   */
  get tailIsLong(): boolean {
    return (this.#count - this.#tailStart) * this.#entryBytes >= indexTailBytesMax
  }

  /** Bytes held in memory, those kept for growth included. */
  get tailBytes(): number {
    return this.#tail.length
  }

  /** Takes over what the file holds; a torn last entry is left out. */
  async load(): Promise<void> {
    const size = await this.#file.sizeBytes()
    this.#count = Math.floor(size / this.#entryBytes)
    this.#written = this.#count
    this.#tailStart = this.#count
  }

  /** Makes room for one entry behind the others and returns where it goes. */
  append(): Slot {
    assert(this.#tailStart % this.#pageEntries === 0, 'an index that is only read was appended to')
    const at = (this.#count - this.#tailStart) * this.#entryBytes
    if (at + this.#entryBytes > this.#tail.length) this.#growTail()
    return { entry: this.#count++, buffer: this.#tail, at }
  }

  #growTail(): void {
    const entries = Math.max(firstTailEntries, (this.#tail.length / this.#entryBytes) * 2)
    const grown = Buffer.alloc(entries * this.#entryBytes)
    this.#tail.copy(grown)
    this.#tail = grown
  }

  async slot(entry: number): Promise<Slot> {
    assert(entry >= 0 && entry < this.#count, `index entry ${entry} of ${this.#count}`)
    return this.#tailSlot(entry) ?? this.#pageSlot(entry)
  }

  #tailSlot(entry: number): Slot | undefined {
    if (entry < this.#tailStart) return undefined
    return { entry, buffer: this.#tail, at: (entry - this.#tailStart) * this.#entryBytes }
  }

  async #pageSlot(entry: number): Promise<Slot> {
    const page = Math.floor(entry / this.#pageEntries)
    const buffer = this.#pages.get(this.#fileId, page) ?? (await this.#readPage(page))
    return { entry, buffer, at: (entry - page * this.#pageEntries) * this.#entryBytes }
  }

  async #readPage(page: number): Promise<Buffer> {
    const first = page * this.#pageEntries
    const entries = Math.min(this.#pageEntries, this.#written - first)
    const buffer = Buffer.alloc(entries * this.#entryBytes)
    const count = await this.#file.use((file) =>
      file.read(buffer, 0, buffer.length, first * this.#entryBytes),
    )
    if (count < buffer.length) throw new Error(`${this.#file.path} is shorter than it was`)
    this.#pages.put(this.#fileId, page, buffer)
    return buffer
  }

  /**
   * The last entry whose key is at most `target`, or null. Answers at once from memory where the
   * tail has it.
   */
  async floor(target: number, key: EntryKey): Promise<Slot | null> {
    if (this.#count === 0) return null
    let low = 0
    let high = this.#tailStart - 1
    if (this.#tailStart < this.#count && key(this.#tail, 0) <= target) {
      low = this.#tailStart
      high = this.#count - 1
    }
    let found: Slot | null = null
    while (low <= high) {
      const middle = Math.floor((low + high) / 2)
      const slot = this.#tailSlot(middle) ?? (await this.#pageSlot(middle))
      if (key(slot.buffer, slot.at) <= target) {
        found = slot
        low = middle + 1
      } else {
        high = middle - 1
      }
    }
    return found
  }

  /** Writes the full pages of the tail and lets go of them. */
  writeFullPages(): Promise<void> {
    const full = this.#count - (this.#count % this.#pageEntries)
    return this.#enqueue(() => this.#writeUpTo(full))
  }

  /** Writes every entry; the last, unfinished page stays in memory too. */
  writeAll(): Promise<void> {
    return this.#enqueue(() => this.#writeUpTo(this.#count))
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work)
    this.#writing = done.catch(() => undefined)
    return done
  }

  async #writeUpTo(end: number): Promise<void> {
    if (end > this.#written) {
      const bytes = this.#tail.subarray(
        (this.#written - this.#tailStart) * this.#entryBytes,
        (end - this.#tailStart) * this.#entryBytes,
      )
      // A copy: the tail may be appended to, or replaced, while the write is under way.
      const copy = Buffer.from(bytes)
      await this.#file.useOrMake((file) => file.write([copy], this.#written * this.#entryBytes))
      this.#hasUnsynced = true
      this.#written = end
    }
    this.#dropTailBefore(this.#written - (this.#written % this.#pageEntries))
  }

  #dropTailBefore(entry: number): void {
    if (entry <= this.#tailStart) return
    const rest = this.#tail.subarray(
      (entry - this.#tailStart) * this.#entryBytes,
      (this.#count - this.#tailStart) * this.#entryBytes,
    )
    this.#tail = Buffer.from(rest)
    this.#tailStart = entry
  }

  /** Writes the rest and keeps nothing in memory: the index will only be read. */
  async freeze(): Promise<void> {
    await this.writeAll()
    // Kafka's tools expect the file of an empty index too.
    if (this.#count === 0) await this.#file.useOrMake(async () => undefined)
    this.#tail = Buffer.alloc(0)
    this.#tailStart = this.#count
  }

  /** Makes a frozen or loaded index ready to be appended to. */
  async thaw(): Promise<void> {
    const first = this.#count - (this.#count % this.#pageEntries)
    if (first >= this.#tailStart) return
    const buffer = Buffer.alloc((this.#count - first) * this.#entryBytes)
    await this.#file.use((file) => file.read(buffer, 0, buffer.length, first * this.#entryBytes))
    this.#tail = buffer
    this.#tailStart = first
    // The cached copy of this page would not see what is appended.
    this.#dropPages()
  }

  /** Keeps the first `count` entries, in memory and on the file, and is ready to be appended to. */
  async truncate(count: number): Promise<void> {
    assert(count <= this.#count, `truncation of ${this.#count} index entries to ${count}`)
    await this.#enqueue(async () => {
      this.#dropPages()
      this.#count = count
      if (this.#written > count) {
        await this.#file.use((file) => file.truncate(count * this.#entryBytes))
        this.#hasUnsynced = true
        this.#written = count
      }
      if (this.#tailStart > count) {
        this.#tail = Buffer.alloc(0)
        this.#tailStart = count
      }
      await this.thaw()
    })
  }

  /** Writes everything and forces it to the device. */
  async sync(): Promise<void> {
    await this.writeAll()
    if (!this.#hasUnsynced) return
    await this.#file.use((file) => file.sync())
    this.#hasUnsynced = false
  }

  #dropPages(): void {
    this.#pages.drop(this.#fileId, Math.ceil(this.#count / this.#pageEntries))
  }

  /** Frees what is held in memory for the file. */
  release(): void {
    this.#dropPages()
    this.#tail = Buffer.alloc(0)
  }
}
