// Prints the runs and the comparison, and keeps them as JSON.

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { BenchOptions, SystemName } from './options.ts'
import { best, type FigureName, type Figures, type Run } from './results.ts'
import { systems } from './systems.ts'
import { workloads } from './workloads.ts'

const shownFigures: readonly [FigureName, title: string, digits: number][] = [
  ['recordsPerSecond', 'records/s', 0],
  ['p50Ms', 'p50 ms', 0],
  ['p99Ms', 'p99 ms', 0],
  ['cpuSecondsPerGb', 'CPU-s per GB', 2],
  ['cpuUserSecondsPerGb', '  user', 2],
  ['cpuSystemSecondsPerGb', '  system', 2],
  ['cpuMicrosecondsPerRecord', 'CPU us per record', 1],
  ['startMs', 'start to first answer, ms', 0],
  ['residentIdleMb', 'resident idle, MB', 0],
  ['residentAfterMb', 'resident after the runs, MB', 0],
  ['residentPeakMb', 'resident at most, MB', 0],
  ['killGapMs', 'kill -9: longest silence, ms', 0],
]

export function machineLines(): string[] {
  const processors = cpus()
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  const javaVersion = execFileSync('java', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return [
    `machine: ${processors.length} x ${processors[0]?.model}, ${gibibytes} GiB`,
    `kernel:  ${release()}, load ${loadavg()[0]?.toFixed(2)}`,
    `Node:    ${process.version}`,
    `Java:    ${javaVersion}`,
  ]
}

export function printRun({ system, round, workload, figures }: Run): void {
  const parts = shownFigures.flatMap(([name, title, digits]) => {
    const value = figures[name]
    return value === undefined ? [] : `${title.trim()} ${format(value, digits)}`
  })
  console.log(`  round ${round} ${system.padEnd(6)} ${workload.padEnd(20)} ${parts.join(', ')}`)
}

/** The best figures of each system side by side, with the ratio of Samsa's to Kafka's. */
export function printComparison(runs: readonly Run[], names: readonly SystemName[]): void {
  const titles = names.map((name) => systems[name].title.padStart(20)).join('')
  console.log(`\n${'best of all rounds'.padEnd(46)}${titles}${'ratio'.padStart(9)}`)
  for (const workload of [...Object.keys(workloads), 'node', 'cluster'] as Run['workload'][]) {
    const ofWorkload = runs.filter((run) => run.workload === workload)
    if (ofWorkload.length === 0) continue
    console.log(titleOf(workload))
    for (const [figure, title, digits] of shownFigures) {
      const values = names.map((name) =>
        best(
          ofWorkload.filter((run) => run.system === name),
          figure,
        ),
      )
      if (values.every((value) => value === undefined)) continue
      const cells = values.map((value) => format(value, digits).padStart(20)).join('')
      console.log(`  ${title.padEnd(44)}${cells}${ratio(values).padStart(9)}`)
    }
  }
}

function titleOf(workload: Run['workload']): string {
  if (workload === 'node') return 'the node'
  if (workload === 'cluster') return 'three nodes: the largest of them'
  return workloads[workload].title
}

function ratio([first, second]: (number | undefined)[]): string {
  if (first === undefined || second === undefined || second === 0) return ''
  return `${(first / second).toFixed(2)}x`
}

function format(value: number | undefined, digits: number): string {
  if (value === undefined) return '-'
  return value.toLocaleString('en', {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  })
}

export function saveResults(options: BenchOptions, runs: readonly Run[]): string {
  const dir = fileURLToPath(new URL('./results/', import.meta.url))
  mkdirSync(dir, { recursive: true })
  const file = `${dir}${new Date().toISOString().replaceAll(':', '-')}.json`
  const content = { machine: machineLines(), options, runs }
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`)
  return file
}

/** CPU of the broker as figures, per gigabyte or per record. */
export function cpuFigures(
  cpu: { userSeconds: number; systemSeconds: number },
  load: { records: number; recordBytes: number },
  per: 'gigabyte' | 'record',
): Figures {
  const seconds = cpu.userSeconds + cpu.systemSeconds
  if (per === 'record') return { cpuMicrosecondsPerRecord: (seconds * 1e6) / load.records }
  const gigabytes = (load.records * load.recordBytes) / 1e9
  return {
    cpuSecondsPerGb: seconds / gigabytes,
    cpuUserSecondsPerGb: cpu.userSeconds / gigabytes,
    cpuSystemSecondsPerGb: cpu.systemSeconds / gigabytes,
  }
}
