// Quorums, joint ones among them: who counts, and which changes are allowed.

import {
  change,
  hasQuorum,
  isJoint,
  isVoter,
  leaveJoint,
  membersOf,
  noVoters,
  quorumValue,
} from '@samsa/raft/core/configuration'
import { nodeIdOf, type VoterId, voterId } from '@samsa/raft/core/types'
import { describe, expect, it } from 'vitest'

const [a, b, c, d] = [1, 2, 3, 4].map((node) => voterId(node, 'dir')) as [
  VoterId,
  VoterId,
  VoterId,
  VoterId,
]
const three = { voters: [a, b, c], outgoing: [], learners: [] }
const agree =
  (...ids: VoterId[]) =>
  (id: VoterId) =>
    ids.includes(id)

describe('a quorum', () => {
  it('is more than half', () => {
    expect(hasQuorum(three, agree(a))).toBe(false)
    expect(hasQuorum(three, agree(a, b))).toBe(true)
    const four = { ...three, voters: [a, b, c, d] }
    expect(hasQuorum(four, agree(a, b))).toBe(false)
    expect(hasQuorum(four, agree(a, b, d))).toBe(true)
  })

  it('is never there without voters', () => {
    expect(hasQuorum(noVoters, () => true)).toBe(false)
    expect(quorumValue(noVoters, () => 7)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('needs both majorities while a change is joint', () => {
    const joint = { voters: [c, d], outgoing: [a, b, c], learners: [] }
    expect(hasQuorum(joint, agree(c, d))).toBe(false)
    expect(hasQuorum(joint, agree(a, b, c))).toBe(false)
    expect(hasQuorum(joint, agree(a, c, d))).toBe(true)
  })

  it('does not count learners', () => {
    const withLearners = { voters: [a], outgoing: [], learners: [b, c] }
    expect(hasQuorum(withLearners, agree(b, c))).toBe(false)
    expect(isVoter(withLearners, b)).toBe(false)
    expect(membersOf(withLearners)).toEqual(new Set([a, b, c]))
  })

  it('has reached what its slowest needed voter has', () => {
    const match = new Map([
      [a, 9],
      [b, 5],
      [c, 2],
      [d, 7],
    ])
    const valueOf = (id: VoterId) => match.get(id) ?? 0
    expect(quorumValue(three, valueOf)).toBe(5)
    expect(quorumValue({ voters: [a, d], outgoing: [b, c], learners: [] }, valueOf)).toBe(2)
  })
})

describe('a change', () => {
  it('of voters is joint, and ends with the new ones alone', () => {
    const joint = change(three, { voters: [b, c, d], learners: [a, b] })
    expect(joint).toEqual({ voters: [b, c, d], outgoing: [a, b, c], learners: [a] })
    if (joint === null) throw new Error('there is a change')
    expect(isJoint(joint)).toBe(true)
    expect(leaveJoint(joint)).toEqual({ voters: [b, c, d], outgoing: [], learners: [a] })
  })

  it('of learners alone needs no joint step', () => {
    expect(change(three, { voters: [c, b, a], learners: [d] })).toEqual({
      voters: [c, b, a],
      outgoing: [],
      learners: [d],
    })
  })

  it('to what is there already is none', () => {
    expect(change(three, { voters: [c, a, b, a], learners: [a] })).toBeNull()
  })

  it('does not begin before the one before it has ended', () => {
    expect(() => change({ ...three, outgoing: [a] }, { voters: [b], learners: [] })).toThrow(
      'broken invariant',
    )
  })
})

describe('a voter id', () => {
  it('tells two disks of one node apart', () => {
    expect(voterId(3, 'x')).not.toBe(voterId(3, 'y'))
    expect(nodeIdOf(voterId(31, 'x@y'))).toBe(31)
  })
})
