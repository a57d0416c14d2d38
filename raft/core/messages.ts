// What voters say to each other. Every message carries its sender's term; a receiver in a later one
// says so.

import type { Entry, LogIndex, SnapshotDescriptor, Term } from './types.ts'

/**
 * Asks for a vote. A pre-vote asks whether one would be granted in `term`, which the sender has not
 * entered yet.
 */
export interface RequestVote {
  readonly type: 'requestVote'
  readonly term: Term
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly preVote: boolean
  /** The leader asked for this election, so its lease does not stand against it. */
  readonly transfer: boolean
}

export interface Vote {
  readonly type: 'vote'
  /** Of a granted pre-vote: the term that was asked about. */
  readonly term: Term
  readonly preVote: boolean
  readonly granted: boolean
}

export interface Append {
  readonly type: 'append'
  readonly term: Term
  readonly previousIndex: LogIndex
  readonly previousTerm: Term
  readonly entries: readonly Entry[]
  readonly commit: LogIndex
}

/** The sender's log equals the leader's up to `matchIndex`, durably. */
export interface Appended {
  readonly type: 'appended'
  readonly term: Term
  readonly matchIndex: LogIndex
}

/** The sender has nothing of that term at `rejectedIndex`; it may agree up to the hint. */
export interface AppendRejected {
  readonly type: 'appendRejected'
  readonly term: Term
  readonly rejectedIndex: LogIndex
  readonly hintIndex: LogIndex
  readonly hintTerm: Term
}

export interface Heartbeat {
  readonly type: 'heartbeat'
  readonly term: Term
  /** Never past what the receiver has acknowledged. */
  readonly commit: LogIndex
  /** Counts up; an answer to a round says that the sender led when the round began. */
  readonly round: number
}

export interface HeartbeatAck {
  readonly type: 'heartbeatAck'
  readonly term: Term
  readonly round: number
}

export interface SnapshotChunk {
  readonly type: 'snapshotChunk'
  readonly term: Term
  readonly snapshot: SnapshotDescriptor
  readonly position: number
  readonly bytes: Buffer
  /** Of these bytes. */
  readonly checksum: number
}

/** The sender holds the snapshot's first `receivedBytes` and waits for what follows. */
export interface SnapshotProgress {
  readonly type: 'snapshotProgress'
  readonly term: Term
  readonly index: LogIndex
  readonly receivedBytes: number
}

/** The leader hands over: stand for election at once. */
export interface TimeoutNow {
  readonly type: 'timeoutNow'
  readonly term: Term
}

/** The receiver's term is over. */
export interface LaterTerm {
  readonly type: 'laterTerm'
  readonly term: Term
}

export type Message =
  | RequestVote
  | Vote
  | Append
  | Appended
  | AppendRejected
  | Heartbeat
  | HeartbeatAck
  | SnapshotChunk
  | SnapshotProgress
  | TimeoutNow
  | LaterTerm
