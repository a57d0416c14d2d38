// A voter's disk as the core sees it: operations wait in a queue, become durable in order, and a
// crash keeps some beginning of the queue, perhaps with its last operation torn. Bytes and
// checksums of real files are tested with the storage; here it is about what may be missing after a
// crash.

import { crc32 } from 'node:zlib'
import { assert, assertNever } from '@samsa/raft/core/assert'
import type { Persist } from '@samsa/raft/core/effects'
import {
  type Configuration,
  type Entry,
  type HardState,
  type LogPosition,
  type RestoredState,
  type SnapshotDescriptor,
  sameSnapshot,
} from '@samsa/raft/core/types'

export interface StoredSnapshot {
  readonly descriptor: SnapshotDescriptor
  readonly bytes: Buffer
}

export type DiskOperation =
  | { readonly type: 'persist'; readonly persist: Persist }
  | ({ readonly type: 'snapshot' } & StoredSnapshot)
  | {
      readonly type: 'chunk'
      readonly descriptor: SnapshotDescriptor
      readonly position: number
      readonly bytes: Buffer
      readonly last: boolean
    }
  | { readonly type: 'compact'; readonly throughIndex: number }

export interface WrittenChunk {
  readonly receivedBytes: number
  readonly intact: boolean
}

export interface DiskFlaws {
  /** Says of a received snapshot that it is what it should be, whatever it is. */
  readonly trustsSnapshots?: boolean
  /** Says of the last operation that it is durable when it is not: a disk that ignores flushes. */
  readonly lies?: boolean
  /** A restart finds the term and vote as they were before they were last written. */
  readonly forgetsBallot?: boolean
}

export class ModelDisk {
  hardState: HardState | null = null
  snapshot: SnapshotDescriptor | null = null
  base: LogPosition = { index: 0, term: 0 }
  entries: Entry[] = []
  commit = 0
  /**
   * Entries that may have been acknowledged have been lost; known at every start until the voter
   * has noted it.
   */
  isDamaged = false
  readonly #flaws: DiskFlaws
  readonly #snapshots: StoredSnapshot[] = []
  #received: StoredSnapshot | null = null
  #incoming: { readonly descriptor: SnapshotDescriptor; chunks: Buffer[] } | null = null
  #queue: DiskOperation[] = []
  #lied: DiskOperation | null = null

  constructor(flaws: DiskFlaws = {}) {
    this.#flaws = flaws
  }

  submit(operation: DiskOperation): void {
    this.#queue.push(operation)
  }

  get pendingCount(): number {
    return this.#queue.length
  }

  get lastIndex(): number {
    return this.base.index + this.entries.length
  }

  /** The durable term at an index: of an entry, or of where a snapshot ends. */
  termAt(index: number): number | undefined {
    if (index === this.base.index) return this.base.term
    return this.entries[index - this.base.index - 1]?.term
  }

  /** Makes the oldest operation durable and returns it. */
  complete(): { operation: DiskOperation; chunk?: WrittenChunk } {
    const operation = this.#queue.shift()
    assert(operation !== undefined, 'an operation waits')
    if (this.#lied !== null) this.#do(this.#lied)
    this.#lied = null
    if (this.#flaws.lies === true && operation.type === 'persist') {
      this.#lied = operation
      return { operation }
    }
    const chunk = this.#do(operation)
    return chunk === undefined ? { operation } : { operation, chunk }
  }

  #do(operation: DiskOperation): WrittenChunk | undefined {
    switch (operation.type) {
      case 'persist':
        this.#persist(operation.persist, operation.persist.entries.length)
        this.commit = operation.persist.commit
        return undefined
      case 'snapshot':
        this.#keepSnapshot(operation)
        return undefined
      case 'compact':
        this.#compact(operation.throughIndex)
        return undefined
      case 'chunk':
        return this.#chunk(operation)
      default:
        return assertNever(operation)
    }
  }

