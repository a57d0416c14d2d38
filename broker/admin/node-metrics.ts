// Metrics that are read off when somebody asks for them: connections, memory, logs, the process.
// Owns no state but the event-loop monitor; costs nothing between scrapes.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { NetworkServer } from '../network/server.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import { registerCleanerMetrics } from './cleaner-metrics.ts'
import { Gauge, type MetricsRegistry } from './prometheus.ts'
import { registerReplicaMetrics } from './replica-metrics.ts'

/** Coarse enough to wake an idle node only 20 times a second. */
const eventLoopResolutionMs = 50
const nanosecondsPerSecond = 1e9

type RegisterGauge = (name: string, help: string, read: () => number) => void

export interface NodeMetricsSources {
  readonly server: () => NetworkServer
  readonly replicas: ReplicaManager
}

export function registerNodeMetrics(registry: MetricsRegistry, sources: NodeMetricsSources) {
  const gauge: RegisterGauge = (name, help, read) => {
    const made: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => made.set(read()),
    })
  }
  const { server, replicas } = sources
  gauge('samsa_connections', 'Open client connections.', () => server().connectionCount)
  gauge('samsa_network_chunk_used_bytes', 'Pooled network memory in use.', () => {
    return server().pool.usedBytes
  })
  gauge('samsa_network_chunk_free_bytes', 'Pooled network memory kept for reuse.', () => {
    return server().pool.freeBytes
  })
  gauge('samsa_request_bytes_in_flight', 'Bytes of requests being worked on.', () => {
    return server().budget.usedBytes
  })
  gauge(
    'samsa_log_pending_bytes',
    'Appended bytes not yet written.',
    () => replicas.logs.pendingBytes,
  )
  gauge('samsa_log_directory_full', '1 while appends are refused for lack of disk space.', () =>
    replicas.logs.full ? 1 : 0,
  )
  registerLogSizes(registry, replicas)
  registerReplicaMetrics(registry, replicas)
  const { cleaner } = replicas.logs
  if (cleaner !== null) registerCleanerMetrics(registry, cleaner)
  registerProcess(registry, gauge)
}

function registerLogSizes(registry: MetricsRegistry, replicas: ReplicaManager): void {
  const logSize = new Gauge({
    name: 'samsa_log_size_bytes',
    help: 'Bytes in the logs of a topic on this node.',
    labelNames: ['topic'],
    registers: [registry],
    collect() {
      const bytesByTopic = new Map<string, number>()
      for (const { topic, log } of replicas.all()) {
        bytesByTopic.set(topic, (bytesByTopic.get(topic) ?? 0) + (log?.sizeBytes ?? 0))
      }
      logSize.reset()
      for (const [topic, bytes] of bytesByTopic) logSize.set({ topic }, bytes)
    },
  })
  const partitions = new Gauge({
    name: 'samsa_partitions',
    help: 'Partitions on this node, by whether they can be served.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      let online = 0
      let offline = 0
      for (const partition of replicas.all()) {
        if (partition.online) online++
        else offline++
      }
      partitions.set({ state: 'online' }, online)
      partitions.set({ state: 'offline' }, offline)
    },
  })
}

function registerProcess(registry: MetricsRegistry, gauge: RegisterGauge): void {
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('process_heap_bytes', 'Used heap of the main thread.', () => process.memoryUsage().heapUsed)
  gauge('process_cpu_seconds_total', 'User and system CPU time.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_start_time_seconds', 'When the process started, since 1970.', () => {
    return Date.now() / 1000 - process.uptime()
  })
  const delay = monitorEventLoopDelay({ resolution: eventLoopResolutionMs })
  delay.enable()
  const loopDelay = new Gauge({
    name: 'samsa_event_loop_delay_seconds',
    help: 'How late the event loop was, since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      loopDelay.set({ quantile: '0.5' }, delay.percentile(50) / nanosecondsPerSecond)
      loopDelay.set({ quantile: '0.99' }, delay.percentile(99) / nanosecondsPerSecond)
      loopDelay.set({ quantile: '1' }, delay.max / nanosecondsPerSecond)
      delay.reset()
    },
  })
}
