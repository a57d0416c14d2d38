// Runs the simulator of the Raft quorum over many seeds: `npm run sim -- --seeds 5000 --seed 1`.
// Prints each seed that broke an invariant with the command that replays it, and fails if there was
// one.

import { parseArgs } from 'node:util'
import { runSeed } from '../test/simulation/raft/run-seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})

const first = Number(values.seed)
const count = Number(values.seeds)
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write('usage: npm run sim -- [--seeds COUNT] [--seed FIRST] [--trace]\n')
  process.exit(2)
}

const startedMs = performance.now()
const totals = new Map<string, number>()
let broken = 0
for (let seed = first; seed < first + count; seed++) {
  const log = values.trace ? { log: (line: string) => process.stdout.write(`${line}\n`) } : {}
  const outcome = runSeed({ seed, ...log })
  if (outcome.type === 'broken') {
    broken++
    process.stdout.write(`${outcome.error.message}\n`)
    continue
  }
  for (const [name, value] of Object.entries(outcome.report)) {
    if (name !== 'seed') totals.set(name, (totals.get(name) ?? 0) + value)
  }
}
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
const summary = [...totals].map(([name, value]) => `${name} ${value}`).join(', ')
process.stdout.write(`${count} seeds from ${first} in ${seconds} s, ${broken} broken; ${summary}\n`)
process.exitCode = broken > 0 ? 1 : 0
