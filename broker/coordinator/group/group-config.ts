// The settings that the group coordinator obeys, out of all that a broker has, and what a group has
// of its own.

import type { BrokerConfig } from '../../config/broker-config.ts'
import type { ConsumerGroupSettings, StreamsGroupSettings } from '../../config/group-configs.ts'

export type MigrationPolicy = 'DISABLED' | 'DOWNGRADE' | 'UPGRADE' | 'BIDIRECTIONAL'

/** group.consumer.* */
export interface ConsumerGroupConfig {
  readonly maxSize: number
  /** Those that there are; the first is the default. */
  readonly assignors: readonly string[]
  readonly migrationPolicy: MigrationPolicy
  readonly regexRefreshIntervalMs: number
  settings(groupId: string): ConsumerGroupSettings
}

/** group.streams.* */
export interface StreamsGroupConfig {
  readonly maxSize: number
  settings(groupId: string): StreamsGroupSettings
}

export interface GroupConfig {
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number
  /** group.min.session.timeout.ms and group.max.session.timeout.ms */
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  /** group.max.size */
  readonly maxSize: number
  /** offset.metadata.max.bytes */
  readonly offsetMetadataMaxBytes: number
  /** offsets.retention.minutes, in milliseconds */
  readonly offsetsRetentionMs: number
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number
  readonly consumer: ConsumerGroupConfig
  readonly streams: StreamsGroupConfig
}

/** `settings` give what holds for one group. */
export function groupConfig(
  config: BrokerConfig,
  settings: {
    readonly consumer: ConsumerGroupConfig['settings']
    readonly streams: StreamsGroupConfig['settings']
  },
): GroupConfig {
  const { consumerGroups, streamsGroups } = config
  return {
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    minSessionTimeoutMs: config.groupMinSessionTimeoutMs,
    maxSessionTimeoutMs: config.groupMaxSessionTimeoutMs,
    maxSize: config.groupMaxSize,
    offsetMetadataMaxBytes: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMs,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
    consumer: {
      maxSize: consumerGroups.maxSize,
      assignors: consumerGroups.assignors,
      // Checked when it was read.
      migrationPolicy: consumerGroups.migrationPolicy as MigrationPolicy,
      regexRefreshIntervalMs: consumerGroups.regexRefreshIntervalMs,
      settings: settings.consumer,
    },
    streams: { maxSize: streamsGroups.maxSize, settings: settings.streams },
  }
}
