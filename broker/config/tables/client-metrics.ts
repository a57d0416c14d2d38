// Configs of a client metrics subscription (KIP-714).

import { type ConfigDefinition, int, list } from '../definition.ts'

export const clientMetricsConfigs: readonly ConfigDefinition[] = [
  int('interval.ms', 300_000, 'medium', {
    accepted: 'Time between two reports of a client.',
  }),
  list('match', [], 'medium', {
    accepted: 'Which clients report, as selector=pattern.',
  }),
  list('metrics', [], 'medium', {
    accepted: 'Prefixes of the metrics to report; * is all.',
  }),
]
