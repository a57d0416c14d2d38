// What a voter bounds and refuses. How voters come to agree is told by the scenarios and tried by
// the simulator.

import type { Effect } from '@samsa/raft/core/effects'
import type { Message } from '@samsa/raft/core/messages'
import { defaultRaftOptions, type RaftOptions } from '@samsa/raft/core/options'
import type { RestoredState, VoterId } from '@samsa/raft/core/types'
import { voterId } from '@samsa/raft/core/types'
import { Voter } from '@samsa/raft/core/voter'
import { describe, expect, it } from 'vitest'

const self = voterId(1, 'a')
const other = voterId(2, 'a')
const third = voterId(3, 'a')

class Harness {
  readonly voter: Voter
  nowMs = 0

  constructor(options: Partial<RaftOptions> = {}, restored: Partial<RestoredState> = {}) {
    this.voter = new Voter({
      id: self,
      options: { ...defaultRaftOptions, ...options },
      restored: {
        hardState: null,
        snapshot: null,
        entries: [],
        base: { index: 0, term: 0 },
        commit: 0,
        bootstrap: { voters: [self, other, third], outgoing: [], learners: [] },
        damaged: false,
        ...restored,
      },
      nowMs: 0,
      random: () => 0.5,
      checksum: () => 0,
    })
  }

  /** Steps, and lets the disk finish at once. */
  step(...inputs: Parameters<Voter['stepAll']>[1]): Effect[] {
    const effects = this.voter.stepAll(this.nowMs, inputs)
    const persist = effects.findLast((effect) => effect.type === 'persist')
    if (persist === undefined) return effects
    return [...effects, ...this.step({ type: 'durable', token: persist.token })]
  }

  receive(from: VoterId, message: Message): Effect[] {
    return this.step({ type: 'message', from, message })
  }

  lead(): void {
    this.step({ type: 'campaign' })
    this.receive(other, { type: 'vote', term: 1, preVote: true, granted: true })
    this.receive(other, { type: 'vote', term: 1, preVote: false, granted: true })
    expect(this.voter.status.role).toBe('leader')
    for (const from of [other, third])
      this.receive(from, { type: 'appended', term: 1, matchIndex: 2 })
    expect(this.voter.status.commit).toBe(2)
  }

  propose(...data: Buffer[]): Effect[] {
    return this.step({ type: 'propose', requestId: 1, data })
  }
}

function appendsTo(to: VoterId, effects: readonly Effect[]) {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === to && effect.message.type === 'append'
      ? [effect.message]
      : [],
  )
}

describe('a leader', () => {
  it('has no more appends under way than it may, and goes on when they are answered', () => {
    const harness = new Harness({ inflightAppendsMax: 2 })
    harness.lead()
    const sent = [1, 2, 3, 4].map(
      (each) => appendsTo(other, harness.propose(Buffer.from(`${each}`))).length,
    )
    expect(sent).toEqual([1, 1, 0, 0])
    const more = harness.receive(other, { type: 'appended', term: 1, matchIndex: 3 })
    expect(appendsTo(other, more).flatMap(({ entries }) => entries)).toHaveLength(2)
  })

  it('has no more bytes under way than it may', () => {
    const harness = new Harness({ inflightBytesMax: 1_000, appendBytesMax: 600 })
    harness.lead()
    const effects = harness.propose(...Array.from({ length: 10 }, () => Buffer.alloc(500)))
    expect(appendsTo(other, effects).map(({ entries }) => entries.length)).toEqual([1, 1])
  })

  it('puts what comes together into one persist and one append', () => {
    const harness = new Harness()
    harness.lead()
    const inputs = [1, 2, 3].map(
      (requestId) => ({ type: 'propose', requestId, data: [Buffer.from('x')] }) as const,
    )
    const effects = harness.voter.stepAll(0, inputs)
    expect(effects.filter(({ type }) => type === 'persist')).toHaveLength(1)
    expect(appendsTo(third, effects).map(({ entries }) => entries.length)).toEqual([3])
  })

  it('takes all of a proposal or none of it', () => {
    const harness = new Harness({ entryBytesMax: 10 })
    harness.lead()
    const effects = harness.propose(Buffer.alloc(1), Buffer.alloc(11))
    expect(effects).toEqual([
      { type: 'proposalRefused', requestId: 1, reason: 'tooLarge', leader: self },
    ])
    expect(harness.voter.status.last.index).toBe(2)
  })

  it('refuses proposals while too much is uncommitted, and takes them again after', () => {
    const harness = new Harness({ uncommittedBytesMax: 100 })
    harness.lead()
    const types = () => harness.propose(Buffer.alloc(90)).map(({ type }) => type)
    expect(types()).toContain('proposed')
    expect(types()).toContain('proposalRefused')
    harness.receive(other, { type: 'appended', term: 1, matchIndex: 3 })
    expect(types()).toContain('proposed')
  })

  it('takes one proposal that is larger than what may be uncommitted, when nothing else is', () => {
    const harness = new Harness({ uncommittedBytesMax: 100 })
    harness.lead()
    expect(harness.propose(Buffer.alloc(500)).map(({ type }) => type)).toContain('proposed')
  })

  it('refuses a proposal that was meant for another term', () => {
    const harness = new Harness()
    harness.lead()
    const effects = harness.step({ type: 'propose', requestId: 5, term: 2, data: [] })
    expect(effects).toEqual([
      { type: 'proposalRefused', requestId: 5, reason: 'notLeader', leader: self },
    ])
  })

  it('refuses more reads than it may hold', () => {
    const harness = new Harness({ pendingReadsMax: 1 })
    harness.lead()
    harness.step({ type: 'read', requestId: 1 })
    expect(harness.step({ type: 'read', requestId: 2 })).toEqual([
      { type: 'readRefused', requestId: 2, reason: 'tooManyReads', leader: self },
    ])
  })

  it('stops when a follower claims more than there is: something is badly wrong', () => {
    const harness = new Harness()
    harness.lead()
    expect(() => harness.receive(other, { type: 'appended', term: 1, matchIndex: 99 })).toThrow(
      'broken invariant',
    )
  })

  it('stops when another leads the same term', () => {
    const harness = new Harness()
    harness.lead()
    const heartbeat = { type: 'heartbeat', term: 1, commit: 0, round: 1 } as const
    expect(() => harness.receive(other, heartbeat)).toThrow('leads term 1 too')
  })
})

