// A topic's settings as the log layer uses them, and which broker config each one defaults from. A
// topic without overrides follows its broker's settings as they are now, also when those change
// later.

import type { BrokerConfig } from './broker-config.ts'
import { ConfigTable, defaultText, formatConfig, parseConfig } from './definition.ts'
import { type Overrides, toNumber } from './layers.ts'
import { topicConfigs as rows } from './tables/topic.ts'
import { ConfigError, type ConfigValue } from './value.ts'

export const topicConfigs = new ConfigTable(rows)

/**
 * The broker config that each topic config defaults from (its synonyms: see brokerSynonyms); others
 * have none.
 */
export const topicServerDefaults: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.type': 'compression.type',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
}

export type CompressionType = 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** Longs past 2^53, Kafka's "no limit" among them, are Number.MAX_SAFE_INTEGER. */
export interface TopicConfig {
  readonly cleanupPolicy: { readonly compact: boolean; readonly delete: boolean }
  readonly compressionType: CompressionType
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  /** As `partition:broker`, or `*`. */
  readonly followerThrottledReplicas: readonly string[]
  readonly indexIntervalBytes: number
  readonly leaderThrottledReplicas: readonly string[]
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampAfterMaxMs: number
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampType: TimestampType
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInsyncReplicas: number
  readonly preallocate: boolean
  /** -1 is no limit. */
  readonly retentionBytes: number
  /** -1 is for ever. */
  readonly retentionMs: number
  /** internal.segment.bytes where that is set. */
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: number
  readonly segmentMs: number
  readonly uncleanLeaderElectionEnable: boolean
}

/**
 * Throws a ConfigError for a value that does not parse; what was accepted by alter.ts always does.
 */
export function resolveTopicConfig(broker: BrokerConfig, overrides: Overrides): TopicConfig {
  const value = (name: string) => topicValue(broker, overrides, name)
  const number = (name: string) => toNumber(value(name)) ?? 0
  const policy = value('cleanup.policy') as readonly string[]
  return {
    cleanupPolicy: { compact: policy.includes('compact'), delete: policy.includes('delete') },
    compressionType: value('compression.type') as CompressionType,
    compressionGzipLevel: number('compression.gzip.level'),
    compressionLz4Level: number('compression.lz4.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    deleteRetentionMs: number('delete.retention.ms'),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    followerThrottledReplicas: value('follower.replication.throttled.replicas') as string[],
    indexIntervalBytes: number('index.interval.bytes'),
    leaderThrottledReplicas: value('leader.replication.throttled.replicas') as string[],
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampType: value('message.timestamp.type') as TimestampType,
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    preallocate: value('preallocate') === true,
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    segmentBytes: toNumber(value('internal.segment.bytes')) ?? number('segment.bytes'),
    segmentIndexBytes: number('segment.index.bytes'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentMs: number('segment.ms'),
    uncleanLeaderElectionEnable: value('unclean.leader.election.enable') === true,
  }
}

/** The typed value of one config: the topic's own, the broker's, or Kafka's default. */
export function topicValue(broker: BrokerConfig, overrides: Overrides, name: string): ConfigValue {
  const definition = topicConfigs.expect(name)
  const own = overrides.get(name)
  if (own !== undefined) return parseConfig(definition, own)
  return brokerDefault(broker, name) ?? definition.default ?? null
}

/** Where several broker keys make one setting, BrokerConfig has already chosen among them. */
function brokerDefault(broker: BrokerConfig, name: string): ConfigValue {
  switch (name) {
    case 'retention.ms':
      return exact(broker, 'log.retention.ms', broker.logRetentionMs)
    case 'segment.ms':
      return exact(broker, 'log.roll.ms', broker.logRollMs)
    case 'segment.jitter.ms':
      return exact(broker, 'log.roll.jitter.ms', broker.logRollJitterMs)
    case 'flush.ms':
      return (
        broker.values.get('log.flush.interval.ms') ??
        broker.values.get('log.flush.scheduler.interval.ms')
      )
    default: {
      const server = topicServerDefaults[name]
      return server === undefined ? null : broker.values.get(server)
    }
  }
}

/** A long past 2^53 is kept as it was written; everything else is the resolved number. */
function exact(broker: BrokerConfig, name: string, resolved: number): ConfigValue {
  const value = broker.values.get(name)
  return typeof value === 'bigint' && value > 0n ? value : resolved
}

/** The text of a topic config's value, as DescribeConfigs gives it. */
export function topicText(broker: BrokerConfig, overrides: Overrides, name: string): string | null {
  return formatConfig(topicConfigs.expect(name), topicValue(broker, overrides, name))
}

/**
 * Holds a whole set of overrides to Kafka's rules; throws a ConfigError for the first that is
 * broken.
 */
export function validateTopicOverrides(broker: BrokerConfig, overrides: Overrides): void {
  for (const [name, text] of overrides) {
    const definition = topicConfigs.get(name)
    if (definition === undefined) throw new ConfigError(`Unknown topic config name: ${name}`)
    parseConfig(definition, text)
  }
  const lag = (name: string) => BigInt(String(topicValue(broker, overrides, name)))
  const min = lag('min.compaction.lag.ms')
  const max = lag('max.compaction.lag.ms')
  if (overrides.size > 0 && min > max) {
    throw new ConfigError(
      `conflict topic config setting min.compaction.lag.ms (${min}) > ` +
        `max.compaction.lag.ms (${max})`,
    )
  }
  if (overrides.get('remote.storage.enable')?.trim().toLowerCase() === 'true') {
    throw new ConfigError(
      'Tiered Storage functionality is disabled in the broker. ' +
        'Topic cannot be configured with remote log storage.',
    )
  }
}

/** Kafka's text of a topic config's own default, whatever the broker says. */
export function topicDefaultText(name: string): string | null {
  const definition = topicConfigs.get(name)
  return definition === undefined ? null : defaultText(definition)
}
