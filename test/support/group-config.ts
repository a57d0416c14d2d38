// The settings that tests of the group coordinator go by where they do not say otherwise.

import type { GroupConfig } from '../../broker/coordinator/group/group-config.ts'

export const defaultGroupConfig: GroupConfig = {
  initialRebalanceDelayMs: 3_000,
  minSessionTimeoutMs: 1,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 1_000,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 7 * 86_400_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  consumer: {
    maxSize: 1_000,
    assignors: ['uniform', 'range'],
    migrationPolicy: 'BIDIRECTIONAL',
    regexRefreshIntervalMs: 600_000,
    settings: () => ({
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 5_000,
      assignmentIntervalMs: 0,
    }),
  },
  streams: {
    maxSize: 1_000,
    settings: () => ({
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 5_000,
      assignmentIntervalMs: 0,
      initialRebalanceDelayMs: 0,
      standbyReplicas: 0,
    }),
  },
}
