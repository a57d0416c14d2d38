// The simulator notices when safety is broken on purpose, each way within 2,000 seeds; most take a
// handful.

import { describe, expect, it } from 'vitest'
import { mutations } from './mutations.ts'
import { runSeed } from './run-seed.ts'

const seedsMax = 2_000

describe('the simulator notices that', () => {
  it('any of the invariants 1 to 11 is broken: each has a mistake of its own', () => {
    const broken = new Set(Object.values(mutations).map(({ breaks }) => breaks))
    expect([...broken].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it.each(Object.entries(mutations))('%s', (_, mutation) => {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const outcome = runSeed({ seed, mutation })
      if (outcome.type === 'held') continue
      expect(outcome.error.message).toMatch(/invariant/)
      return
    }
    expect.unreachable(`${seedsMax} seeds did not show it`)
  })
})
