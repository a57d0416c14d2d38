// Replicated partitions under faults hold their invariants and come together afterwards: seeds that
// are always the same, and some that no run has seen. Thousands more with
// `npm run sim -- --what replica --seeds 5000`.

import { describe, expect, it } from 'vitest'
import { runSeed } from './run-seed.ts'
import type { Report } from './simulation.ts'

const blockSeeds = 20
const fixedBlocks = Array.from({ length: 9 }, (_, index) => index * blockSeeds + 1)
const firstFresh = Math.floor(Math.random() * 1_000_000_000)

async function runBlock(first: number): Promise<Report[]> {
  const reports: Report[] = []
  for (let seed = first; seed < first + blockSeeds; seed++) {
    const outcome = await runSeed({ seed })
    if (outcome.type === 'broken') throw outcome.error
    reports.push(outcome.report)
  }
  return reports
}

function sum(reports: readonly Report[], field: keyof Report): number {
  return reports.reduce((total, report) => total + report[field], 0)
}

describe('simulated partitions', () => {
  it.each([...fixedBlocks, firstFresh])(
    'keep every invariant with 20 seeds from %i',
    async (seed) => {
      const reports = await runBlock(seed)
      expect(sum(reports, 'acknowledged')).toBeGreaterThan(100)
      const events = ['crashes', 'elections', 'isrChanges', 'read'] as const
      for (const field of events) expect(sum(reports, field), field).toBeGreaterThan(3)
    },
  )

  it('play the same seed the same way', async () => {
    const lines: [string[], string[]] = [[], []]
    for (const run of lines) await runSeed({ seed: 4, log: (line) => run.push(line) })
    expect(lines[0].length).toBeGreaterThan(50)
    expect(lines[1]).toEqual(lines[0])
  })

  it('reach what they are there to test', async () => {
    const reports = await runBlock(1)
    for (const field of ['powerCuts', 'lastResorts'] as const) {
      expect(sum(reports, field), field).toBeGreaterThan(0)
    }
  })
})
