// What is to happen once a write is durable, or has failed: data, so that a shard's state can be
// looked at whole.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { MarkerBatch } from '../partition-writer.ts'
import type { ClassicMember } from './classic/classic-member.ts'
import type {
  DeletedGroup,
  OffsetCommitResponse,
  OffsetDeleteResponse,
  TxnOffsetCommitResponse,
} from './messages.ts'
import type { OffsetChange, OffsetKey } from './offsets/offset-store.ts'
import type { Token } from './turn.ts'

/** What a request gets when the write it depends on is durable, and when that failed. */
export interface Answer {
  readonly token: number
  readonly response: unknown
  readonly refused: (error: KafkaErrorName) => unknown
}

export type AfterWrite =
  /** The leader's assignment is stored: hand it out, if the group is still in that generation. */
  | {
      readonly type: 'assignmentStored'
      readonly groupId: string
      readonly generationId: number
      readonly assignments: ReadonlyMap<string, Buffer>
    }
  /**
   * The group is stored as it is: empty, or put right. Nothing waits for that: at worst an older
   * generation comes back after a crash, and its members time out.
   */
  | { readonly type: 'groupStored'; readonly groupId: string }
  /** A static member's new id is stored: answer its JoinGroup, or put the old member back. */
  | {
      readonly type: 'staticMemberStored'
      readonly groupId: string
      readonly memberId: string
      readonly before: ClassicMember
      readonly leaderBefore: string | null
      readonly apiVersion: number
    }
  | {
      readonly type: 'offsetsCommitted'
      readonly groupId: string
      readonly token: Token<OffsetCommitResponse>
      readonly response: OffsetCommitResponse
    }
  /** The offsets are durable, and wait for the end of their transaction. */
  | {
      readonly type: 'transactionalCommitted'
      readonly groupId: string
      readonly token: Token<TxnOffsetCommitResponse>
      readonly response: TxnOffsetCommitResponse
      readonly producerId: number
      readonly changes: readonly OffsetChange[]
    }
  /** `groupId` is empty: the transaction may have offsets of several. */
  | {
      readonly type: 'transactionEnded'
      readonly groupId: ''
      readonly token: Token<KafkaErrorName>
      readonly marker: MarkerBatch
    }
  | {
      readonly type: 'offsetsDeleted'
      readonly groupId: string
      readonly keys: readonly OffsetKey[]
      readonly token: Token<OffsetDeleteResponse>
      readonly response: OffsetDeleteResponse
    }
  /** Expired offsets, or those of deleted topics, are gone. */
  | {
      readonly type: 'offsetsRemoved'
      readonly groupId: string
      readonly keys: readonly OffsetKey[]
    }
  /**
   * The state has changed already: now its answers may go, or it is put back. `convertsGroup`: the
   * group became one of another kind.
   */
  | {
      readonly type: 'groupChanged'
      readonly groupId: string
      readonly undo: () => void
      readonly answers: Answer[]
      readonly convertsGroup: boolean
    }
  /**
   * The group and all its offsets are gone. `token` when a client asked for it, null when it had
   * expired.
   */
  | {
      readonly type: 'groupDeleted'
      readonly groupId: string
      readonly token: Token<DeletedGroup> | null
    }