  /** The first `count` entries of a persist, and all that comes before entries. */
  #persist(persist: Persist, count: number): void {
    const { hardState, snapshot, truncateFrom, entries } = persist
    if (hardState !== undefined) {
      this.hardState = hardState
      this.isDamaged = false
    }
    if (snapshot !== undefined) this.#install(snapshot)
    if (truncateFrom !== undefined) this.#truncateFrom(truncateFrom)
    for (const entry of entries.slice(0, count)) {
      assert(entry.index === this.lastIndex + 1, `entry ${entry.index} is written at its place`)
      this.entries.push(entry)
    }
  }

  #truncateFrom(index: number): void {
    assert(index > this.base.index, 'what was compacted is not truncated')
    this.entries.length = Math.min(this.entries.length, index - this.base.index - 1)
  }

  #install(descriptor: SnapshotDescriptor): void {
    const received = this.#received
    assert(received !== null && sameSnapshot(received.descriptor, descriptor), 'it was received')
    this.#keepSnapshot(received)
    this.base = { index: descriptor.index, term: descriptor.term }
    this.entries = []
  }

  #keepSnapshot(stored: StoredSnapshot): void {
    if (stored.descriptor.index <= (this.snapshot?.index ?? 0)) return
    this.snapshot = stored.descriptor
    this.#snapshots.push(stored)
  }

  #compact(throughIndex: number): void {
    if (throughIndex <= this.base.index) return
    const term = this.termAt(throughIndex)
    assert(term !== undefined, 'what is compacted is there')
    this.entries = this.entries.slice(throughIndex - this.base.index)
    this.base = { index: throughIndex, term }
  }

  #chunk(operation: Extract<DiskOperation, { type: 'chunk' }>): WrittenChunk {
    const { descriptor, position, bytes, last } = operation
    if (position === 0) this.#incoming = { descriptor, chunks: [] }
    const incoming = this.#incoming
    const isMine = incoming !== null && sameSnapshot(incoming.descriptor, descriptor)
    if (!isMine) return { receivedBytes: 0, intact: false }
    incoming.chunks.push(bytes)
    const whole = Buffer.concat(incoming.chunks)
    const receivedBytes = whole.length
    if (!last) return { receivedBytes, intact: true }
    const fits = whole.length === descriptor.sizeBytes && crc32(whole) === descriptor.checksum
    const intact = fits || this.#flaws.trustsSnapshots === true
    if (intact) this.#received = { descriptor, bytes: whole }
    return { receivedBytes, intact }
  }

  discardIncoming(): void {
    this.#incoming = null
  }

  readSnapshot(descriptor: SnapshotDescriptor): Buffer | undefined {
    return this.#snapshots.find((each) => sameSnapshot(each.descriptor, descriptor))?.bytes
  }

  /** Snapshots that nobody needs go, but for the newest. */
  prune(inUse: readonly SnapshotDescriptor[]): void {
    const kept = this.#snapshots.filter(
      ({ descriptor }) =>
        descriptor.index === this.snapshot?.index ||
        inUse.some((each) => sameSnapshot(each, descriptor)),
    )
    this.#snapshots.splice(0, this.#snapshots.length, ...kept)
  }

  /**
   * Power goes: `wholeCount` waiting operations got there, and of the next one the first
   * `tornEntries` entries.
   */
  crash(wholeCount: number, tornEntries: number | null): void {
    this.#lied = null
    for (let count = 0; count < wholeCount && this.#queue.length > 0; count++) this.complete()
    this.#lied = null
    const [torn] = this.#queue
    if (torn?.type === 'persist' && tornEntries !== null) this.#persist(torn.persist, tornEntries)
    this.#queue = []
    this.#incoming = null
    this.#received = null
    this.prune([])
  }

  /** Entries from `index` on are found damaged at the next start. */
  damageFrom(index: number): void {
    assert(this.#queue.length === 0, 'the disk is at rest')
    const from = Math.max(index, this.base.index + 1, (this.snapshot?.index ?? 0) + 1)
    this.#truncateFrom(from)
    this.commit = Math.min(this.commit, this.lastIndex)
    this.isDamaged = true
  }

  /** What a start finds. */
  get #formerBallot(): HardState | null {
    if (this.hardState === null) return null
    const lastTerm = this.entries.at(-1)?.term ?? this.base.term
    const term = Math.max(lastTerm, this.hardState.term - 1)
    return { ...this.hardState, term, votedFor: null }
  }

  restore(bootstrap: Configuration): RestoredState {
    const { snapshot, base, entries, commit, isDamaged: damaged } = this
    const hardState = this.#flaws.forgetsBallot === true ? this.#formerBallot : this.hardState
    return { hardState, snapshot, base, entries: [...entries], commit, bootstrap, damaged }
  }
}
