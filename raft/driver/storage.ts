// What a voter's driver asks of its disk. Everything that returns has happened durably, and calls
// that change the log never overlap. An error is the end of it: nobody can tell what the disk
// holds, so the voter must stop.

import type { Persist } from '../core/effects.ts'
import type { RestoredState, SnapshotDescriptor } from '../core/types.ts'
import type { SnapshotPoint } from './storage/snapshot-files.ts'

export type StoredState = Omit<RestoredState, 'bootstrap'>

/** What the disk holds. Where that was damaged, `damage` says what, for a log line. */
export interface OpenedStorage {
  readonly state: StoredState
  readonly damage: string | null
}

export interface RaftStorage {
  open(): Promise<OpenedStorage>
  /** Carries out the persists in their order, all with one sync if it can. */
  persist(persists: readonly Persist[]): Promise<void>
  /** Nothing more is waiting: time for what can be done when there is time. */
  idle(): Promise<void>
  compact(throughIndex: number): Promise<void>
  writeSnapshot(
    point: SnapshotPoint,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<SnapshotDescriptor>
  /** Null when that snapshot is not kept any more. */
  readSnapshot(
    snapshot: SnapshotDescriptor,
    position: number,
    maxBytes: number,
  ): Promise<Buffer | null>
  snapshotChunks(snapshot: SnapshotDescriptor): AsyncIterable<Buffer>
  receiveSnapshot(
    snapshot: SnapshotDescriptor,
    position: number,
    bytes: Buffer,
    last: boolean,
  ): Promise<{ readonly receivedBytes: number; readonly intact: boolean }>
  discardReceived(): Promise<void>
  /** Forgets snapshots that are neither the newest nor in use. */
  pruneSnapshots(inUse: readonly SnapshotDescriptor[]): Promise<void>
  close(): Promise<void>
}
