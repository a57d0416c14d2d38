// Broker configs: Metrics. Samsa's own are at /metrics of samsa.http.listener.

import { atLeast, listOf } from '../checks.ts'
import { type ConfigDefinition, int, list, long, string } from '../definition.ts'

export const metricsConfigs: readonly ConfigDefinition[] = [
  list('metric.reporters', ['org.apache.kafka.common.metrics.JmxReporter'], 'low', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'cluster-wide',
    accepted: 'Java classes that publish metrics.',
  }),
  int('metrics.num.samples', 2, 'low', {
    check: atLeast(1),
    accepted: 'Samples kept for a metric.',
  }),
  long('metrics.sample.window.ms', 30_000, 'low', {
    check: atLeast(1),
    accepted: 'Length of a sample of a metric.',
  }),
  string('metrics.recording.level', 'INFO', 'low', {
    accepted: 'How much is measured.',
  }),
  list('kafka.metrics.reporters', [], 'low', {
    check: listOf({ empty: 'allowed' }),
    accepted: 'Java classes that publish the older metrics.',
  }),
  int('kafka.metrics.polling.interval.secs', 10, 'low', {
    check: atLeast(1),
    accepted: 'Time between two reports of the older metrics.',
  }),
  int('telemetry.max.bytes', 1_048_576, 'low', {
    check: atLeast(1),
    effective: 'Largest report that a client may push, packed or unpacked.',
  }),
]
