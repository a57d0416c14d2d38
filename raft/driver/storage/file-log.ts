// The log's files: appends entries to the newest segment, goes on in another when that is full, and
// forgets the oldest when a snapshot includes them. Its caller never has two calls under way.

import { assert, known } from '../../core/assert.ts'
import type { Entry, LogIndex, LogPosition } from '../../core/types.ts'
import type { RaftDirectory, RaftFile } from '../directory.ts'
import { isDiskFull } from '../errors.ts'
import { encodeEntry, encodeHeader, encodeMark, encodeTruncate, headerBytes } from './frames.ts'
import { logEndName, readLogEnd, removeLogEnd, writeLogEnd } from './log-end.ts'
import { type RecoveredLog, type RecoveredSegment, recoverLog } from './log-recovery.ts'
import { createWhole, damagedSuffix } from './whole-file.ts'

const namePattern = /^(\d{16})\.log$/

function segmentName(sequence: number): string {
  return `${String(sequence).padStart(16, '0')}.log`
}

/** What one call writes. */
export interface Appending {
  readonly truncateFrom?: LogIndex
  readonly entries: readonly Entry[]
  readonly commit: LogIndex
}

export class FileLog {
  readonly #directory: RaftDirectory
  readonly #segmentBytesMax: number
  #segments: RecoveredSegment[] = []
  #file: RaftFile | null = null
  /** Of the newest segment: where the next frame goes, and up to where it is synced. */
  #writtenBytes = 0
  #durableBytes = 0
  #markedBytes = 0
  #base: LogPosition = { index: 0, term: 0 }
  /** Terms of the entries behind the base. */
  #terms: number[] = []
  #commit = 0
  /** Some of what `#terms` has is not written: the disk had no room for it. */
  #isBehind = false
  #entriesToRepair: readonly Entry[] | null = null

  constructor(directory: RaftDirectory, segmentBytesMax: number) {
    this.#directory = directory
    this.#segmentBytesMax = segmentBytesMax
  }

  get last(): LogPosition {
    const index = this.#base.index + this.#terms.length
    return { index, term: this.#terms.at(-1) ?? this.#base.term }
  }

  get base(): LogPosition {
    return this.#base
  }

  /** Whether the log reaches that position and goes through it. */
  contains({ index, term }: LogPosition): boolean {
    const isWithin = index >= this.#base.index && index <= this.last.index
    return isWithin && this.#termAt(index) === term
  }

  /** Nothing of what the files hold can be used; they are set aside with the next repair. */
  forgetAll(base: LogPosition): void {
    this.#startAt(base)
    this.#entriesToRepair = []
  }

  #startAt(base: LogPosition): void {
    this.#base = base
    this.#terms = []
    this.#commit = base.index
  }

  #termAt(index: LogIndex): number {
    if (index === this.#base.index) return this.#base.term
    return known(this.#terms[index - this.#base.index - 1], `an entry ${index}`)
  }

  async open(names: readonly string[]): Promise<RecoveredLog> {
    const files = names
      .flatMap((name) => {
        const match = namePattern.exec(name)
        return match === null ? [] : [{ name, sequence: Number(match[1]) }]
      })
      .toSorted((a, b) => a.sequence - b.sequence)
    const read = files.map(async (file) => ({
      ...file,
      bytes: await this.#directory.read(file.name),
    }))
    const recovered = this.#checkEnd(
      recoverLog(await Promise.all(read)),
      await readLogEnd(this.#directory, names),
    )
    this.#base = recovered.base
    this.#terms = recovered.entries.map((entry) => entry.term)
    this.#commit = recovered.commit
    this.#segments = [...recovered.segments]
    if (recovered.damage === null) {
      await removeLogEnd(this.#directory, names)
      await this.#goOn(recovered)
    } else this.#entriesToRepair = recovered.entries
    return recovered
  }

  #checkEnd(recovered: RecoveredLog, end: LogPosition | null): RecoveredLog {
    const { base, entries, damage } = recovered
    const last = entries.at(-1) ?? base
    if (damage !== null || end === null) return recovered
    if (last.index === end.index && last.term === end.term) return recovered
    return {
      ...recovered,
      damage: `the log ends at ${last.index}, and ended at ${end.index} when it was closed`,
    }
  }

  /** What the crash left unsynced is about to pass for durable, so it must be. */
  async #goOn({ superseded, lastSegmentBytes, tornBytes }: RecoveredLog): Promise<void> {
    for (const name of superseded) await this.#directory.remove(name)
    const newest = this.#segments.at(-1)
    if (newest === undefined) return
    this.#file = await this.#directory.open(newest.name)
    if (tornBytes > 0) await this.#file.truncate(lastSegmentBytes)
    await this.#file.sync()
    this.#writtenBytes = lastSegmentBytes
    this.#durableBytes = lastSegmentBytes
  }

  get needsRepair(): boolean {
    return this.#entriesToRepair !== null
  }

