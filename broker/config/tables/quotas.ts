// Broker configs: the windows of clients' quotas, and samples over which other rates are measured.
// Quotas themselves are set per client, not here.

import { atLeast } from '../checks.ts'
import { type ConfigDefinition, className, int } from '../definition.ts'

export const quotaConfigs: readonly ConfigDefinition[] = [
  int('quota.window.num', 11, 'low', {
    check: atLeast(1),
    effective: 'Windows after which what a client owes to a quota is forgotten.',
  }),
  int('quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    effective: 'What a client may save of its quota and use at once.',
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
    effective: 'Windows of controller_mutation_rate that a client may save and use at once.',
  }),
  int('controller.quota.window.size.seconds', 1, 'low', {
    check: atLeast(1),
    effective: 'Length of such a window.',
  }),
  className('client.quota.callback.class', null, 'low', {
    accepted: 'Java class that decides quotas.',
  }),
]
