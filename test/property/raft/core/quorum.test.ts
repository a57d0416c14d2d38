// Arithmetic of quorums against what it means: sets of voters.

import { change, hasQuorum, leaveJoint, quorumValue } from '@samsa/raft/core/configuration'
import { type Configuration, type VoterId, voterId } from '@samsa/raft/core/types'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const voters = fc.uniqueArray(
  fc.integer({ min: 1, max: 7 }).map((node) => voterId(node, 'a')),
  { minLength: 1, maxLength: 7 },
)
const configuration: fc.Arbitrary<Configuration> = fc.record({
  voters,
  outgoing: fc.oneof(fc.constant([]), voters),
  learners: fc.constant([]),
})
const someone = fc.uniqueArray(fc.integer({ min: 1, max: 7 }).map((node) => voterId(node, 'a')))

describe('quorums', () => {
  it('of one configuration always meet', () => {
    fc.assert(
      fc.property(configuration, someone, someone, (quorum, a, b) => {
        const both = [a, b].every((set) => hasQuorum(quorum, (id) => set.includes(id)))
        if (both) expect(a.some((id) => b.includes(id))).toBe(true)
      }),
    )
  })

  it('of each step of a change meet those of the step before', () => {
    fc.assert(
      fc.property(voters, voters, someone, someone, (before, after, a, b) => {
        const old = { voters: before, outgoing: [], learners: [] }
        const joint = change(old, { voters: after, learners: [] })
        if (joint === null) return
        const inA = (id: VoterId) => a.includes(id)
        const inB = (id: VoterId) => b.includes(id)
        const meet = a.some((id) => b.includes(id))
        if (hasQuorum(old, inA) && hasQuorum(joint, inB)) expect(meet).toBe(true)
        if (hasQuorum(joint, inA) && hasQuorum(leaveJoint(joint), inB)) expect(meet).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('have reached a value if and only if those who have are one', () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 7, maxLength: 7 })
    fc.assert(
      fc.property(configuration, values, (quorum, of) => {
        const valueOf = (id: VoterId) => of[Number(id.split('@')[0]) - 1] ?? 0
        const reached = quorumValue(quorum, valueOf)
        expect(hasQuorum(quorum, (id) => valueOf(id) >= reached)).toBe(true)
        expect(hasQuorum(quorum, (id) => valueOf(id) > reached)).toBe(false)
      }),
    )
  })
})
