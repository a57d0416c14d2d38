// What replication tells of itself when somebody asks: partitions that lack replicas, ISR changes,
// bytes, lag, damage. Owns nothing; reads the replica manager off.

import type { Partition } from '../replica/partition.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import { Counter, Gauge, type MetricsRegistry } from './prometheus.ts'

interface Counts {
  leaders: number
  underReplicated: number
  underMinIsr: number
  atMinIsr: number
  lagRecordsMax: number
}

function count(partitions: Iterable<Partition>): Counts {
  const counts = { leaders: 0, underReplicated: 0, underMinIsr: 0, atMinIsr: 0, lagRecordsMax: 0 }
  for (const { leading, following, image } of partitions) {
    if (leading !== null) {
      const { isr, isrSizeMin } = leading
      counts.leaders++
      // Replicas that are being added do not count until they are.
      const wanted = image.replicas.length - image.addingReplicas.length
      if (isr.length < wanted) counts.underReplicated++
      if (isr.length < isrSizeMin) counts.underMinIsr++
      if (isr.length === isrSizeMin) counts.atMinIsr++
    }
    counts.lagRecordsMax = Math.max(counts.lagRecordsMax, following?.lagRecords ?? 0)
  }
  return counts
}

/** Each line: our name, Kafka's, what it is, and where it is read. */
export function registerReplicaMetrics(registry: MetricsRegistry, replicas: ReplicaManager): void {
  const gauge = (name: string, help: string, read: (counts: Counts) => number) => {
    const made: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => made.set(read(count(replicas.all()))),
    })
  }
  gauge('samsa_leader_partitions', 'LeaderCount: partitions led here.', (c) => c.leaders)
  gauge(
    'samsa_under_replicated_partitions',
    'UnderReplicatedPartitions: led here, with replicas that are not in sync.',
    (c) => c.underReplicated,
  )
  gauge(
    'samsa_under_min_isr_partitions',
    'UnderMinIsrPartitionCount: led here, with fewer in-sync replicas than min.insync.replicas.',
    (c) => c.underMinIsr,
  )
  gauge(
    'samsa_at_min_isr_partitions',
    'AtMinIsrPartitionCount: led here, with just min.insync.replicas in sync.',
    (c) => c.atMinIsr,
  )
  gauge(
    'samsa_replica_lag_records_max',
    'ReplicaFetcherManager MaxLag: committed records that a follower here does not have yet.',
    (c) => c.lagRecordsMax,
  )
  registerCounts(registry, replicas)
}

function registerCounts(registry: MetricsRegistry, { metrics }: ReplicaManager): void {
  const counter = (name: string, help: string, read: () => number) => {
    const made: InstanceType<typeof Counter> = new Counter({
      name,
      help,
      registers: [registry],
      collect: () => {
        made.reset()
        made.inc(read())
      },
    })
  }
  counter('samsa_isr_shrinks_total', 'IsrShrinks: ISRs that got smaller, led here.', () => {
    return metrics.isrShrinks
  })
  counter('samsa_isr_expands_total', 'IsrExpands: ISRs that got larger, led here.', () => {
    return metrics.isrExpands
  })
  counter('samsa_isr_update_failures_total', 'FailedIsrUpdates: changes not agreed to.', () => {
    return metrics.failedIsrUpdates
  })
  counter('samsa_replication_bytes_out_total', 'ReplicationBytesOut: to followers.', () => {
    return metrics.replicationBytesOut
  })
  counter('samsa_replication_bytes_in_total', 'ReplicationBytesIn: from leaders.', () => {
    return metrics.replicationBytesIn
  })
  counter('samsa_replica_truncations_total', 'Logs cut where they left the leader.', () => {
    return metrics.truncations
  })
  counter('samsa_corrupt_replicated_total', 'Batches that came damaged from a leader.', () => {
    return metrics.corruptReplicated
  })
  counter('samsa_scrubbed_bytes_total', 'Bytes of logs that were read to look for damage.', () => {
    return metrics.scrubbedBytes
  })
  counter('samsa_corrupt_at_rest_total', 'Damage found at rest, by scrubs and followers.', () => {
    return metrics.corruptAtRest
  })
  counter('samsa_healed_logs_total', 'Damaged logs that were fetched again from a leader.', () => {
    return metrics.healedLogs
  })
}
