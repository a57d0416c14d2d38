// Which voters count as level with their leader.

import { describe, expect, it } from 'vitest'
import { quorumFacts } from '../../../../operator/cluster/quorum-facts.ts'

const member = (id: number, over: object = {}) => ({
  id,
  directoryId: `dir-${id}`,
  isVoter: true,
  logEndOffset: 100,
  lastFetchMs: 50_000,
  lastCaughtUpMs: 50_000,
  listeners: [],
  ...over,
})
const quorum = (members: ReturnType<typeof member>[], leaderId = 1) => ({
  leaderId,
  epoch: 3,
  highWatermark: 100,
  members,
})

describe('a voter', () => {
  it('is level with the leader when it has all and was heard just now', () => {
    const late = member(2, { lastCaughtUpMs: 46_000 })
    const behind = member(3, { logEndOffset: 99 })
    const level = member(4, { lastCaughtUpMs: 49_000 })
    const facts = quorumFacts(quorum([member(1), late, behind, level]))
    expect(facts.caughtUp).toEqual([1, 4])
  })

  it('is level with nobody while nobody leads', () => {
    expect(quorumFacts(quorum([member(1), member(2)], -1)).caughtUp).toEqual([])
  })

  it('is told apart from who only follows', () => {
    const facts = quorumFacts(quorum([member(1), member(2, { isVoter: false })]))
    expect(facts.voters).toEqual([1])
    expect([...facts.observerDirectories]).toEqual([[2, 'dir-2']])
  })
})
