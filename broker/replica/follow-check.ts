// What a leader answers to a replica that wants to follow: from there on, or not. A log that is not
// a prefix of the leader's is told where the two part (KIP-101, KIP-279). Pure.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { EpochEndOffset } from '../log/partition-log.ts'

/** Where a follower's log ends. */
export interface FollowPosition {
  /** The leader epoch that the follower knows the leader by. */
  readonly leaderEpoch: number
  readonly logEndOffset: number
  /** The leader epoch of its last batch; -1 for a log without history. */
  readonly lastEpoch: number
}

/** What the answer depends on of the leader. A PartitionLog has all but the epoch. */
export interface LeaderView {
  readonly leaderEpoch: number
  readonly logStartOffset: number
  readonly logEndOffset: number
  endOffsetForEpoch(epoch: number): EpochEndOffset
}

export type FollowAnswer =
  | { readonly kind: 'accepted' }
  /** The follower has to cut its log: the leader's last epoch up to the one asked ends there. */
  | { readonly kind: 'diverging'; readonly epoch: number; readonly endOffset: number }
  | { readonly kind: 'refused'; readonly error: KafkaErrorName }

export function checkFollow(leader: LeaderView, follower: FollowPosition): FollowAnswer {
  if (follower.leaderEpoch !== leader.leaderEpoch) {
    const isOld = follower.leaderEpoch < leader.leaderEpoch
    return { kind: 'refused', error: isOld ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH' }
  }
  const outside = { kind: 'refused', error: 'OFFSET_OUT_OF_RANGE' } as const
  if (follower.logEndOffset < leader.logStartOffset) return outside
  if (follower.lastEpoch >= 0) {
    const { epoch, endOffset } = leader.endOffsetForEpoch(follower.lastEpoch)
    if (epoch < 0 || endOffset < 0) return outside
    // What the leader has of that epoch was deleted: nothing tells whether the follower's is the
    // same, and the leader's start may lie within a batch.
    const isForgotten =
      follower.lastEpoch < leader.leaderEpoch && endOffset <= leader.logStartOffset
    if (isForgotten) return outside
    if (epoch < follower.lastEpoch || endOffset < follower.logEndOffset) {
      return { kind: 'diverging', epoch, endOffset }
    }
  }
  return follower.logEndOffset > leader.logEndOffset ? outside : { kind: 'accepted' }
}
