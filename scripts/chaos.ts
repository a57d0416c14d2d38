// `npm run chaos -- --minutes M --seed S`: a real cluster under random faults while producers and
// consumers write a history, which a checker then judges. Ends with 0 only when it finds nothing.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FaultName, faultNames, faults } from '../test/support/chaos/faults.ts'
import { runChaos } from '../test/support/chaos/run-chaos.ts'
import {
  isInSandbox,
  isSandboxSettled,
  runInSandbox,
  settleInSandbox,
} from '../test/support/chaos/sandbox.ts'

const help = `A cluster under random faults, and the judgement of what its clients saw.

Usage: npm run chaos -- [options]

  --minutes M       how long faults go on (default 5)
  --seed S          what they are (default: by the clock; it is printed)
  --nodes N         nodes of the cluster (default 3)
  --partitions P    partitions of the topic (default 6)
  --faults NAME,... ${faultNames.join(', ')} (default: all that this system can do)
  --system NAME     samsa or kafka (default samsa)
  --dir DIR         where the history goes (default .cache/chaos/SEED)

As root it runs in namespaces of its own, where it can break networks and disks. The same seed and
options give the same faults.`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    nodes: { type: 'string', default: '3' },
    partitions: { type: 'string', default: '6' },
    faults: { type: 'string' },
    system: { type: 'string', default: 'samsa' },
    dir: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.help) {
    console.log(help)
    return 0
  }
  const kind = values.system === 'kafka' ? 'kafka' : 'samsa'
  const seed = number('seed', values.seed)
  const dir = values.dir ?? fileURLToPath(new URL(`../.cache/chaos/${seed}`, import.meta.url))
  const chosen = chooseFaults(values.faults, kind)
  console.log(`seed ${seed}, faults: ${chosen.join(', ')}`)
  const report = await runChaos({
    kind,
    seed,
    dir,
    faults: chosen,
    durationMs: number('minutes', values.minutes) * 60_000,
    nodes: number('nodes', values.nodes),
    partitions: number('partitions', values.partitions),
    log: (line) => console.log(line),
  })
  const { anomalies, acked, committed } = report
  console.log(
    `${report.faults} faults, ${acked} records acknowledged, ${committed} transactions committed, ` +
      `${anomalies.length} anomalies, ` +
      `at most ${report.slowestProgressMs} ms from a heal to progress; ` +
      `history in ${join(dir, 'history.jsonl')}`,
  )
  if (anomalies.length > 0)
    console.log(`again: npm run chaos -- ${process.argv.slice(2).join(' ')}`)
  return anomalies.length === 0 ? 0 : 1
}

/** All that were asked for, or all that can be done here. */
function chooseFaults(text: string | undefined, kind: 'samsa' | 'kafka'): FaultName[] {
  const isPossible = (name: FaultName) => {
    const { needs } = faults[name]
    if (needs === 'samsa') return kind === 'samsa'
    return needs === 'processes' || isInSandbox()
  }
  if (text === undefined) return faultNames.filter(isPossible)
  return text.split(',').map((wanted) => {
    const found = faultNames.find((name) => name === wanted)
    if (found === undefined) throw new Error(`'${wanted}' is none of ${faultNames.join(', ')}`)
    if (!isPossible(found)) throw new Error(`'${wanted}' cannot be done here`)
    return found
  })
}

function number(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text} is not a number`)
  return value
}

if (isInSandbox()) settleInSandbox()
try {
  const isOuter = !isSandboxSettled() && !values.help
  process.exitCode = isOuter
    ? await runInSandbox(process.execPath, process.argv.slice(1))
    : await main()
} catch (error) {
  console.error(`chaos: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
// Frozen or cut-off sockets may keep the process alive for minutes.
process.exit()
