// The state of a led partition: what is committed when, who joins and leaves the ISR, what each
// answer of the controller changes.

import { LeaderState, type LeaderStateOptions } from '@samsa/broker/replica/leader-state'
import type { PartitionImage } from '@samsa/controller/image'
import { describe, expect, it } from 'vitest'

const lagTimeMaxMs = 30_000

function partition(change: Partial<PartitionImage> = {}): PartitionImage {
  return {
    index: 0,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch: 10,
    addingReplicas: [],
    removingReplicas: [],
    directories: [],
    elr: [],
    lastKnownElr: [],
    recovering: false,
    ...change,
  }
}

interface World {
  readonly image?: Partial<PartitionImage>
  readonly minIsr?: number
  readonly logEndOffset?: number
  readonly fenced?: Set<number>
}

/** Broker n is registered in epoch 100 + n. */
function leader({ image = {}, minIsr = 1, logEndOffset = 0, fenced = new Set() }: World = {}) {
  const options: LeaderStateOptions = {
    nodeId: 1,
    image: partition(image),
    brokers: { epochOf: (id) => 100 + id, isActive: (id) => !fenced.has(id) },
    lagTimeMaxMs: () => lagTimeMaxMs,
    minInsyncReplicas: () => minIsr,
    logEndOffset,
    highWatermark: 0,
    nowMs: 0,
  }
  return new LeaderState(options)
}

function follow(state: LeaderState, brokerId: number, logEndOffset: number, nowMs = 0) {
  return state.followed(nowMs, { brokerId, brokerEpoch: 100 + brokerId }, logEndOffset)
}

const members = (...ids: number[]) => ids.map((id) => ({ brokerId: id, brokerEpoch: 100 + id }))

describe('the high watermark', () => {
  it('is the log end of an only replica', () => {
    const state = leader({ image: { replicas: [1], isr: [1] } })
    expect(state.appended(0, 7)).toBe(true)
    expect(state.highWatermark).toBe(7)
  })

  it('waits for members of the ISR that have not been heard of', () => {
    const state = leader({ logEndOffset: 4 })
    expect(state.highWatermark).toBe(0)
    expect(follow(state, 2, 4)).toBe(false)
    expect(follow(state, 3, 3)).toBe(true)
    expect(state.highWatermark).toBe(3)
    expect(state.isCaughtUp).toBe(false)
    expect(state.progressed(0, 3, 4)).toBe(true)
    expect(state.isCaughtUp).toBe(true)
  })

  it('never goes back when a follower says less than before', () => {
    const state = leader()
    state.appended(0, 9)
    follow(state, 2, 9)
    follow(state, 3, 9)
    expect(follow(state, 3, 2)).toBe(false)
    expect(state.highWatermark).toBe(9)
  })

  it('stands still while the ISR is smaller than min.insync.replicas', () => {
    const state = leader({ image: { isr: [1] }, minIsr: 2 })
    expect(state.appended(0, 5)).toBe(false)
    follow(state, 2, 5)
    const proposal = state.propose(0)
    expect(proposal?.newIsr).toEqual(members(1, 2))
    expect(state.highWatermark).toBe(0)
    expect(state.updated(0, partition({ isr: [1, 2], partitionEpoch: 11 }))).toBe(true)
    expect(state.highWatermark).toBe(5)
  })

  it('waits for a pending member', () => {
    const state = leader({ image: { isr: [1, 3] } })
    follow(state, 3, 0)
    follow(state, 2, 0)
    expect(state.propose(0)?.newIsr).toEqual(members(1, 3, 2))
    expect(state.maximalIsr).toEqual([1, 3, 2])
    state.appended(1, 6)
    state.progressed(1, 3, 6)
    state.unfollowed(2)
    expect(state.highWatermark).toBe(0)
    state.updated(2, partition({ isr: [1, 3], partitionEpoch: 11 }))
    expect(state.highWatermark).toBe(6)
  })
})

describe('joining the ISR', () => {
  it('takes all that is committed and all of the log at the election', () => {
    const state = leader({ image: { isr: [1] }, logEndOffset: 10 })
    follow(state, 2, 9)
    expect(state.highWatermark).toBe(10)
    expect(state.propose(0)).toBeNull()
    state.progressed(0, 2, 10)
    expect(state.propose(0)).toEqual({
      leaderEpoch: 5,
      partitionEpoch: 10,
      newIsr: members(1, 2),
    })
    expect(state.propose(1_000_000)).toBeNull()
  })

  it('is not for fenced brokers, nor for a former registration', () => {
    const state = leader({ image: { isr: [1] }, fenced: new Set([2]) })
    follow(state, 2, 0)
    state.followed(0, { brokerId: 3, brokerEpoch: 99 }, 0)
    expect(state.propose(0)).toBeNull()
  })

  it('is not for a broker that is no replica', () => {
    const state = leader({ image: { replicas: [1, 2], isr: [1] } })
    follow(state, 3, 0)
    expect(state.propose(0)).toBeNull()
  })
})

