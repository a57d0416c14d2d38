// The state of a followed partition: following, cutting, appending, and what is ignored.

import { type FollowerInput, FollowerState } from '@samsa/broker/replica/follower-state'
import { describe, expect, it } from 'vitest'
import { batchOf } from '../../../support/disk/log-fixture.ts'

/** Only as much of a log as the state looks at; epochs as pairs of epoch and start. */
class ModelLog {
  logStartOffset = 0
  logEndOffset: number
  highWatermark = 0
  epochs: [number, number][]

  constructor(logEndOffset: number, epochs: [number, number][] = []) {
    this.logEndOffset = logEndOffset
    this.epochs = epochs
  }

  get latestEpoch(): number {
    return this.epochs.at(-1)?.[0] ?? -1
  }

  endOffsetForEpoch(epoch: number) {
    const above = this.epochs.find(([each]) => each > epoch)
    const floor = this.epochs.filter(([each]) => each <= epoch).at(-1)
    if (floor === undefined) return { epoch: -1, endOffset: -1 }
    return { epoch: floor[0], endOffset: above?.[1] ?? this.logEndOffset }
  }
}

const records = Buffer.from('a batch')

function following(log: ModelLog) {
  const state = new FollowerState(7, log)
  const effects = state.step({ type: 'connected' })
  expect(effects).toMatchObject([{ type: 'follow', follow: 1 }])
  return state
}

describe('a follower', () => {
  it('follows from its log end, with its last epoch', () => {
    const state = new FollowerState(7, new ModelLog(12, [[3, 0]]))
    expect(state.step({ type: 'connected' })).toEqual([
      {
        type: 'follow',
        follow: 1,
        leaderEpoch: 7,
        logEndOffset: 12,
        lastEpoch: 3,
        logStartOffset: 0,
      },
    ])
    expect(state.step({ type: 'connected' })).toEqual([])
  })

  it('appends, then says how far it is and takes over what is committed', () => {
    const log = new ModelLog(0)
    const state = following(log)
    const data = { type: 'data', follow: 1, records, highWatermark: 3, logStartOffset: 1 } as const
    expect(state.step(data)).toEqual([{ type: 'append', follow: 1, records }])
    log.logEndOffset = 5
    expect(state.step({ type: 'written', follow: 1 })).toEqual([
      { type: 'progress', follow: 1, logEndOffset: 5 },
      { type: 'advanceHighWatermark', offset: 3 },
      { type: 'advanceLogStart', offset: 1 },
    ])
  })

  it('begins where the batch does that the start of the leader lies in', () => {
    const log = new ModelLog(1)
    log.logStartOffset = 1
    const state = following(log)
    const batch = batchOf(['a', 'b'])
    const data = { type: 'data', records: batch, highWatermark: 2, logStartOffset: 1 } as const
    expect(state.step({ ...data, follow: 1 })).toEqual([{ type: 'restart', follow: 1, offset: 0 }])
    log.logStartOffset = 0
    log.logEndOffset = 0
    const again = state.step({ type: 'truncated', follow: 1 })
    expect(again).toMatchObject([{ type: 'follow', follow: 2, logEndOffset: 1, lastEpoch: -1 }])
    expect(state.step({ ...data, follow: 2 })).toEqual([
      { type: 'append', follow: 2, records: batch },
    ])
    log.logEndOffset = 2
    expect(state.step({ type: 'written', follow: 2 })).toEqual([
      { type: 'progress', follow: 2, logEndOffset: 2 },
      { type: 'advanceHighWatermark', offset: 2 },
      { type: 'advanceLogStart', offset: 1 },
    ])
  })

  it('never takes over more than it has', () => {
    const state = following(new ModelLog(2))
    const news = { records: Buffer.alloc(0), highWatermark: 9, logStartOffset: 0 }
    expect(state.step({ type: 'data', follow: 1, ...news })).toEqual([
      { type: 'advanceHighWatermark', offset: 2 },
    ])
  })

  it('ignores what answers an older follow', () => {
    const log = new ModelLog(0)
    const state = following(log)
    state.step({ type: 'disconnected' })
    const late = { type: 'data', records, highWatermark: 0, logStartOffset: 0 } as const
    expect(state.step({ ...late, follow: 1 })).toEqual([])
    expect(state.step({ type: 'connected' })).toMatchObject([{ type: 'follow', follow: 2 }])
    expect(state.step({ ...late, follow: 1 })).toEqual([])
    expect(state.step({ type: 'written', follow: 1 })).toEqual([])
    expect(state.step({ ...late, follow: 2 })).toHaveLength(1)
  })
})

