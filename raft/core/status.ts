// What a voter looks like from outside, for DescribeQuorum, metrics and tests. A copy; nothing in
// it changes later.

import type { Ballot } from './ballot.ts'
import type { Durability } from './durability.ts'
import type { Leadership } from './leadership.ts'
import type { RaftLog } from './log.ts'
import type {
  Configuration,
  LogIndex,
  LogPosition,
  SnapshotDescriptor,
  Term,
  VoterId,
} from './types.ts'

export interface FollowerStatus {
  readonly match: LogIndex
  readonly state: 'probe' | 'replicate' | 'snapshot'
  readonly lastContactMs: number
  /** When it last had all that the leader had; null when it never did. */
  readonly caughtUpMs: number | null
}

export interface VoterStatus {
  readonly role: 'follower' | 'preCandidate' | 'candidate' | 'leader'
  readonly term: Term
  readonly votedFor: VoterId | null
  readonly damagedInTerm: Term | null
  readonly leader: VoterId | null
  /** Whom this voter followed, and when it last heard that one; null where it led since, itself. */
  readonly followed: { readonly leader: VoterId; readonly heardMs: number } | null
  readonly firstIndex: LogIndex
  readonly last: LogPosition
  readonly durableIndex: LogIndex
  readonly commit: LogIndex
  readonly applied: LogIndex
  readonly configuration: Configuration
  readonly configurationIndex: LogIndex
  readonly snapshot: SnapshotDescriptor | null
  /** Who leadership is being handed to. */
  readonly transferTarget: VoterId | null
  /** A leader's view of the others; empty otherwise. */
  readonly followers: ReadonlyMap<VoterId, FollowerStatus>
}

export function voterStatus(of: {
  readonly ballot: Ballot
  readonly role: VoterStatus['role']
  readonly leader: VoterId | null
  readonly followed: VoterStatus['followed']
  readonly log: RaftLog
  readonly durability: Durability
  readonly office: Leadership | null
}): VoterStatus {
  const { ballot, role, leader, followed, log, durability, office } = of
  const followers = new Map<VoterId, FollowerStatus>()
  for (const [id, { match, state, lastContactMs, caughtUpMs }] of office?.progress ?? []) {
    followers.set(id, { match, state, lastContactMs, caughtUpMs })
  }
  return {
    role,
    leader,
    followed,
    followers,
    term: ballot.term,
    votedFor: ballot.votedFor,
    damagedInTerm: ballot.damagedInTerm,
    firstIndex: log.firstIndex,
    last: log.last,
    durableIndex: durability.durableIndex,
    commit: log.commit,
    applied: log.applied,
    configuration: log.configuration,
    configurationIndex: log.configurationIndex,
    snapshot: log.snapshot,
    transferTarget: office?.transferTarget ?? null,
  }
}
