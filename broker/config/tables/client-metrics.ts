// Configs of a client metrics subscription (KIP-714).

import { type ConfigDefinition, int, list } from '../definition.ts'

export const clientMetricsConfigs: readonly ConfigDefinition[] = [
  int('interval.ms', 300_000, 'medium', {
    effective: 'Time between two reports of a client.',
  }),
  list('match', [], 'medium', {
    effective: 'Which clients report, as selector=pattern.',
  }),
  list('metrics', [], 'medium', {
    effective: 'Prefixes of the metrics to report; * is all.',
  }),
]
