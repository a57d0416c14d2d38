// The command line of the bench.

import { parseArgs } from 'node:util'
import { type WorkloadName, workloadNames } from './workloads.ts'

export type SystemName = 'samsa' | 'kafka'

export interface BenchOptions {
  systems: readonly SystemName[]
  workloads: readonly WorkloadName[]
  rounds: number
  /** Share of the full number of records. */
  scale: number
  /** Size of the file that is written and deleted before each measured run. */
  pageCacheBytes: number
  dataDir: string
  port: number
  /** Flags of Node for Samsa, such as --cpu-prof. */
  nodeFlags: readonly string[]
}

export const help = `Samsa and Apache Kafka 4.3.1 side by side, under Kafka's own perf tools.

Usage: npm run bench -- [options]

  --quick               a fifth of the records, one round, a file of 512 MB
  --rounds N            rounds, the systems in turn; the best of each counts (default 3)
  --only NAME,...       workloads: ${workloadNames.join(', ')}
  --systems NAME,...    samsa, kafka (default both)
  --scale X             share of the full number of records (default 1)
  --page-cache-mb N     file written and deleted before each measured run (default 5000; 0: none)
  --data-dir DIR        where both keep their data, one at a time (default bench/data)
  --port P              first of the ports used: P, P+10000, P+15000, P+20000 (default 12000)
  --node-flags="..."    flags of Node for Samsa, such as "--cpu-prof --cpu-prof-dir=/tmp"
  --help                this text

Needs Java and the jars of \`npm run setup:java\`. Samsa runs from dist/ where \`npm run build\`
made it, from source otherwise. Every run is printed, and kept as JSON in bench/results.`

/** Undefined when help was asked for. Throws on what cannot be. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      systems: { type: 'string' },
      scale: { type: 'string' },
      'page-cache-mb': { type: 'string' },
      'data-dir': { type: 'string' },
      port: { type: 'string', default: '12000' },
      'node-flags': { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const quick = values.quick
  return {
    systems: chosen(values.systems, ['samsa', 'kafka']),
    workloads: chosen(values.only, workloadNames),
    rounds: number('rounds', values.rounds ?? (quick ? '1' : '3')),
    scale: number('scale', values.scale ?? (quick ? '0.2' : '1')),
    pageCacheBytes:
      number('page-cache-mb', values['page-cache-mb'] ?? (quick ? '512' : '5000')) * 1e6,
    dataDir: values['data-dir'] ?? new URL('./data', import.meta.url).pathname,
    port: number('port', values.port),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
  }
}

function chosen<Name extends string>(text: string | undefined, all: readonly Name[]): Name[] {
  if (text === undefined) return [...all]
  return text.split(',').map((name) => {
    const found = all.find((each) => each === name)
    if (found === undefined) throw new Error(`'${name}' is none of ${all.join(', ')}`)
    return found
  })
}

function number(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text} is not a number`)
  return value
}
