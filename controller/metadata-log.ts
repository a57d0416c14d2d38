// What the controller asks of consensus: append records, learn what is committed, keep snapshots.
// The Raft quorum fills it (controller/quorum); tests of the controller put a script in its place.

import type { AddVoter, VoterReference } from './requests.ts'

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
  /** Made as they are asked for, so that a large snapshot need not be in memory as a whole. */
  readonly records: Iterable<Buffer>
}

/** Who leads the quorum: -1 while that is not known. */
export interface QuorumLeader {
  readonly leaderId: number
  readonly epoch: number
  /** Whom this node followed before it came to lead itself, where that is so. */
  readonly predecessor?: Predecessor
}

export interface Predecessor {
  readonly nodeId: number
  /** How long it had not been heard of, as this node came to lead. */
  readonly silentMs: number
}

/** Called in log order, never concurrently. */
export interface MetadataLogListener {
  /** Replaces everything applied so far. */
  onSnapshot(snapshot: MetadataSnapshot): void
  onCommit(batch: CommittedBatch): void
  /**
   * The leader or its epoch changed. When this node is named it may decide from now on: everything
   * committed before its epoch has been delivered. When another or none is, appends of earlier
   * epochs are lost or already delivered.
   */
  onLeaderChange(leader: QuorumLeader): void
  /**
   * The log cannot go on, and nothing will be delivered any more: its disk failed, or a listener
   * did.
   */
  onFault(error: Error): void
}

export interface QuorumReplica {
  readonly replicaId: number
  readonly directoryId: string
  readonly logEndOffset: number
  /**
   * Wall time of the last contact with the leader, and of being level with it; -1 when not known.
   */
  readonly lastFetchTimestampMs: number
  readonly lastCaughtUpTimestampMs: number
}

/** The quorum as its leader sees it (DescribeQuorum). */
export interface QuorumStatus extends QuorumLeader {
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
}

export interface MetadataLog {
  /**
   * Delivers the snapshot and what is committed after it, then who leads, then goes on as commits
   * happen.
   */
  start(listener: MetadataLogListener): Promise<void>
  /**
   * Appends all of `records` or none, if this node still leads in `epoch`. Resolves with the last
   * record's offset once the batch is committed (onCommit has been called for it); rejects with
   * NotLeaderError when it certainly is not and never will be in the log, and with
   * LostLeadershipError when that cannot be known.
   */
  append(epoch: number, records: readonly Buffer[]): Promise<number>
  /**
   * Makes everything up to `snapshot.offset` free to be forgotten, once the snapshot is durable.
   */
  writeSnapshot(snapshot: MetadataSnapshot): Promise<void>
  status(): QuorumStatus
  /**
   * Makes a node a voter, takes one out, or hands leadership on (to anyone able, for null). Each
   * resolves once it is so, and rejects with a ControllerError that says why not (DUPLICATE_VOTER,
   * VOTER_NOT_FOUND, NOT_CONTROLLER, ...).
   */
  addVoter(voter: AddVoter): Promise<void>
  removeVoter(voter: VoterReference): Promise<void>
  transferLeadership(nodeId: number | null): Promise<void>
  close(): Promise<void>
}

export class NotLeaderError extends Error {
  override readonly name: string = 'NotLeaderError'
}

/** This node is handing over its leadership: whoever is next takes what it does not take any more. */
export class LeavingError extends NotLeaderError {
  override readonly name = 'LeavingError'
}

/**
 * The append was under way when leadership, or the log's disk, was lost: it may turn up committed.
 */
export class LostLeadershipError extends Error {
  override readonly name = 'LostLeadershipError'
}
