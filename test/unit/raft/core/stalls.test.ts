// A machine with more to do than it can: voters that stand still themselves, and leaders whose
// heartbeats come late, cost no leader; one that is gone is given up in time all the same.

import { defaultRaftOptions as options } from '@samsa/raft/core/options'
import { Patience } from '@samsa/raft/core/patience'
import { type VoterId, voterId } from '@samsa/raft/core/types'
import { Voter } from '@samsa/raft/core/voter'
import { describe, expect, it } from 'vitest'

const self = voterId(1, 'a')
const other = voterId(2, 'a')
const third = voterId(3, 'a')
const { heartbeatMs, electionTimeoutMinMs, electionTimeoutMaxMs } = options

function makeVoter(): Voter {
  return new Voter({
    id: self,
    options,
    restored: {
      hardState: null,
      snapshot: null,
      entries: [],
      base: { index: 0, term: 0 },
      commit: 0,
      bootstrap: { voters: [self, other, third], outgoing: [], learners: [] },
      damaged: false,
    },
    nowMs: 0,
    random: () => 0.5,
    checksum: () => 0,
  })
}

/** Has it elected in term 1, and its disk done at once. */
function makeLeader(nowMs: number): Voter {
  const voter = makeVoter()
  const give = (...inputs: Parameters<Voter['stepAll']>[1]) => {
    const effects = voter.stepAll(nowMs, inputs)
    const persist = effects.findLast((effect) => effect.type === 'persist')
    if (persist !== undefined) voter.step(nowMs, { type: 'durable', token: persist.token })
  }
  give({ type: 'campaign' })
  for (const preVote of [true, false]) {
    const message = { type: 'vote', term: 1, preVote, granted: true } as const
    give({ type: 'message', from: other, message })
  }
  expect(voter.status.role).toBe('leader')
  return voter
}

function heartbeat(voter: Voter, nowMs: number, from: VoterId = other): void {
  const message = { type: 'heartbeat', term: 1, commit: 0, round: 1 } as const
  voter.step(nowMs, { type: 'message', from, message })
}

/** Ticks whenever it wants to, until it stands; how long it waited. */
function silenceUntilItStands(voter: Voter, fromMs: number): number {
  for (;;) {
    const nowMs = voter.nextDeadlineMs
    voter.step(nowMs, { type: 'tick' })
    if (voter.status.role !== 'follower') return nowMs - fromMs
  }
}

describe('a leader that stood still', () => {
  it('does not hold its own stall against its followers', () => {
    const voter = makeLeader(0)
    voter.step(3_000, { type: 'tick' })
    expect(voter.status.role).toBe('leader')
  })

  it('steps down when they stay silent', () => {
    const voter = makeLeader(0)
    voter.step(3_000, { type: 'tick' })
    const endMs = 3_000 + electionTimeoutMinMs + heartbeatMs
    while (voter.nextDeadlineMs <= endMs && voter.status.role === 'leader') {
      voter.step(voter.nextDeadlineMs, { type: 'tick' })
    }
    expect(voter.status.role).not.toBe('leader')
  })
})

describe('a follower that stood still', () => {
  it('lets what waits in its sockets be read before it stands', () => {
    const voter = makeVoter()
    heartbeat(voter, 0)
    voter.step(5_000, { type: 'tick' })
    expect(voter.status.role).toBe('follower')
    expect(voter.status.leader).toBe(other)
    expect(voter.nextDeadlineMs).toBeLessThanOrEqual(5_000 + electionTimeoutMinMs)
  })

  it('stands at last, however late it always is', () => {
    const voter = makeVoter()
    heartbeat(voter, 0)
    voter.step(2_000, { type: 'tick' })
    voter.step(voter.nextDeadlineMs + 500, { type: 'tick' })
    expect(voter.status.role).toBe('preCandidate')
  })
})

describe('a follower of a leader that has been late', () => {
  it('waits longer than one of a leader that never was', () => {
    const [calm, busy] = [makeVoter(), makeVoter()]
    for (let ms = 0; ms <= 1_000; ms += heartbeatMs) heartbeat(calm, ms)
    for (const ms of [0, 80, 160, 500, 580, 660, 1_000]) heartbeat(busy, ms)
    const calmMs = silenceUntilItStands(calm, 960)
    expect(calmMs).toBeLessThanOrEqual(electionTimeoutMaxMs)
    expect(silenceUntilItStands(busy, 1_000)).toBe(2 * calmMs)
  })

  it('grants nobody a vote meanwhile', () => {
    const voter = makeVoter()
    for (const ms of [0, 350]) heartbeat(voter, ms)
    const message = {
      type: 'requestVote',
      term: 2,
      lastIndex: 9,
      lastTerm: 9,
      preVote: true,
      transfer: false,
    } as const
    const answer = (nowMs: number) => voter.step(nowMs, { type: 'message', from: third, message })
    expect(answer(350 + electionTimeoutMinMs + 1)).toEqual([])
    expect(answer(350 + 2 * electionTimeoutMinMs)).toMatchObject([{ message: { granted: true } }])
  })

  it('forgets how late it was after a while, and never waits more than twice as long', () => {
    const patience = new Patience(options)
    expect(patience.factor(0)).toBe(1)
    patience.silenceEnded(1_000, 10_000)
    expect(patience.factor(1_000)).toBe(2)
    patience.silenceEnded(14_000, 200)
    expect(patience.factor(20_000)).toBe(2)
    expect(patience.factor(60_000)).toBe(1)
  })
})
