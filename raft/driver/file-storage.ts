// RaftStorage in a directory of files: the hard state, the log's segments, snapshots. Puts together
// what a start finds in them; each kind of file is the matter of its own module under storage/.

import { assert } from '../core/assert.ts'
import type { Persist } from '../core/effects.ts'
import type { Entry, LogPosition, SnapshotDescriptor } from '../core/types.ts'
import type { RaftDirectory } from './directory.ts'
import { type Appending, FileLog } from './storage/file-log.ts'
import { HardStateFile } from './storage/hard-state-file.ts'
import type { RecoveredLog } from './storage/log-recovery.ts'
import { SnapshotFiles, type SnapshotPoint } from './storage/snapshot-files.ts'
import { damagedSuffix, StorageDamagedError, temporarySuffix } from './storage/whole-file.ts'
import type { RaftStorage, StoredState } from './storage.ts'

export interface FileStorageOptions {
  /** A segment is full at this size; the log is forgotten by whole segments. */
  readonly segmentBytesMax: number
}

export class FileStorage implements RaftStorage {
  readonly #directory: RaftDirectory
  readonly #hardState: HardStateFile
  readonly #log: FileLog
  readonly #snapshots: SnapshotFiles
  /** A file that is damaged as a whole, to be set aside when the voter has noted it. */
  #damagedSnapshot: string | null = null

  constructor(directory: RaftDirectory, options: FileStorageOptions) {
    this.#directory = directory
    this.#hardState = new HardStateFile(directory)
    this.#log = new FileLog(directory, options.segmentBytesMax)
    this.#snapshots = new SnapshotFiles(directory)
  }

  async open(): Promise<{ state: StoredState; damage: string | null }> {
    const names = await this.#directory.list()
    // The crash may have come between a renaming and its sync, and what the new name replaced is
    // about to go.
    await this.#directory.syncDirectory()
    for (const name of names) {
      if (name.endsWith(temporarySuffix)) await this.#directory.remove(name)
    }
    const hardState = await this.#hardState.open(names)
    const damagedSnapshot = await this.#snapshots.open(names)
    const snapshot = this.#snapshots.newest
    const log = await this.#log.open(names)
    if (hardState === null && (snapshot !== null || log.entries.length > 0)) {
      throw new StorageDamagedError('there is a log, but the term and vote of its voter are gone')
    }
    const isGone = hardState !== null && log.segments.length === 0
    const damage = log.damage ?? (isGone ? 'the log is gone' : this.#gap(snapshot))
    const { base, entries } = await this.#startAt(log, snapshot, damage !== null)
    await this.#setAside(damagedSnapshot, damage !== null)
    const last = entries.at(-1) ?? base
    const commit = Math.max(snapshot?.index ?? 0, Math.min(log.commit, last.index))
    const state = { hardState, snapshot, base, entries, commit, damaged: damage !== null }
    const inSnapshot = damagedSnapshot === null ? null : `${damagedSnapshot} is damaged`
    return { state, damage: inSnapshot ?? damage }
  }

  /** What is missing between the snapshot and the log, if anything is. */
  #gap(snapshot: SnapshotDescriptor | null): string | null {
    const start = this.#log.base.index
    const end = snapshot?.index ?? 0
    return start <= end ? null : `the log begins behind ${start}, and what is before it at ${end}`
  }

  /** The log, if it goes through the snapshot; nothing behind the snapshot otherwise. */
  async #startAt(
    log: RecoveredLog,
    snapshot: SnapshotDescriptor | null,
    isDamaged: boolean,
  ): Promise<{ base: LogPosition; entries: readonly Entry[] }> {
    const start = snapshot ?? { index: 0, term: 0 }
    if (this.#log.contains(start)) return log
    const base = { index: start.index, term: start.term }
    if (isDamaged) this.#log.forgetAll(base)
    // The snapshot was received, and the crash came before the log of before it went.
    else await this.#log.reset(base)
    return { base, entries: [] }
  }

  /**
   * A damaged snapshot that nothing needs goes at once; otherwise it shows what the voter has yet
   * to note.
   */
  async #setAside(damagedSnapshot: string | null, isNeeded: boolean): Promise<void> {
    if (isNeeded) this.#damagedSnapshot = damagedSnapshot
    else if (damagedSnapshot !== null) {
      await this.#directory.rename(damagedSnapshot, `${damagedSnapshot}${damagedSuffix}`)
      await this.#directory.syncDirectory()
    }
  }

  async persist(persists: readonly Persist[]): Promise<void> {
    const hardState = persists.findLast((each) => each.hardState !== undefined)?.hardState
    // First, for no entry may be of a later term than the voter; and what it has forgotten must be
    // noted before the damage that shows it goes.
    await this.#log.createIfNone()
    if (hardState !== undefined) await this.#hardState.write(hardState)
    await this.#repair(hardState !== undefined)
    let appending: Appending[] = []
    for (const persist of persists) {
      if (persist.snapshot !== undefined) {
        await this.#log.append(appending)
        appending = []
        await this.#snapshots.install(persist.snapshot)
        await this.#log.reset(persist.snapshot)
      }
      appending.push(persist)
    }
    await this.#log.append(appending)
  }

  async #repair(isNoted: boolean): Promise<void> {
    const snapshot = this.#damagedSnapshot
    if (snapshot === null && !this.#log.needsRepair) return
    assert(isNoted, 'a voter notes first that it has forgotten something')
    if (snapshot !== null) await this.#directory.rename(snapshot, `${snapshot}${damagedSuffix}`)
    this.#damagedSnapshot = null
    await this.#log.repair()
  }

  idle(): Promise<void> {
    return this.#log.needsRepair ? Promise.resolve() : this.#log.mark()
  }

  compact(throughIndex: number): Promise<void> {
    return this.#log.compact(throughIndex)
  }

  writeSnapshot(
    point: SnapshotPoint,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<SnapshotDescriptor> {
    return this.#snapshots.write(point, chunks)
  }

  readSnapshot(
    snapshot: SnapshotDescriptor,
    position: number,
    maxBytes: number,
  ): Promise<Buffer | null> {
    return this.#snapshots.read(snapshot, position, maxBytes)
  }

  snapshotChunks(snapshot: SnapshotDescriptor): AsyncIterable<Buffer> {
    return this.#snapshots.chunks(snapshot)
  }

  receiveSnapshot(
    snapshot: SnapshotDescriptor,
    position: number,
    bytes: Buffer,
    last: boolean,
  ): Promise<{ receivedBytes: number; intact: boolean }> {
    return this.#snapshots.receive(snapshot, position, bytes, last)
  }

  discardReceived(): Promise<void> {
    return this.#snapshots.discardIncoming()
  }

  pruneSnapshots(inUse: readonly SnapshotDescriptor[]): Promise<void> {
    return this.#snapshots.prune(inUse)
  }

  async close(): Promise<void> {
    await this.#snapshots.close()
    await this.#log.close()
  }
}
