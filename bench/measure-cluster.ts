// The rows of a cluster: the same tools against three nodes with three replicas, the memory of the
// largest node afterwards, and how long producers wait when the active controller is killed.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '../test/support/chaos/admin.ts'
import { largestGapMs } from '../test/support/chaos/check-progress.ts'
import { ClusterView } from '../test/support/chaos/cluster-view.ts'
import { History } from '../test/support/chaos/history.ts'
import { RawProducer } from '../test/support/chaos/raw-producer.ts'
import { waitFor } from '../test/support/conformance/wait.ts'
import { clusterSystems } from './cluster-systems.ts'
import { firstAnswer } from './first-answer.ts'
import { measureWorkload } from './measure-workload.ts'
import type { BenchOptions, SystemName } from './options.ts'
import { createTopic } from './perf-tools.ts'
import { memory } from './process-stats.ts'
import type { Server } from './processes.ts'
import type { Run } from './results.ts'
import { clusterNodes, isOnCluster } from './workloads.ts'

const idleMs = 5_000
const partitions = [0, 1, 2, 3, 4, 5]
const gapTopic = 'gap'
// By default sessions the slower system needs ten seconds, and more where processors are few.
const recoveryMsMax = 60_000
const afterRecoveryMs = 2_000
const beforeKillMs = 3_000

export async function* measureCluster(
  system: SystemName,
  round: number,
  options: BenchOptions,
): AsyncGenerator<Run, void> {
  const names = options.workloads.filter(isOnCluster)
  if (names.length === 0) return
  const { port, nodeFlags } = options
  const dir = join(options.dataDir, `${system}-cluster`)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const paths = { port, dir, nodeFlags, nodes: clusterNodes }
  await clusterSystems[system].prepare(paths)
  const servers = clusterSystems[system].start(paths)
  try {
    await Promise.all(servers.map(({ assertRuns }, index) => firstAnswer(port + index, assertRuns)))
    await delay(idleMs)
    for (const { assertRuns } of servers) assertRuns()
    const idle = servers.map(({ pid }) => memory(pid).residentMb)
    for (const workload of names) {
      const figures = await measureWorkload(workload, servers, options)
      yield { system, round, workload, figures }
    }
    await delay(idleMs)
    for (const { assertRuns } of servers) assertRuns()
    const after = servers.map(({ pid }) => memory(pid))
    const figures = {
      residentIdleMb: Math.max(...idle),
      residentAfterMb: Math.max(...after.map(({ residentMb }) => residentMb)),
      residentPeakMb: Math.max(...after.map(({ peakMb }) => peakMb)),
      killGapMs: await killGap(servers, port),
    }
    yield { system, round, workload: 'cluster', figures }
  } finally {
    // One after the other: nodes that all stop at once have nobody to hand over to, and wait.
    for (const server of servers) await server.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Kills the node with the active controller under load; the largest gap on any partition. */
async function killGap(servers: readonly Server[], port: number): Promise<number> {
  const nodes = servers.map((_, index) => ({
    id: index + 1,
    host: '127.0.0.1',
    port: port + index,
    isRunning: true,
  }))
  const admin = new Admin(nodes)
  await createTopic(port, gapTopic, { partitions: partitions.length, replicas: servers.length })
  const history = new History()
  const view = new ClusterView(gapTopic, nodes)
  await view.refresh()
  const producer = new RawProducer(history, view, {
    name: 'bench',
    partitions,
    recordsPerBatch: 1,
    recordBytes: 100,
    pauseMs: 10,
    requestTimeoutMs: 500,
  })
  producer.start()
  await delay(beforeKillMs)
  const { leader } = await admin.quorum()
  const fromMs = history.nowMs()
  await servers[leader - 1]?.kill()
  const killMs = history.nowMs() - fromMs
  const recovered = () =>
    partitions.every((partition) =>
      history.events.some(
        (event) =>
          event.type === 'acked' && event.partition === partition && event.atMs > fromMs + killMs,
      ),
    )
  await waitFor(recovered, { what: 'a new leader for all', timeoutMs: recoveryMsMax })
  await delay(afterRecoveryMs)
  const toMs = history.nowMs()
  await producer.stop(0)
  const gaps = partitions.map((partition) =>
    largestGapMs(history.events, partition, { fromMs, toMs }),
  )
  return Math.max(...gaps)
}