  /**
   * Writes what is left of a damaged log anew and sets the damaged files aside. Not before the
   * voter has put on disk that it has forgotten something: the damage is what would tell it again.
   */
  async repair(): Promise<void> {
    const entries = this.#entriesToRepair
    if (entries === null) return
    const damaged = (await this.#directory.list()).filter((name) => namePattern.test(name))
    const sequences = damaged.map((name) => Number(namePattern.exec(name)?.[1]))
    const sequence = Math.max(0, ...sequences) + 1
    await this.#createSegment({ sequence, base: this.#base, resets: true }, entries)
    for (const name of damaged) await this.#directory.rename(name, `${name}${damagedSuffix}`)
    await this.#directory.remove(logEndName)
    await this.#directory.syncDirectory()
    this.#segments = this.#segments.slice(-1)
    this.#entriesToRepair = null
  }

  async #createSegment(
    header: { readonly sequence: number; readonly base: LogPosition; readonly resets: boolean },
    entries: readonly Entry[] = [],
  ): Promise<void> {
    const { sequence, base } = header
    const name = segmentName(sequence)
    const chunks = [encodeHeader(header)]
    for (const entry of entries) chunks.push(...encodeEntry(entry, this.#commit, headerBytes))
    // Its last mark may be unsynced, and only of the newest segment a torn end is no damage.
    await this.#sync()
    await createWhole(this.#directory, name, (file) => file.write(chunks, 0))
    const before = this.#file
    this.#file = await this.#directory.open(name)
    await before?.close()
    this.#segments.push({ name, sequence, base })
    this.#writtenBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#durableBytes = this.#writtenBytes
    this.#markedBytes = 0
  }

  get #nextSequence(): number {
    return (this.#segments.at(-1)?.sequence ?? 0) + 1
  }

  /** The log begins anew behind a snapshot. */
  async reset(base: LogPosition): Promise<void> {
    assert(!this.needsRepair, 'a damaged log is repaired first')
    this.#startAt(base)
    const older = this.#segments.map(({ name }) => name)
    await this.#createSegment({ sequence: this.#nextSequence, base, resets: true })
    this.#segments = this.#segments.slice(-1)
    for (const name of older) await this.#directory.remove(name)
  }

  /** So that a voter that has voted, and no log, is seen to have lost it. */
  async createIfNone(): Promise<void> {
    if (this.#segments.length > 0 || this.needsRepair) return
    await this.#createSegment({ sequence: 1, base: this.#base, resets: true })
  }

  /** Writes all and syncs once. When it fails nobody can tell what the disk holds. */
  async append(all: readonly Appending[]): Promise<void> {
    assert(!this.needsRepair, 'a damaged log is repaired first')
    this.#isBehind = true
    const chunks: Buffer[] = []
    for (const { truncateFrom, entries, commit } of all) {
      const from = truncateFrom ?? entries[0]?.index
      if (from === undefined) continue
      this.#commit = Math.max(this.#commit, commit)
      if (this.#mustRoll(from)) {
        await this.#flush(chunks.splice(0))
        await this.#roll(from)
      }
      this.#terms.length = from - this.#base.index - 1
      if (entries.length === 0) chunks.push(...encodeTruncate(from, commit, this.#durableBytes))
      for (const entry of entries) {
        chunks.push(...encodeEntry(entry, commit, this.#durableBytes))
        this.#terms.push(entry.term)
      }
    }
    await this.#flush(chunks)
    this.#isBehind = false
  }

  /** A segment holds only what is behind its base, and not too much of it. */
  #mustRoll(from: LogIndex): boolean {
    const newest = this.#segments.at(-1)
    if (newest === undefined) return true
    return from <= newest.base.index || this.#writtenBytes >= this.#segmentBytesMax
  }

  async #roll(from: LogIndex): Promise<void> {
    const base = { index: from - 1, term: this.#termAt(from - 1) }
    await this.#createSegment({ sequence: this.#nextSequence, base, resets: false })
  }

  async #flush(chunks: readonly Buffer[]): Promise<void> {
    if (chunks.length === 0) return
    const file = known(this.#file, 'a segment')
    await file.write(chunks, this.#writtenBytes)
    for (const chunk of chunks) this.#writtenBytes += chunk.length
    await this.#sync()
  }

  async #sync(): Promise<void> {
    if (this.#file === null || this.#durableBytes === this.#writtenBytes) return
    await this.#file.sync()
    this.#durableBytes = this.#writtenBytes
  }

  /** Leaves word behind the last entries that they are durable. Costs a small write, no sync. */
  async mark(): Promise<void> {
    if (this.#file === null || this.#markedBytes === this.#writtenBytes) return
    const [chunk] = encodeMark(this.last, this.#commit, this.#durableBytes)
    if (chunk === undefined) return
    try {
      await this.#file.write([chunk], this.#writtenBytes)
    } catch (error) {
      // Without it a start is only a little less sure of what was lost.
      if (isDiskFull(error)) return
      throw error
    }
    this.#writtenBytes += chunk.length
    this.#markedBytes = this.#writtenBytes
  }

  /**
   * Removes segments of which nothing behind `throughIndex` is needed. A segment that begins no
   * later makes all before it superfluous: what they hold behind its beginning is void.
   */
  async compact(throughIndex: LogIndex): Promise<void> {
    const first = this.#segments.findLastIndex(({ base }) => base.index <= throughIndex)
    const kept = this.#segments[first]
    if (kept === undefined) return
    const superfluous = this.#segments.splice(0, first)
    this.#terms = this.#terms.slice(kept.base.index - this.#base.index)
    this.#base = kept.base
    for (const { name } of superfluous) await this.#directory.remove(name)
  }

  async close(): Promise<void> {
    await this.#sync()
    const file = this.#file
    this.#file = null
    if (file === null) return
    await file.close()
    if (this.#isBehind) return
    try {
      await writeLogEnd(this.#directory, this.last)
    } catch (error) {
      if (!isDiskFull(error)) throw error
    }
  }
}
