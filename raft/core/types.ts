// The words of consensus: voters, terms, entries, what is kept on disk. Plain values, nothing that
// acts.

import { assertNever } from './assert.ts'

/**
 * Who votes: a node together with the directory that its log lives in. A wiped disk has a new
 * directory id, so it comes back as another voter, and never votes as its forgetful old self
 * (KIP-853).
 */
export type VoterId = string & { readonly brand: 'VoterId' }

export function voterId(nodeId: number, directoryId: string): VoterId {
  return `${nodeId}@${directoryId}` as VoterId
}

export function nodeIdOf(voter: VoterId): number {
  return Number(voter.slice(0, voter.indexOf('@')))
}

/**
 * A term has one leader at most; Kafka calls it the leader epoch. 0 is before the first election.
 */
export type Term = number

/** Where an entry stands in the log; the first is 1. Position 0 is the empty log's end. */
export type LogIndex = number

export interface LogPosition {
  readonly index: LogIndex
  readonly term: Term
}

/**
 * Who the quorum is. While `outgoing` is not empty the change is joint: every decision needs a
 * majority of `voters` and one of `outgoing` (Raft, section 6).
 */
export interface Configuration {
  readonly voters: readonly VoterId[]
  readonly outgoing: readonly VoterId[]
  /** Get the log and count for nothing. One that is also in `outgoing` still votes there. */
  readonly learners: readonly VoterId[]
}

export type Entry =
  | { readonly type: 'data'; readonly index: LogIndex; readonly term: Term; readonly data: Buffer }
  | { readonly type: 'noop'; readonly index: LogIndex; readonly term: Term }
  | {
      readonly type: 'configuration'
      readonly index: LogIndex
      readonly term: Term
      readonly configuration: Configuration
    }

/** What an entry counts for in limits: its payload and about what its frame takes. */
export function entryBytes(entry: Entry): number {
  switch (entry.type) {
    case 'data':
      return 32 + entry.data.length
    case 'noop':
      return 32
    case 'configuration': {
      const { voters, outgoing, learners } = entry.configuration
      return 32 + 64 * (voters.length + outgoing.length + learners.length)
    }
    default:
      return assertNever(entry)
  }
}

/** What a voter must never forget, beside its log. */
export interface HardState {
  readonly term: Term
  readonly votedFor: VoterId | null
  /**
   * The term in which this voter lost acknowledged entries to damage, until it has caught up with a
   * later one. It grants no vote meanwhile: it cannot know what it is missing.
   */
  readonly damagedInTerm: Term | null
}

/** A snapshot, told apart from any other by all of this. Its bytes are the storage's affair. */
export interface SnapshotDescriptor extends LogPosition {
  /** In force at `index`. */
  readonly configuration: Configuration
  readonly sizeBytes: number
  /** Of all its bytes. */
  readonly checksum: number
}

export function sameSnapshot(a: SnapshotDescriptor, b: SnapshotDescriptor): boolean {
  return (
    a.index === b.index &&
    a.term === b.term &&
    a.sizeBytes === b.sizeBytes &&
    a.checksum === b.checksum
  )
}

/** What a voter starts from: what its storage found. */
export interface RestoredState {
  readonly hardState: HardState | null
  readonly snapshot: SnapshotDescriptor | null
  /** In order and without a gap; may begin before the snapshot's end, never after it. */
  readonly entries: readonly Entry[]
  /** The position before the first of `entries`. */
  readonly base: LogPosition
  /** Up to here entries were known to be committed at some persist; a head start, nothing more. */
  readonly commit: LogIndex
  /**
   * The quorum that a new log begins with; without voters for a voter that is to be added to an
   * existing one.
   */
  readonly bootstrap: Configuration
  /** Entries that may have been acknowledged were found damaged, and `entries` ends before them. */
  readonly damaged: boolean
}
