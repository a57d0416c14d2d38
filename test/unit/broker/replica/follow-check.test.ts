// What a leader says to a replica that wants to follow.

import { checkFollow } from '@samsa/broker/replica/follow-check'
import { describe, expect, it } from 'vitest'

/** Epoch 2 holds [10, 20), epoch 5 [20, 30), and the leader leads in epoch 7 without a batch. */
const leader = {
  leaderEpoch: 7,
  logStartOffset: 10,
  logEndOffset: 30,
  endOffsetForEpoch(epoch: number) {
    if (epoch >= 7) return { epoch: 7, endOffset: 30 }
    if (epoch >= 5) return { epoch: 5, endOffset: 30 }
    if (epoch >= 2) return { epoch: 2, endOffset: 20 }
    // As LeaderEpochs says of an epoch whose data were deleted.
    return epoch === 1 ? { epoch: 1, endOffset: 10 } : { epoch: -1, endOffset: -1 }
  },
}

const accepted = { kind: 'accepted' }
const refused = (error: string) => ({ kind: 'refused', error })
const diverging = (epoch: number, endOffset: number) => ({ kind: 'diverging', epoch, endOffset })

describe('a replica that follows', () => {
  it.each([
    ['at the end', 7, 30, 5, accepted],
    ['within the last epoch', 7, 25, 5, accepted],
    ['within an earlier epoch', 7, 15, 2, accepted],
    ['with an empty log at the start', 7, 10, -1, accepted],
    ['with an empty log before the start', 7, 0, -1, refused('OFFSET_OUT_OF_RANGE')],
    ['with a log that ends before the start', 7, 5, 2, refused('OFFSET_OUT_OF_RANGE')],
    ['with an epoch that was forgotten', 7, 12, 0, refused('OFFSET_OUT_OF_RANGE')],
    ['with an epoch that ended where the log starts', 7, 12, 1, refused('OFFSET_OUT_OF_RANGE')],
    ['behind the end of its epoch', 7, 22, 2, diverging(2, 20)],
    ['with an epoch of its own', 7, 24, 4, diverging(2, 20)],
    ['with a later epoch of its own', 7, 31, 6, diverging(5, 30)],
    ['without history behind the end', 7, 31, -1, refused('OFFSET_OUT_OF_RANGE')],
    ['with an old leader epoch', 6, 30, 5, refused('FENCED_LEADER_EPOCH')],
    ['with a newer leader epoch', 8, 30, 5, refused('UNKNOWN_LEADER_EPOCH')],
  ])('%s', (_, leaderEpoch, logEndOffset, lastEpoch, answer) => {
    expect(checkFollow(leader, { leaderEpoch, logEndOffset, lastEpoch })).toEqual(answer)
  })
})
