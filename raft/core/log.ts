// The log as the voter knows it: the entries behind the last compaction, the quorums along it, and
// how far it is committed and applied. It is all in memory, so that a step never has to read;
// snapshots keep it short.

import { assert, known } from './assert.ts'
import {
  type Configuration,
  type Entry,
  entryBytes,
  type LogIndex,
  type LogPosition,
  type RestoredState,
  type SnapshotDescriptor,
  type Term,
} from './types.ts'

interface ConfigurationAt {
  readonly index: LogIndex
  readonly configuration: Configuration
}

export class RaftLog {
  /** The position before the first entry held. */
  #base: LogPosition
  #entries: Entry[]
  #snapshot: SnapshotDescriptor | null
  /** Ascending; the first is in force at the base. */
  #configurations: ConfigurationAt[]
  #commit: LogIndex
  #applied: LogIndex
  /** The first entry that no persist names yet; behind the last one when there is none. */
  #dirtyFrom: LogIndex

  constructor(restored: RestoredState) {
    const { snapshot, base, entries, bootstrap, damaged } = restored
    this.#base = base
    this.#entries = [...entries]
    this.#snapshot = snapshot
    this.#configurations = [
      snapshot === null
        ? { index: 0, configuration: bootstrap }
        : { index: snapshot.index, configuration: snapshot.configuration },
    ]
    let previous = base
    for (const entry of entries) {
      assert(entry.index === previous.index + 1, `entry ${entry.index} follows ${previous.index}`)
      assert(entry.term >= previous.term, 'terms along the log never fall')
      this.#noteConfiguration(entry)
      previous = entry
    }
    this.#dirtyFrom = this.lastIndex + 1
    const start = snapshot?.index ?? 0
    assert(base.index <= start && start <= this.lastIndex, 'the log reaches its snapshot')
    assert(
      snapshot === null || this.termAt(snapshot.index) === snapshot.term,
      'the log goes through its snapshot',
    )
    const commit = Math.max(start, restored.commit)
    assert(damaged || commit <= this.lastIndex, 'what was committed is in the log')
    this.#commit = Math.min(commit, this.lastIndex)
    this.#applied = 0
  }

  get firstIndex(): LogIndex {
    return this.#base.index + 1
  }

  get lastIndex(): LogIndex {
    return this.#base.index + this.#entries.length
  }

  get last(): LogPosition {
    const entry = this.#entries.at(-1)
    return entry === undefined ? this.#base : { index: entry.index, term: entry.term }
  }

  get commit(): LogIndex {
    return this.#commit
  }

  get applied(): LogIndex {
    return this.#applied
  }

  get snapshot(): SnapshotDescriptor | null {
    return this.#snapshot
  }

  /**
   * The latest quorum in the log, committed or not: it counts from when it is appended (section 6).
   */
  get configuration(): Configuration {
    return known(this.#configurations.at(-1), 'a configuration').configuration
  }

  /** Where the latest quorum stands in the log. */
  get configurationIndex(): LogIndex {
    return known(this.#configurations.at(-1), 'a configuration').index
  }

  configurationAt(index: LogIndex): Configuration {
    const at = this.#configurations.findLast((each) => each.index <= index)
    return known(at, `a configuration at ${index}`).configuration
  }

  /** The snapshot that the state must be taken from before anything is applied. */
  get toRestore(): SnapshotDescriptor | null {
    const snapshot = this.#snapshot
    return snapshot !== null && this.#applied < snapshot.index ? snapshot : null
  }

  /** The term at an index; undefined where the log knows none: compacted, or not there yet. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#base.index) return this.#base.term
    return this.#entries[index - this.firstIndex]?.term
  }

  entryAt(index: LogIndex): Entry | undefined {
    return this.#entries[index - this.firstIndex]
  }

  /** From `from` on, up to `maxBytes` but one entry at the least. */
  slice(from: LogIndex, maxBytes: number): readonly Entry[] {
    const start = from - this.firstIndex
    assert(start >= 0, 'only entries that are held are read')
    let end = start
    let bytes = 0
    while (end < this.#entries.length) {
      bytes += entryBytes(known(this.#entries[end], 'an entry'))
      if (end > start && bytes > maxBytes) break
      end++
    }
    return this.#entries.slice(start, end)
  }

  /** From `from` through `through`. */
  range(from: LogIndex, through: LogIndex): readonly Entry[] {
    assert(from >= this.firstIndex && through <= this.lastIndex, 'only entries held are read')
    return this.#entries.slice(from - this.firstIndex, through - this.#base.index)
  }

  append(entry: Entry): void {
    const { index, term } = this.last
    assert(entry.index === index + 1, `entry ${entry.index} follows ${index}`)
    assert(entry.term >= term, 'terms along the log never fall')
    this.#entries.push(entry)
    this.#noteConfiguration(entry)
  }

  #noteConfiguration(entry: Entry): void {
    if (entry.type !== 'configuration') return
    const { index, configuration } = entry
    // What the snapshot includes was in force before it.
    if (index <= known(this.#configurations.at(-1), 'a configuration').index) return
    this.#configurations.push({ index, configuration })
  }

  truncateFrom(index: LogIndex): void {
    assert(index > this.#commit, `entry ${index} is committed up to ${this.#commit}`)
    this.#entries.length = index - this.firstIndex
    this.#configurations = this.#configurations.filter((each) => each.index < index)
    this.#dirtyFrom = Math.min(this.#dirtyFrom, index)
  }

  /** Entries that no persist names yet; they count as named from now on. */
  takeDirty(): readonly Entry[] {
    const dirty = this.range(this.#dirtyFrom, this.lastIndex)
    this.#dirtyFrom = this.lastIndex + 1
    return dirty
  }

  get isDirty(): boolean {
    return this.#dirtyFrom <= this.lastIndex
  }

  commitTo(index: LogIndex): void {
    assert(index >= this.#commit, 'the commit index never falls')
    assert(index <= this.lastIndex, 'what is committed is in the log')
    this.#commit = index
  }

  appliedTo(index: LogIndex): void {
    assert(index >= this.#applied, 'the applied index never falls')
    assert(index <= this.#commit, 'only what is committed is applied')
    this.#applied = index
  }

  /**
   * The last index up to `from.index` whose term is not past `from.term`: where two logs may still
   * agree.
   */
  lastAgreeing(from: LogPosition): LogPosition {
    let index = Math.min(from.index, this.lastIndex)
    while (index > this.#base.index && known(this.termAt(index), 'a term') > from.term) index--
    return { index, term: this.termAt(index) ?? 0 }
  }

  /** The snapshot takes the place of everything. */
  reset(snapshot: SnapshotDescriptor): void {
    assert(snapshot.index >= this.#commit, 'a snapshot never takes back what is committed')
    this.#base = { index: snapshot.index, term: snapshot.term }
    this.#entries = []
    this.#snapshot = snapshot
    this.#configurations = [{ index: snapshot.index, configuration: snapshot.configuration }]
    this.#commit = snapshot.index
    this.#dirtyFrom = this.lastIndex + 1
  }

  /** A snapshot of what is applied; the log is still all there. */
  snapshotTaken(snapshot: SnapshotDescriptor): void {
    assert(snapshot.index <= this.#applied, 'a snapshot holds only what is applied')
    assert(snapshot.index > (this.#snapshot?.index ?? 0), 'snapshots go forward')
    assert(this.termAt(snapshot.index) === snapshot.term, 'the log goes through its snapshot')
    this.#snapshot = snapshot
  }

  /** Forgets entries up to `index`. */
  compact(index: LogIndex): void {
    assert(index <= (this.#snapshot?.index ?? 0), 'only what a snapshot includes is forgotten')
    const count = index - this.#base.index
    assert(count > 0 && index < this.#dirtyFrom, 'only what is written is forgotten')
    this.#base = { index, term: known(this.termAt(index), 'a term') }
    this.#entries = this.#entries.slice(count)
    const first = this.#configurations.findLastIndex((each) => each.index <= index)
    // After a restart the first one known is the snapshot's, which is behind what is forgotten
    // here.
    this.#configurations = this.#configurations.slice(Math.max(0, first))
  }
}
