// MetadataLog on one local voter: it leads from its start, and a record is committed once it is
// synced to disk. Appends that come while a sync is under way share the next one. A write that
// fails is undone and the log goes on in a new epoch; a sync that fails ends it, since nobody can
// tell what the disk then holds.
//
// The epoch of a start that appended nothing is used again by the next: nobody has seen anything of
// it.

import { assert } from './assert.ts'
import { ControllerError } from './errors.ts'
import { createWhole, logEndName, segmentName, snapshotName } from './local-log/files.ts'
import { encodeBatch, encodeHeader, headerBytes, type StoredBatch } from './local-log/format.ts'
import { type Recovered, recover } from './local-log/recovery.ts'
import { writeSnapshotFile } from './local-log/snapshots.ts'
import {
  LostLeadershipError,
  type MetadataLog,
  type MetadataLogListener,
  type MetadataSnapshot,
  NotLeaderError,
  type QuorumStatus,
} from './metadata-log.ts'
import type { MetadataFile, MetadataStorage } from './metadata-storage.ts'

export interface LocalLogOptions {
  readonly storage: MetadataStorage
  readonly nodeId: number
  /** Id of the directory that holds the log. */
  readonly directoryId: () => string
  readonly nowMs: () => number
  /** A crash had torn the last write; nobody had been told that it was done. */
  readonly onTornTail?: (tornBytes: number, nextOffset: number) => void
}

function refuseQuorumChange(): Promise<never> {
  return Promise.reject(
    new ControllerError('UNSUPPORTED_VERSION', 'The metadata log of this node has one voter.'),
  )
}

interface PendingAppend {
  readonly batch: StoredBatch
  readonly resolve: (lastOffset: number) => void
  readonly reject: (error: Error) => void
}

