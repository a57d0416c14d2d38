// The decisions that safety rests on, each a small function, in one place. Production uses `rules`
// as it stands. The simulator's own test replaces one at a time by a wrong one, and must notice.

import { assertNever } from './assert.ts'
import { hasQuorum, quorumValue } from './configuration.ts'
import type { Message } from './messages.ts'
import type { Configuration, LogPosition, Term, VoterId } from './types.ts'

/**
 * What must be durable before a message leaves: nothing, the term and vote, or the whole log as it
 * stands. Persists are durable in order, so 'everything' includes 'ballot'.
 */
export type Gate = 'none' | 'ballot' | 'everything'

export interface Rules {
  /** One vote a term, and none against a leader that is known (Raft, section 5.2). */
  mayVote(votedFor: VoterId | null, leader: VoterId | null, candidate: VoterId): boolean
  /** A leader must hold all that is committed, so nobody votes for a log behind its own (5.4.1). */
  isUpToDate(candidate: LogPosition, own: LogPosition): boolean
  /**
   * Within the lease of a leader that was heard no vote is granted (dissertation, 4.2.3 and 9.6).
   */
  holdsLease(sinceLeaderHeardMs: number, leaseMs: number): boolean
  /** A leader that has not heard a quorum for so long is none (check-quorum; dissertation, 6.2). */
  losesOffice(silentMs: number, timeoutMs: number): boolean
  wins(configuration: Configuration, granted: (id: VoterId) => boolean): boolean
  /** What a quorum has reached, of match indexes, rounds and times of contact alike. */
  reached(configuration: Configuration, valueOf: (id: VoterId) => number): number
  /**
   * An entry of an earlier term is committed only by one of the leader's own behind it (5.4.2,
   * figure 8).
   */
  mayCommit(entryTerm: Term | undefined, ownTerm: Term): boolean
  gate(message: Message): Gate
  /** Whether an append fits behind the entry that it names. */
  continues(ownTerm: Term | undefined, previousTerm: Term): boolean
  /** A read waits until a quorum has said, after it came, that this voter still leads (6.4). */
  readConfirmed(readRound: number, confirmedRound: number): boolean
  /**
   * A voter that lost acknowledged entries has caught up once something of a later term is
   * committed.
   */
  hasHealed(damagedInTerm: Term, commitTerm: Term | undefined): boolean
  /** A received snapshot replaces the log only when it is ahead of what is committed. */
  isNews(snapshotIndex: number, commit: number): boolean
  chunkIntact(checksum: number, expected: number): boolean
}

export const rules: Rules = {
  mayVote: (votedFor, leader, candidate) =>
    votedFor === candidate || (votedFor === null && leader === null),
  isUpToDate: (candidate, own) =>
    candidate.term > own.term || (candidate.term === own.term && candidate.index >= own.index),
  holdsLease: (sinceLeaderHeardMs, leaseMs) => sinceLeaderHeardMs < leaseMs,
  losesOffice: (silentMs, timeoutMs) => silentMs >= timeoutMs,
  wins: hasQuorum,
  reached: quorumValue,
  mayCommit: (entryTerm, ownTerm) => entryTerm === ownTerm,
  gate: (message) => {
    switch (message.type) {
      case 'vote':
      case 'requestVote':
        return message.preVote ? 'ballot' : 'everything'
      case 'appended':
        return 'everything'
      // A leader's term and vote were durable before it led; its own log counts only as far as it
      // is durable.
      case 'append':
      case 'heartbeat':
      case 'snapshotChunk':
      case 'timeoutNow':
        return 'none'
      case 'appendRejected':
      case 'heartbeatAck':
      case 'snapshotProgress':
      case 'laterTerm':
        return 'ballot'
      default:
        return assertNever(message)
    }
  },
  continues: (ownTerm, previousTerm) => ownTerm === previousTerm,
  readConfirmed: (readRound, confirmedRound) => readRound <= confirmedRound,
  hasHealed: (damagedInTerm, commitTerm) => (commitTerm ?? 0) > damagedInTerm,
  isNews: (snapshotIndex, commit) => snapshotIndex > commit,
  chunkIntact: (checksum, expected) => checksum === expected,
}
