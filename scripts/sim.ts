// Runs the simulators over many seeds: `npm run sim -- --what raft|replica --seeds 5000 --seed 1`,
// both where none is named. Prints each seed that broke an invariant with the command that replays
// it, and fails if there was one. Says on stderr how far it is.

import { parseArgs } from 'node:util'
import { runSeed as runRaft } from '../test/simulation/raft/run-seed.ts'
import { runSeed as runReplica } from '../test/simulation/replica/run-seed.ts'

const progressEveryMs = 10_000
const simulators = { raft: runRaft, replica: runReplica }

const { values } = parseArgs({
  options: {
    what: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})

const first = Number(values.seed)
const count = Number(values.seeds)
const { what } = values
const isKnown = what === undefined || Object.hasOwn(simulators, what)
if (!isKnown || !Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write(
    'usage: npm run sim -- [--what raft|replica] [--seeds COUNT] [--seed FIRST] [--trace]\n',
  )
  process.exit(2)
}

const log = values.trace ? { log: (line: string) => process.stdout.write(`${line}\n`) } : {}
let broken = 0
for (const [name, runSeed] of Object.entries(simulators)) {
  if (what === undefined || what === name) broken += await runSeeds(name, runSeed)
}
process.exitCode = broken > 0 ? 1 : 0

/** How many seeds broke something. */
async function runSeeds(name: string, runSeed: typeof runRaft | typeof runReplica) {
  const startedMs = performance.now()
  const totals = new Map<string, number>()
  let brokenHere = 0
  let saidAtMs = startedMs
  for (let seed = first; seed < first + count; seed++) {
    if (performance.now() - saidAtMs >= progressEveryMs) {
      saidAtMs = performance.now()
      process.stderr.write(`${name}: ${seed - first} of ${count} seeds, ${brokenHere} broken\n`)
    }
    const outcome = await runSeed({ seed, ...log })
    if (outcome.type === 'broken') {
      brokenHere++
      process.stdout.write(`${outcome.error.message}\n`)
      continue
    }
    for (const [field, value] of Object.entries(outcome.report)) {
      if (field !== 'seed') totals.set(field, (totals.get(field) ?? 0) + value)
    }
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const summary = [...totals].map(([field, value]) => `${field} ${value}`).join(', ')
  process.stdout.write(
    `${name}: ${count} seeds from ${first} in ${seconds} s, ${brokenHere} broken; ${summary}\n`,
  )
  return brokenHere
}