export class LocalLog implements MetadataLog {
  readonly #options: LocalLogOptions
  readonly #storage: MetadataStorage
  #listener: MetadataLogListener | undefined
  /** The epoch this node leads in; -1 when it does not. */
  #epoch = -1
  #lastEpoch = 0
  #nextOffset = 0
  #committedEnd = 0
  #file: MetadataFile | undefined
  #fileBytes = 0
  #segments: number[] = []
  #snapshot: { offset: number; epoch: number } | undefined
  #pending: PendingAppend[] = []
  #flushScheduled = false
  /** File work that must not overlap, in order. Never rejects. */
  #work: Promise<unknown> = Promise.resolve()
  #snapshotting: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(options: LocalLogOptions) {
    this.#options = options
    this.#storage = options.storage
  }

  async start(listener: MetadataLogListener): Promise<void> {
    assert(this.#listener === undefined, 'a metadata log starts once')
    this.#listener = listener
    const recovered = await recover(this.#storage)
    await this.#openAt(recovered)
    if (recovered.snapshot !== null) listener.onSnapshot(recovered.snapshot)
    for (const batch of recovered.batches) listener.onCommit(batch)
    this.#lead()
  }

  async #openAt(recovered: Recovered): Promise<void> {
    this.#nextOffset = recovered.nextOffset
    this.#committedEnd = recovered.nextOffset
    this.#lastEpoch = recovered.lastEpoch
    this.#segments = [...recovered.segments]
    if (recovered.snapshot !== null) this.#snapshot = recovered.snapshot
    // The crash may have come between a renaming and its sync, and what the new name replaces is
    // about to go.
    await this.#storage.syncDirectory()
    for (const name of recovered.superseded) await this.#storage.remove(name)
    const last = this.#segments.at(-1)
    if (last === undefined) return this.#addSegment()
    this.#file = await this.#storage.open(segmentName(last))
    this.#fileBytes = recovered.lastSegmentBytes
    if (recovered.tornBytes > 0) {
      await this.#file.truncate(this.#fileBytes)
      this.#options.onTornTail?.(recovered.tornBytes, this.#nextOffset)
    }
    // Also when nothing was torn: the crash may have come between a write and its sync, and what is
    // about to be delivered as committed must be durable.
    await this.#file.sync()
  }

  #lead(): void {
    this.#epoch = ++this.#lastEpoch
    this.#listener?.onLeaderChange({ leaderId: this.#options.nodeId, epoch: this.#epoch })
  }

  #resign(): void {
    const epoch = this.#epoch
    if (epoch === -1) return
    this.#epoch = -1
    this.#listener?.onLeaderChange({ leaderId: -1, epoch })
  }

  append(epoch: number, records: readonly Buffer[]): Promise<number> {
    assert(records.length > 0, 'an append has records')
    if (this.#epoch === -1 || epoch !== this.#epoch) {
      return Promise.reject(new NotLeaderError(`epoch ${epoch} is not this node's to append in`))
    }
    const batch = { baseOffset: this.#nextOffset, epoch, records }
    this.#nextOffset += records.length
    return new Promise((resolve, reject) => {
      this.#pending.push({ batch, resolve, reject })
      if (this.#flushScheduled) return
      this.#flushScheduled = true
      void this.#exclusively(() => this.#flush())
    })
  }

  /** Does `job` once all that was asked for before it is done. */
  #exclusively(job: () => Promise<void>): Promise<void> {
    const done = this.#work.then(job)
    this.#work = done.catch(() => undefined)
    return done
  }

  /**
   * Writes and syncs everything that waits, as one. Never rejects: what goes wrong ends the log.
   */
  async #flush(): Promise<void> {
    const group = this.#pending
    this.#pending = []
    this.#flushScheduled = false
    if (group.length === 0 || this.#file === undefined) return
    const chunks = group.map(({ batch }) => encodeBatch(batch, this.#fileBytes))
    try {
      await this.#file.write(chunks, this.#fileBytes)
    } catch (error) {
      return this.#undoWrite(group, error)
    }
    try {
      await this.#file.sync()
      for (const chunk of chunks) this.#fileBytes += chunk.length
      for (const { batch, resolve } of group) {
        this.#committedEnd = batch.baseOffset + batch.records.length
        this.#listener?.onCommit(batch)
        resolve(this.#committedEnd - 1)
      }
    } catch (error) {
      this.#fail(group, error)
    }
  }

  /**
   * The disk took nothing, or a part: full, most likely. Cuts what it took, and only then says that
   * nothing of it will ever be in the log. What waits was decided on top of it, so it goes too; the
   * new epoch says so to whoever decides.
   */
  async #undoWrite(group: readonly PendingAppend[], cause: unknown): Promise<void> {
    this.#resign()
    const rejected = [...group, ...this.#pending]
    this.#pending = []
    try {
      await this.#file?.truncate(this.#fileBytes)
      await this.#file?.sync()
    } catch (error) {
      return this.#fail(rejected, error)
    }
    this.#nextOffset = this.#committedEnd
    if (this.#closed === undefined) this.#lead()
    for (const { reject } of rejected) {
      reject(new NotLeaderError('the metadata log could not be written', { cause }))
    }
  }

  /** Ends the log. An append that was resolved stays so: rejecting it again does nothing. */
  #fail(group: readonly PendingAppend[], error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error))
    this.#resign()
    const rejected = [...group, ...this.#pending]
    this.#pending = []
    for (const { reject } of rejected) {
      reject(new LostLeadershipError('the metadata log failed', { cause }))
    }
    this.#listener?.onFault(cause)
  }

  async writeSnapshot(snapshot: MetadataSnapshot): Promise<void> {
    assert(snapshot.offset < this.#committedEnd, 'a snapshot holds only what is committed')
    assert(this.#snapshotting === undefined, 'one snapshot is written at a time')
    this.#snapshotting = this.#writeSnapshot(snapshot)
    try {
      await this.#snapshotting
    } finally {
      this.#snapshotting = undefined
    }
  }

  async #writeSnapshot(snapshot: MetadataSnapshot): Promise<void> {
    const { offset, epoch } = snapshot
    if (this.#snapshot !== undefined && offset <= this.#snapshot.offset) return
    // A segment that ends here can be dropped as a whole, at the latest with the snapshot after
    // this one.
    await this.#exclusively(() => this.#roll())
    await writeSnapshotFile(this.#storage, {
      offset,
      epoch,
      records: this.#untilClosed(snapshot.records),
    })
    await this.#exclusively(() => this.#forget(snapshot))
  }

  *#untilClosed(records: Iterable<Buffer>): Generator<Buffer, undefined> {
    for (const record of records) {
      if (this.#closed !== undefined) throw new Error('the metadata log is closing')
      yield record
    }
  }

  /** Goes on in a new segment. When that fails the old one serves on. */
  async #roll(): Promise<void> {
    if (this.#fileBytes === headerBytes || this.#epoch === -1) return
    const before = this.#file
    await this.#addSegment()
    await before?.close()
  }

  /** A new segment for what is appended from here on. */
  async #addSegment(): Promise<void> {
    const base = this.#committedEnd
    const name = segmentName(base)
    try {
      await createWhole(this.#storage, name, (file) => file.write([encodeHeader('log', base)], 0))
      this.#file = await this.#storage.open(name)
    } catch (error) {
      // A later segment would make a torn tail of this one look like damage in the middle.
      await this.#storage.remove(name)
      throw error
    }
    this.#fileBytes = headerBytes
    this.#segments.push(base)
  }

  /**
   * Removes what a durable snapshot has made superfluous. A crash in between leaves it to the next
   * start.
   */
  async #forget({ offset, epoch }: MetadataSnapshot): Promise<void> {
    const older = this.#snapshot
    this.#snapshot = { offset, epoch }
    if (older !== undefined) await this.#storage.remove(snapshotName(older.offset, older.epoch))
    for (;;) {
      const [base, next] = this.#segments
      if (base === undefined || next === undefined || next > offset + 1) return
      await this.#storage.remove(segmentName(base))
      this.#segments.shift()
    }
  }

  status(): QuorumStatus {
    const now = this.#options.nowMs()
    const leads = this.#epoch !== -1
    return {
      leaderId: leads ? this.#options.nodeId : -1,
      epoch: this.#lastEpoch,
      highWatermark: this.#committedEnd,
      voters: [
        {
          replicaId: this.#options.nodeId,
          directoryId: this.#options.directoryId(),
          logEndOffset: this.#nextOffset,
          lastFetchTimestampMs: leads ? now : -1,
          lastCaughtUpTimestampMs: leads ? now : -1,
        },
      ],
      observers: [],
    }
  }

  addVoter(): Promise<void> {
    return refuseQuorumChange()
  }

  removeVoter(): Promise<void> {
    return refuseQuorumChange()
  }

  transferLeadership(): Promise<void> {
    return refuseQuorumChange()
  }

  /** Finishes what is under way and leaves; afterwards nothing is delivered or appended. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const wasLeading = this.#epoch !== -1
    this.#epoch = -1
    await this.#snapshotting?.catch(() => undefined)
    await this.#work
    if (wasLeading && this.#listener !== undefined) {
      const end = Buffer.from(`${this.#committedEnd}\n`)
      await createWhole(this.#storage, logEndName, (file) => file.write([end], 0))
    }
    await this.#file?.close()
    this.#file = undefined
  }
}