describe('leaving the ISR', () => {
  it('happens to a member that was not heard of for the lag time', () => {
    const state = leader()
    state.appended(1, 1)
    follow(state, 2, 1, 2)
    expect(state.propose(lagTimeMaxMs)).toBeNull()
    expect(state.propose(lagTimeMaxMs + 2)?.newIsr).toEqual(members(1, 2))
  })

  it('does not happen to a silent member that has everything', () => {
    const state = leader()
    follow(state, 2, 0, 1)
    follow(state, 3, 0, 1)
    expect(state.propose(10 * lagTimeMaxMs)).toBeNull()
    state.appended(10 * lagTimeMaxMs, 1)
    expect(state.propose(11 * lagTimeMaxMs)).toBeNull()
    expect(state.propose(11 * lagTimeMaxMs + 1)?.newIsr).toEqual(members(1))
  })

  it('does not happen to a member that keeps up without ever having all', () => {
    const state = leader()
    follow(state, 3, 0, 0)
    follow(state, 2, 0, 0)
    let nowMs = 0
    for (let end = 10; end < 200; end += 10) {
      nowMs += lagTimeMaxMs / 3
      state.appended(nowMs, end)
      state.progressed(nowMs, 2, end - 10)
      state.progressed(nowMs, 3, 0)
    }
    expect(state.propose(nowMs)?.newIsr).toEqual(members(1, 2))
  })

  it('frees what is committed only once the controller has agreed', () => {
    const state = leader()
    state.appended(1, 8)
    follow(state, 2, 8, 2)
    const nowMs = 2 * lagTimeMaxMs
    state.progressed(nowMs, 2, 8)
    const proposal = state.propose(nowMs)
    if (proposal === null) throw new Error('nothing was proposed')
    state.answered(nowMs, proposal, 'NONE')
    expect(state.highWatermark).toBe(0)
    state.updated(nowMs, partition({ isr: [1, 2], partitionEpoch: 11 }))
    expect(state.highWatermark).toBe(8)
  })
})

describe('an answer of the controller', () => {
  function pending() {
    const state = leader({ image: { isr: [1] } })
    follow(state, 2, 0)
    const proposal = state.propose(0)
    if (proposal === null) throw new Error('nothing was proposed')
    return { state, proposal }
  }

  it('that refuses the member undoes the change, which is asked for later again', () => {
    const { state, proposal } = pending()
    state.answered(10, proposal, 'INELIGIBLE_REPLICA')
    expect(state.maximalIsr).toEqual([1])
    expect(state.propose(11)).toBeNull()
    expect(state.propose(1_000)).not.toBeNull()
  })

  it('that leaves it open keeps the change pending, and asks the very same again', () => {
    const { state, proposal } = pending()
    state.answered(10, proposal, 'REQUEST_TIMED_OUT')
    expect(state.maximalIsr).toEqual([1, 2])
    expect(state.propose(11)).toBeNull()
    expect(state.propose(1_000)).toBe(proposal)
    expect(state.propose(2_000)).toBeNull()
  })

  it.each(['NONE', 'INVALID_UPDATE_VERSION', 'FENCED_LEADER_EPOCH'] as const)(
    '%s waits for the metadata',
    (error) => {
      const { state, proposal } = pending()
      state.answered(10, proposal, error)
      expect(state.maximalIsr).toEqual([1, 2])
      expect(state.propose(100_000)).toBeNull()
      state.updated(0, partition({ isr: [1, 2], partitionEpoch: 11 }))
      expect(state.isr).toEqual([1, 2])
      expect(state.pendingProposal).toBeNull()
    },
  )

  it('to a change that the metadata has overtaken says nothing', () => {
    const { state, proposal } = pending()
    state.updated(0, partition({ isr: [1, 3], partitionEpoch: 11 }))
    const next = state.propose(0)
    expect(next?.newIsr).toEqual(members(1, 3, 2))
    state.answered(10, proposal, 'OPERATION_NOT_ATTEMPTED')
    expect(state.pendingProposal).toBe(next)
  })
})

it('a leader of an unclean election says that it has recovered', () => {
  const state = leader({ image: { isr: [1], recovering: true } })
  expect(state.propose(0)?.newIsr).toEqual(members(1))
})