describe('a voter', () => {
  it('is not moved by a clock that goes back', () => {
    const harness = new Harness()
    harness.nowMs = 10_000
    harness.lead()
    harness.nowMs = 0
    expect(harness.step({ type: 'tick' })).toEqual([])
    expect(harness.voter.status.role).toBe('leader')
    expect(harness.voter.nextDeadlineMs).toBeGreaterThan(10_000)
  })

  it('follows after a restart what it led before, and stands in a later term', () => {
    const harness = new Harness(
      {},
      {
        hardState: { term: 4, votedFor: self, damagedInTerm: null },
        entries: [{ type: 'noop', index: 1, term: 4 }],
      },
    )
    expect(harness.voter.status.role).toBe('follower')
    harness.step({ type: 'campaign' })
    harness.receive(third, { type: 'vote', term: 5, preVote: true, granted: true })
    expect(harness.voter.status.term).toBe(5)
  })

  it('asks for votes when its own is on disk, and counts it then', () => {
    const harness = new Harness()
    harness.step({ type: 'campaign' })
    const granted = { type: 'vote', term: 1, preVote: true, granted: true } as const
    const effects = harness.voter.step(0, { type: 'message', from: other, message: granted })
    const [persist] = effects.filter((effect) => effect.type === 'persist')
    const sends = effects.filter((effect) => effect.type === 'send')
    expect(persist?.hardState?.votedFor).toBe(self)
    expect(sends).toHaveLength(2)
    for (const send of sends) expect(send.after).toBe(persist?.token)
  })

  it('knows as a leader whom it followed before, and forgets it with its office', () => {
    const harness = new Harness()
    harness.nowMs = 100
    harness.receive(third, { type: 'heartbeat', term: 0, round: 1, commit: 0 })
    harness.nowMs = 1_000
    harness.lead()
    expect(harness.voter.status.followed).toEqual({ leader: third, heardMs: 100 })
    harness.receive(other, { type: 'laterTerm', term: 5 })
    expect(harness.voter.status.followed).toBeNull()
  })

  it('has nothing to take a snapshot of before it has heard of a quorum', () => {
    const harness = new Harness(
      {},
      {
        bootstrap: { voters: [], outgoing: [], learners: [] },
        hardState: { term: 1, votedFor: null, damagedInTerm: null },
        entries: [{ type: 'noop', index: 1, term: 1 }],
        commit: 1,
      },
    )
    harness.step({ type: 'tick' })
    expect(harness.voter.status.applied).toBe(1)
    expect(harness.voter.describeSnapshot(1)).toBeNull()
  })

  it('refuses options that could not work', () => {
    expect(() => new Harness({ heartbeatMs: 200 })).toThrow('one lost heartbeat')
    expect(() => new Harness({ electionTimeoutMaxMs: 300 })).toThrow('election timeouts differ')
  })
})
