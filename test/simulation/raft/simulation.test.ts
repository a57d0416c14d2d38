// Quorums under faults hold their invariants and come together afterwards: seeds that are always
// the same, and some that no run has seen. Thousands more with `npm run sim -- --seeds 5000`.

import { describe, expect, it } from 'vitest'
import { runSeed } from './run-seed.ts'

const fixedSeeds = Array.from({ length: 20 }, (_, index) => index + 1)
const firstFresh = Math.floor(Math.random() * 1_000_000_000)
const freshSeeds = Array.from({ length: 5 }, (_, index) => firstFresh + index)

describe('a simulated quorum', () => {
  it.each([...fixedSeeds, ...freshSeeds])('keeps every invariant with seed %i', (seed) => {
    const outcome = runSeed({ seed })
    if (outcome.type === 'broken') throw outcome.error
    expect(outcome.report.committed).toBeGreaterThan(0)
  })

  it('plays the same seed the same way', () => {
    const lines: [string[], string[]] = [[], []]
    for (const run of lines) runSeed({ seed: 4, log: (line) => run.push(line) })
    expect(lines[0].length).toBeGreaterThan(100)
    expect(lines[1]).toEqual(lines[0])
  })

  it('reaches what it is there to test', () => {
    const total = { elections: 0, reads: 0, snapshotsInstalled: 0, quorumChanges: 0, repairs: 0 }
    for (const seed of fixedSeeds) {
      const outcome = runSeed({ seed })
      if (outcome.type === 'broken') throw outcome.error
      for (const name of Object.keys(total) as (keyof typeof total)[]) {
        total[name] += outcome.report[name]
      }
    }
    for (const [name, count] of Object.entries(total)) expect(count, name).toBeGreaterThan(3)
  })
})
