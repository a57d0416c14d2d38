// A led partition through random lives: whenever the high watermark moves, everyone who may be in
// the ISR has what it commits, and there are enough of them; and it never goes back.

import type { IsrProposal } from '@samsa/broker/replica/isr-state'
import { LeaderState } from '@samsa/broker/replica/leader-state'
import type { PartitionImage } from '@samsa/controller/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const replicas = [1, 2, 3]
const followerIds = [2, 3]
const lagTimeMaxMs = 100

type Step =
  | { readonly type: 'append'; readonly records: number }
  | { readonly type: 'follow' | 'progress'; readonly id: number; readonly share: number }
  | { readonly type: 'unfollow' | 'fence' | 'unfence'; readonly id: number }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'answer'; readonly share: number }
  /** The controller commits the latest proposal, whatever it answered; or changes the ISR itself. */
  | { readonly type: 'commit' }
  | { readonly type: 'shrink'; readonly id: number }

const id = fc.constantFrom(...followerIds)
const share = fc.double({ min: 0, max: 1, noNaN: true })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('append' as const), records: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constantFrom('follow' as const, 'progress' as const), id, share }),
  fc.record({ type: fc.constant('progress' as const), id, share: fc.constant(1) }),
  fc.record({ type: fc.constantFrom('unfollow', 'fence', 'unfence'), id }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ type: fc.constant('answer' as const), share }),
  fc.record({ type: fc.constant('commit' as const) }),
  fc.record({ type: fc.constant('shrink' as const), id }),
)

const errors = [
  'NONE',
  'INELIGIBLE_REPLICA',
  'OPERATION_NOT_ATTEMPTED',
  'INVALID_UPDATE_VERSION',
  'REQUEST_TIMED_OUT',
  'NOT_CONTROLLER',
] as const

class Life {
  readonly state: LeaderState
  readonly #fenced = new Set<number>()
  readonly #ends = new Map<number, number>([[1, 3]])
  readonly #minIsr: number
  #image: PartitionImage
  #nowMs = 0
  #proposal: IsrProposal | null = null
  #highWatermark = 0
  /** Told as refused for certain: the controller will not do it any more. */
  #refused: IsrProposal | null = null

  constructor(minIsr: number, isr: readonly number[]) {
    this.#minIsr = minIsr
    this.#image = {
      index: 0,
      replicas,
      isr,
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 0,
      addingReplicas: [],
      removingReplicas: [],
      directories: [],
      elr: [],
      lastKnownElr: [],
      recovering: false,
    }
    this.state = new LeaderState({
      nodeId: 1,
      image: this.#image,
      brokers: { epochOf: (broker) => broker, isActive: (broker) => !this.#fenced.has(broker) },
      lagTimeMaxMs: () => lagTimeMaxMs,
      minInsyncReplicas: () => minIsr,
      logEndOffset: 3,
      highWatermark: 0,
      nowMs: 0,
    })
    this.#check()
  }

  take(taken: Step): void {
    const { state } = this
    switch (taken.type) {
      case 'append':
        this.#ends.set(1, state.logEndOffset + taken.records)
        state.appended(this.#nowMs, state.logEndOffset + taken.records)
        break
      case 'follow': {
        const end = Math.floor(taken.share * state.logEndOffset)
        this.#ends.set(taken.id, end)
        state.followed(this.#nowMs, { brokerId: taken.id, brokerEpoch: taken.id }, end)
        break
      }
      case 'progress': {
        const before = this.#ends.get(taken.id)
        const isFollowing = [...state.followers()].some(
          (f) => f.brokerId === taken.id && f.isFollowing,
        )
        if (before === undefined || !isFollowing) break
        const end = before + Math.ceil(taken.share * (state.logEndOffset - before))
        this.#ends.set(taken.id, end)
        state.progressed(this.#nowMs, taken.id, end)
        break
      }
      case 'unfollow':
        state.unfollowed(taken.id)
        break
      case 'fence':
        this.#fenced.add(taken.id)
        break
      case 'unfence':
        this.#fenced.delete(taken.id)
        break
      case 'wait':
        this.#nowMs += taken.ms
        state.reconsider(this.#nowMs)
        break
      default:
        this.#control(taken)
    }
    this.#check()
    this.#proposal = state.propose(this.#nowMs) ?? this.#proposal
    this.#check()
  }

  #control(taken: Step): void {
    if (taken.type === 'answer' && this.#proposal !== null) {
      const error = errors[Math.floor(taken.share * (errors.length - 1))] ?? 'NONE'
      const isRefusal = error === 'INELIGIBLE_REPLICA' || error === 'OPERATION_NOT_ATTEMPTED'
      if (isRefusal) this.#refused = this.#proposal
      this.state.answered(this.#nowMs, this.#proposal, error)
    } else if (taken.type === 'commit') {
      const proposal = this.#proposal
      const isOpen = proposal !== null && proposal !== this.#refused
      if (!isOpen || proposal.partitionEpoch !== this.#image.partitionEpoch) return
      this.#update(proposal.newIsr.map(({ brokerId }) => brokerId))
    } else if (taken.type === 'shrink') {
      this.#update(this.#image.isr.filter((member) => member !== taken.id))
    }
  }

  #update(isr: readonly number[]): void {
    this.#image = { ...this.#image, isr, partitionEpoch: this.#image.partitionEpoch + 1 }
    this.state.updated(this.#nowMs, this.#image)
  }

  #check(): void {
    const { state } = this
    const { highWatermark } = state
    expect(highWatermark).toBeGreaterThanOrEqual(this.#highWatermark)
    expect(highWatermark).toBeLessThanOrEqual(state.logEndOffset)
    expect(state.maximalIsr).toEqual(expect.arrayContaining([...state.isr]))
    if (highWatermark > this.#highWatermark) {
      expect(state.isr.length).toBeGreaterThanOrEqual(this.#minIsr)
      for (const member of new Set([...this.#image.isr, ...state.maximalIsr])) {
        expect(this.#ends.get(member) ?? -1).toBeGreaterThanOrEqual(highWatermark)
      }
    }
    this.#highWatermark = highWatermark
  }
}

describe('a led partition', () => {
  it('commits only what all of its ISR have, and never takes it back', () => {
    const minIsr = fc.integer({ min: 1, max: 3 })
    const isr = fc.subarray(followerIds).map((members) => [1, ...members])
    fc.assert(
      fc.property(
        minIsr,
        isr,
        fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
        (min, members, steps) => {
          const life = new Life(min, members)
          for (const each of steps) life.take(each)
        },
      ),
      { numRuns: 300 },
    )
  })
})
