// Finding where two logs agree, against comparing them entry by entry.

import { RaftLog } from '@samsa/raft/core/log'
import type { Entry } from '@samsa/raft/core/types'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

function logOf(terms: readonly number[]): RaftLog {
  const entries = terms.map((term, at): Entry => ({ type: 'noop', index: at + 1, term }))
  return new RaftLog({
    hardState: null,
    snapshot: null,
    entries,
    base: { index: 0, term: 0 },
    commit: 0,
    bootstrap: { voters: [], outgoing: [], learners: [] },
    damaged: false,
  })
}

/** Terms that never fall. */
const terms = fc
  .array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 })
  .map((drawn) => drawn.toSorted((a, b) => a - b))

describe('two logs', () => {
  it('find where they agree, never going back behind it', () => {
    fc.assert(
      fc.property(terms, terms, terms, (common, leaderRest, followerRest) => {
        const from = common.at(-1) ?? 1
        const after = (rest: number[]) => rest.filter((term) => term >= from)
        const leader = logOf([...common, ...after(leaderRest)])
        const follower = logOf([...common, ...after(followerRest)])
        let probe = leader.lastIndex
        for (let exchanges = 0; follower.termAt(probe) !== leader.termAt(probe); exchanges++) {
          expect(exchanges).toBeLessThan(12)
          const term = leader.termAt(probe) ?? 0
          const hint = follower.lastAgreeing({ index: probe, term })
          const next = Math.min(probe - 1, leader.lastAgreeing(hint).index)
          expect(next).toBeLessThan(probe)
          probe = next
        }
        // Nothing that the logs have in common is sent again but for the entry they agree on.
        expect(probe).toBeGreaterThanOrEqual(Math.min(common.length, leader.lastIndex))
      }),
    )
  })
})