describe('a log that diverges', () => {
  it.each([
    // [own end, own epochs, leader's epoch, its end, cut at]
    ['is longer in the same epoch', 10, [[2, 0]], 2, 6, 6],
    [
      'has an epoch that the leader lacks',
      10,
      [
        [2, 0],
        [4, 8],
      ],
      2,
      20,
      8,
    ], // prettier-ignore
    [
      'ended an epoch earlier than the leader',
      10,
      [
        [2, 0],
        [4, 8],
      ],
      2,
      5,
      5,
    ], // prettier-ignore
    [
      'lacks the epoch that the leader names',
      10,
      [
        [2, 0],
        [6, 4],
      ],
      5,
      7,
      4,
    ], // prettier-ignore
    [
      'notes an epoch without a batch',
      10,
      [
        [2, 0],
        [4, 10],
      ],
      2,
      10,
      10,
    ], // prettier-ignore
  ] as [string, number, [number, number][], number, number, number][])(
    'is cut when it %s',
    (_, end, epochs, epoch, endOffset, cutAt) => {
      const state = following(new ModelLog(end, epochs))
      const input: FollowerInput = { type: 'diverging', follow: 1, epoch, endOffset }
      expect(state.step(input)).toEqual([{ type: 'truncate', follow: 1, offset: cutAt }])
      expect(state.step(input)).toEqual([])
      const again = state.step({ type: 'truncated', follow: 1 })
      expect(again).toMatchObject([{ type: 'follow', follow: 2 }])
    },
  )
})

describe('a refusal', () => {
  const refused = { type: 'refused', follow: 1, logStartOffset: 100, logEndOffset: 200 } as const

  it('makes a log anew that ends before the leader begins', () => {
    const state = following(new ModelLog(50, [[1, 0]]))
    expect(state.step({ ...refused, error: 'OFFSET_OUT_OF_RANGE' })).toEqual([
      { type: 'restart', follow: 1, offset: 100 },
    ])
  })

  it('cuts a log without history that goes on behind the end of the leader', () => {
    const state = following(new ModelLog(300, []))
    expect(state.step({ ...refused, error: 'OFFSET_OUT_OF_RANGE' })).toEqual([
      { type: 'truncate', follow: 1, offset: 200 },
    ])
  })

  it('lets a log go of whose last epoch the leader knows nothing, however long it is', () => {
    const state = following(new ModelLog(300, [[1, 0]]))
    expect(state.step({ ...refused, error: 'OFFSET_OUT_OF_RANGE' })).toMatchObject([
      { type: 'restart', follow: 1 },
    ])
  })

  it('of another kind is tried again after a while', () => {
    const state = following(new ModelLog(0))
    const effects = state.step({ ...refused, error: 'UNKNOWN_LEADER_EPOCH' })
    expect(effects).toMatchObject([{ type: 'retry', follow: 1 }])
    const data = { type: 'data', records, highWatermark: 0, logStartOffset: 0 } as const
    expect(state.step({ ...data, follow: 1 })).toEqual([])
    const again = state.step({ type: 'retryDue', follow: 1 })
    expect(again).toMatchObject([{ type: 'follow', follow: 2 }])
  })
})

describe('a disk that fails', () => {
  it('to write makes the follower stop and follow again later, once', () => {
    const state = following(new ModelLog(0))
    const effects = state.step({ type: 'notWritten', follow: 1 })
    expect(effects).toMatchObject([
      { type: 'unfollow', follow: 1 },
      { type: 'retry', follow: 1 },
    ])
    expect(state.step({ type: 'notWritten', follow: 1 })).toEqual([])
    expect(state.step({ type: 'retryDue', follow: 1 })).toMatchObject([{ type: 'follow' }])
  })

  it('to cut makes it ask again', () => {
    const state = following(new ModelLog(9, [[1, 0]]))
    state.step({ type: 'diverging', follow: 1, epoch: 1, endOffset: 3 })
    const effects = state.step({ type: 'notTruncated', follow: 1 })
    expect(effects).toMatchObject([{ type: 'retry' }])
  })
})
