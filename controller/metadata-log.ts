// What the controller asks of consensus: append records, learn what is committed, keep snapshots. A single local
// voter fills it today and the Raft quorum later; the controller cannot tell which.

export interface CommittedBatch {
  readonly baseOffset: number
  readonly epoch: number
  /** Encoded metadata records, in order; the last has offset baseOffset + records.length - 1. */
  readonly records: readonly Buffer[]
}

export interface MetadataSnapshot {
  /** Offset of the last record that the snapshot includes. */
  readonly offset: number
  readonly epoch: number
  readonly records: readonly Buffer[]
}

/** Called in log order, never concurrently. */
export interface MetadataLogListener {
  /** Replaces everything applied so far. */
  onSnapshot(snapshot: MetadataSnapshot): void
  onCommit(batch: CommittedBatch): void
  /** This node may now decide: everything committed before its epoch has been delivered. */
  onLeader(epoch: number): void
  onResigned(epoch: number): void
}

export interface MetadataLog {
  /** Delivers the snapshot and what is committed after it, then goes on as commits happen. */
  start(listener: MetadataLogListener): Promise<void>
  /**
   * Appends all of `records` or none, if this node still leads in `epoch`. Resolves with the last record's offset once
   * the batch is committed (onCommit has been called for it); rejects with NotLeaderError otherwise.
   */
  append(epoch: number, records: readonly Buffer[]): Promise<number>
  /** Makes everything up to `snapshot.offset` free to be forgotten, once the snapshot is durable. */
  writeSnapshot(snapshot: MetadataSnapshot): Promise<void>
  close(): Promise<void>
}

export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'
}
