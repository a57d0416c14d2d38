// What the log cleaner tells of itself when somebody asks. Owns nothing; reads it off.

import type { CleanerView } from '../log/cleaner/log-cleaner.ts'
import { Counter, Gauge, type MetricsRegistry } from './prometheus.ts'

/** Each line: our name, Kafka's, what it is, and where it is read. */
export function registerCleanerMetrics(registry: MetricsRegistry, cleaner: CleanerView): void {
  const { stats } = cleaner
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) => {
    const made: InstanceType<typeof Gauge> = new Gauge({
      name,
      help,
      registers,
      collect: () => made.set(read()),
    })
  }
  const counter = (name: string, help: string, read: () => number) => {
    const made: InstanceType<typeof Counter> = new Counter({
      name,
      help,
      registers,
      collect: () => {
        made.reset()
        made.inc(read())
      },
    })
  }
  gauge('samsa_log_cleaner_max_dirty_percent', 'max-dirty-percent: of the dirtiest log.', () => {
    return stats.dirtyRatioMax * 100
  })
  gauge(
    'samsa_log_cleaner_uncleanable_partitions',
    'uncleanable-partitions-count: compacted logs that are left alone since cleaning them failed.',
    () => cleaner.uncleanable.count,
  )
  gauge('samsa_log_cleaner_uncleanable_bytes', 'uncleanable-bytes: their size.', () => {
    return cleaner.uncleanable.bytes
  })
  gauge(
    'samsa_log_cleaner_cleanable_partitions',
    'cleanable-partitions-count: logs that were due at the last look.',
    () => stats.dueLogs,
  )
  gauge(
    'samsa_log_cleaner_max_compaction_delay_seconds',
    'max-compaction-delay-secs: how long records have waited beyond max.compaction.lag.ms.',
    () => stats.delayMsMax / 1000,
  )
  gauge(
    'samsa_log_cleaner_since_last_run_seconds',
    'time-since-last-run-ms: since the cleaner last looked at the logs.',
    () => cleaner.sinceLastRunMs / 1000,
  )
  gauge('samsa_log_cleaner_clean_time_seconds', 'max-clean-time-secs: of the last log.', () => {
    return stats.lastCleanMs / 1000
  })
  gauge(
    'samsa_log_cleaner_buffer_utilization_percent',
    'max-buffer-utilization-percent: of the key map, in the last log.',
    () => stats.lastMapUtilization * 100,
  )
  gauge(
    'samsa_log_cleaner_recopy_percent',
    'cleaner-recopy-percent: bytes written per byte read, in the last log.',
    () => stats.lastRecopyRatio * 100,
  )
  counter('samsa_log_cleaner_logs_total', 'Logs that were compacted.', () => stats.cleanedLogs)
  counter('samsa_log_cleaner_read_bytes_total', 'Bytes that compaction has read.', () => {
    return stats.bytesRead
  })
  counter('samsa_log_cleaner_written_bytes_total', 'Bytes that compaction has written.', () => {
    return stats.bytesWritten
  })
}
