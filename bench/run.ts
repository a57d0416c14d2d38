// `npm run bench`: Samsa and Apache Kafka in turn on this machine, under Kafka's own perf tools,
// and the table of both. Fair by protocol: the same tools, disk and topic; a warm-up of the same
// size; the page cache brought into the same state before each measured run; several rounds, of
// which the best counts, with all of them printed.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { firstAnswer } from './first-answer.ts'
import { requireJars } from './java.ts'
import { measureCluster } from './measure-cluster.ts'
import { measureWorkload } from './measure-workload.ts'
import { type BenchOptions, help, parseOptions, type SystemName } from './options.ts'
import { memory } from './process-stats.ts'
import { machineLines, printComparison, printRun, saveResults } from './report.ts'
import type { Run } from './results.ts'
import { systems } from './systems.ts'
import { isOnCluster } from './workloads.ts'

/** A node that nobody talks to has settled by then. */
const idleMs = 5_000

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) {
    console.log(help)
    return
  }
  requireJars()
  console.log(machineLines().join('\n'))
  const runs: Run[] = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const system of options.systems) {
      for await (const run of measureSystem(system, round, options)) {
        printRun(run)
        runs.push(run)
      }
      for await (const run of measureCluster(system, round, options)) {
        printRun(run)
        runs.push(run)
      }
    }
  }
  printComparison(runs, options.systems)
  console.log(`\nkept in ${saveResults(options, runs)}`)
}

async function* measureSystem(
  system: SystemName,
  round: number,
  options: BenchOptions,
): AsyncGenerator<Run, void> {
  const { port, nodeFlags } = options
  const names = options.workloads.filter((name) => !isOnCluster(name))
  if (names.length === 0) return
  const dir = join(options.dataDir, system)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const paths = { port, dir, nodeFlags }
  await systems[system].prepare(paths)
  const server = systems[system].start(paths)
  try {
    await firstAnswer(port, server.assertRuns)
    const startMs = performance.now() - server.startedAtMs
    await delay(idleMs)
    const residentIdleMb = memory(server.pid).residentMb
    for (const workload of names) {
      const figures = await measureWorkload(workload, [server], options)
      yield { system, round, workload, figures }
    }
    await delay(idleMs)
    const after = memory(server.pid)
    const node = { startMs, residentIdleMb }
    const figures = { ...node, residentAfterMb: after.residentMb, residentPeakMb: after.peakMb }
    yield { system, round, workload: 'node', figures }
  } finally {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
