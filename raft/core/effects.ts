// Everything a voter asks of the world. The driver carries effects out in order, with one exception
// that the effects themselves name: a send with `after` leaves only when that persist, and so all
// before it, is durable.

import type { Message } from './messages.ts'
import type {
  Configuration,
  Entry,
  HardState,
  LogIndex,
  SnapshotDescriptor,
  Term,
  VoterId,
} from './types.ts'

/** Counts up. Persists become durable in this order. */
export type PersistToken = number

export interface Persist {
  readonly type: 'persist'
  readonly token: PersistToken
  readonly hardState?: HardState
  /** The received snapshot takes the place of the whole log. */
  readonly snapshot?: SnapshotDescriptor
  /** Entries from here on go, before those below come. */
  readonly truncateFrom?: LogIndex
  readonly entries: readonly Entry[]
  /** So far the log, with this persist, is known to be committed. */
  readonly commit: LogIndex
}

export interface Send {
  readonly type: 'send'
  readonly to: VoterId
  readonly message: Message
  readonly after?: PersistToken
}

export type ProposalRefusal = 'notLeader' | 'transferring' | 'tooManyUncommitted' | 'tooLarge'

export type MembershipRefusal =
  | 'notLeader'
  | 'transferring'
  /** The leader has not yet committed an entry of its term, or another change is under way. */
  | 'changeInProgress'
  | 'noVoters'
  /** A new voter lacks too much of the log; it must be a learner first. */
  | 'notCaughtUp'
  | 'noChange'

export type Effect =
  | Persist
  | Send
  /** Committed and durable here; in order, each index once a start. */
  | { readonly type: 'apply'; readonly entries: readonly Entry[] }
  /** The state is this snapshot's from now on. */
  | { readonly type: 'restoreSnapshot'; readonly snapshot: SnapshotDescriptor }
  /** Follows the apply of its entry. */
  | {
      readonly type: 'configurationApplied'
      readonly index: LogIndex
      readonly configuration: Configuration
    }
  | { readonly type: 'becameLeader'; readonly term: Term }
  /**
   * All that was committed before this leader's term has been applied: it may decide from now on.
   */
  | { readonly type: 'leaderReady'; readonly term: Term; readonly index: LogIndex }
  | { readonly type: 'steppedDown'; readonly term: Term; readonly reason: string }
  | {
      readonly type: 'leaderChanged'
      readonly term: Term
      readonly leader: VoterId | null
    }
  | {
      readonly type: 'proposed'
      readonly requestId: number
      readonly term: Term
      readonly firstIndex: LogIndex
      readonly lastIndex: LogIndex
    }
  | {
      readonly type: 'proposalRefused'
      readonly requestId: number
      readonly reason: ProposalRefusal
      readonly leader: VoterId | null
    }
  | { readonly type: 'readReady'; readonly requestId: number; readonly index: LogIndex }
  | {
      readonly type: 'readRefused'
      readonly requestId: number
      readonly reason: 'notLeader' | 'tooManyReads'
      readonly leader: VoterId | null
    }
  | {
      readonly type: 'membershipAccepted'
      readonly requestId: number
      readonly index: LogIndex
    }
  | {
      readonly type: 'membershipRefused'
      readonly requestId: number
      readonly reason: MembershipRefusal
      readonly leader: VoterId | null
    }
  | { readonly type: 'transferEnded'; readonly to: VoterId | null; readonly reason: string }
  /** Read that part, and send it as a SnapshotChunk of this term. */
  | {
      readonly type: 'sendSnapshotChunk'
      readonly to: VoterId
      readonly term: Term
      readonly snapshot: SnapshotDescriptor
      readonly position: number
      readonly maxBytes: number
    }
  /**
   * Position 0 begins anew. After the last chunk the whole must be synced and its checksum
   * compared.
   */
  | {
      readonly type: 'writeSnapshotChunk'
      readonly snapshot: SnapshotDescriptor
      readonly position: number
      readonly bytes: Buffer
      readonly last: boolean
    }
  /** The partly received snapshot is of no use any more. */
  | { readonly type: 'discardSnapshot'; readonly snapshot: SnapshotDescriptor }
  /** Entries up to here may be forgotten by the storage; nothing breaks if it keeps them. */
  | { readonly type: 'compactLog'; readonly throughIndex: LogIndex }
