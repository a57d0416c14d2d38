// Fuzzes the readers of everything that comes from outside: `npm run fuzz -- --minutes 10`, one
// target with --target NAME, from --seed N (the hour's otherwise) and for --runs N inputs at most.
// Prints what broke with the seed that replays it, and fails if anything did.

import { parseArgs } from 'node:util'
import { describeFinding, type Finding, runTarget } from '../test/fuzz/engine/run-target.ts'
import { targets } from '../test/fuzz/targets.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000)) },
    runs: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const runsMax = values.runs === undefined ? Number.POSITIVE_INFINITY : Number(values.runs)
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target)
if (chosen.length === 0 || !(minutes > 0) || !Number.isSafeInteger(seed) || !(runsMax > 0)) {
  const names = targets.map(({ name }) => name).join('|')
  process.stderr.write(
    `usage: npm run fuzz -- [--minutes M] [--target ${names}] [--seed N] [--runs N]\n`,
  )
  process.exit(2)
}

const timeMaxMs = (minutes * 60_000) / chosen.length
let findings = 0
for (const target of chosen) {
  const startedMs = performance.now()
  const report = await runTarget(target, { seed, runsMax, timeMaxMs, onFinding })
  findings += report.findings.length
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const megabytes = (report.bytes / 1e6).toFixed(1)
  process.stdout.write(
    `${target.name}: ${report.runs} inputs from seed ${seed}, ${megabytes} MB in ${seconds} s, ` +
      `${report.findings.length} findings\n`,
  )
}

function onFinding(finding: Finding): void {
  process.stdout.write(`${describeFinding(finding)}\n\n`)
}
process.exitCode = findings > 0 ? 1 : 0
