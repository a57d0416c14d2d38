// The simulator notices when replication is broken on purpose, each way within 2,000 seeds; most
// take a handful.

import { describe, expect, it } from 'vitest'
import { type Mutation, mutations } from './mutations.ts'
import { runSeed } from './run-seed.ts'

const seedsMax = 2_000
/** Most take a second; the machine may have other things to do. */
const timeoutMs = 120_000

describe('the simulator notices that', () => {
  it.each(Object.entries(mutations))(
    '%s',
    async (_, mutation: Mutation) => {
      const { firstSeed = 1 } = mutation
      for (let seed = firstSeed; seed < firstSeed + seedsMax; seed++) {
        const outcome = await runSeed({ seed, mutation })
        if (outcome.type === 'held') continue
        expect(outcome.error.message).toMatch(/invariant/)
        return
      }
      expect.unreachable(`${seedsMax} seeds did not show it`)
    },
    timeoutMs,
  )
})
