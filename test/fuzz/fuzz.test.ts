// Each fuzz target for a few seconds, from a fixed seed: `npm run fuzz` does the same for as long
// as one likes, from other seeds. What broke here is printed with the command that replays it.

import { describe, expect, it } from 'vitest'
import { describeFinding, runTarget } from './engine/run-target.ts'
import { targets } from './targets.ts'

const seed = 20_261_122
const timeMaxMs = 20_000
const testTimeoutMs = 90_000

describe('hostile input is answered or refused, quickly and within bounds:', () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    '%s',
    async (_name, target) => {
      const runsMax = target.shortRuns
      const report = await runTarget(target, { seed, runsMax, timeMaxMs, findingsMax: 1 })
      expect(report.findings.map(describeFinding).join('\n')).toBe('')
      expect(report.runs).toBeGreaterThan(0)
    },
    testTimeoutMs,
  )
})
