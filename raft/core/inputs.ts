// Everything that can happen to a voter.

import type { PersistToken } from './effects.ts'
import type { Message } from './messages.ts'
import type { LogIndex, SnapshotDescriptor, Term, VoterId } from './types.ts'

export type Input =
  /**
   * Time has passed. Due at the latest at `nextDeadlineMs`, and better after what waits in the
   * inbox.
   */
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly from: VoterId; readonly message: Message }
  /** This persist and all before it are durable. */
  | { readonly type: 'durable'; readonly token: PersistToken }
  /**
   * All of `data` becomes entries, or nothing does. With `term`: only if this voter leads in it.
   */
  | {
      readonly type: 'propose'
      readonly requestId: number
      readonly term?: Term
      readonly data: readonly Buffer[]
    }
  /** Asks for an index that any state read at or after is not stale. */
  | { readonly type: 'read'; readonly requestId: number }
  /** Makes the quorum this, whatever it is now. */
  | {
      readonly type: 'changeMembership'
      readonly requestId: number
      readonly voters: readonly VoterId[]
      readonly learners: readonly VoterId[]
    }
  /** Hands leadership to `to`, or to the voter that is furthest. */
  | { readonly type: 'transferLeadership'; readonly to?: VoterId }
  /**
   * That voter's process is not running: whoever follows it need not wait until it has been silent
   * for long. A false alarm costs an election at most.
   */
  | { readonly type: 'peerDown'; readonly peer: VoterId }
  /** Stand for election now, with a pre-vote first. */
  | { readonly type: 'campaign' }
  /** The application has a durable snapshot of what it has applied up to there. */
  | { readonly type: 'snapshotTaken'; readonly snapshot: SnapshotDescriptor }
  /**
   * What a `writeSnapshotChunk` asked for is done. `intact` says of a whole snapshot whether its
   * checksum fits.
   */
  | {
      readonly type: 'snapshotChunkWritten'
      readonly snapshot: SnapshotDescriptor
      readonly receivedBytes: number
      readonly intact: boolean
    }
  /** What a `sendSnapshotChunk` asked for cannot be read any more. */
  | { readonly type: 'snapshotUnreadable'; readonly to: VoterId; readonly index: LogIndex }
