// One measured run of a workload against the nodes of a system: warm-up, the page cache brought
// into its state, the run itself, and the CPU time of all nodes over it.

import type { BenchOptions } from './options.ts'
import { warmPageCache } from './page-cache.ts'
import { createTopic } from './perf-tools.ts'
import { cpuSince, cpuTime, sumCpu } from './process-stats.ts'
import type { Server } from './processes.ts'
import { cpuFigures } from './report.ts'
import type { Figures } from './results.ts'
import { type WorkloadName, workloads } from './workloads.ts'

export async function measureWorkload(
  name: WorkloadName,
  servers: readonly Server[],
  { port, scale, dataDir, pageCacheBytes }: BenchOptions,
): Promise<Figures> {
  const workload = workloads[name]
  const { recordBytes, partitions } = workload
  const load = { port, topic: name, records: Math.ceil(workload.records * scale), recordBytes }
  await createTopic(port, name, { partitions, replicas: servers.length })
  await workload.warmUp(load)
  await warmPageCache(dataDir, pageCacheBytes)
  const before = servers.map(({ pid }) => cpuTime(pid))
  const { recordsPerSecond, latencyMs } = await workload.measure(load)
  const cpu = sumCpu(servers.map(({ pid }, index) => cpuSince(pid, before[index] ?? cpuTime(pid))))
  return {
    ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
    ...(latencyMs === undefined ? {} : { p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 }),
    ...cpuFigures(cpu, load, name.endsWith('end-to-end') ? 'record' : 'gigabyte'),
  }
}
