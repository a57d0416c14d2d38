// Broker configs: Samples over which rates are measured. Quotas themselves are set per client, not
// here.

import { atLeast } from '../checks.ts'
import { type ConfigDefinition, className, int } from '../definition.ts'

export const quotaConfigs: readonly ConfigDefinition[] = [
  int('quota.window.num', 11, 'low', {
    check: atLeast(1),
    accepted: "Samples kept for a client's rate.",
  }),
  int('quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    accepted: "Length of a sample of a client's rate.",
  }),
  int('replication.quota.window.num', 11, 'low', {
    check: atLeast(1),
    accepted: 'Samples kept for the replication rate.',
  }),
  int('replication.quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    accepted: 'Length of a sample of the replication rate.',
  }),
  int('alter.log.dirs.replication.quota.window.num', 11, 'low', {
    check: atLeast(1),
    accepted: 'Samples kept for the rate of moves between directories.',
  }),
  int('alter.log.dirs.replication.quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    accepted: 'Length of a sample of the rate of moves between directories.',
  }),
  int('controller.quota.window.num', 11, 'low', {
    check: atLeast(1),
    accepted: 'Samples kept for the rate of topic changes.',
  }),
  int('controller.quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    accepted: 'Length of a sample of the rate of topic changes.',
  }),
  className('client.quota.callback.class', null, 'low', {
    accepted: 'Java class that decides quotas.',
  }),
]
