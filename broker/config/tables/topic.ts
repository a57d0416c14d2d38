// Topic configs, in Kafka's order of names. Which broker config each one defaults from is in
// topic-configs.ts.

import { atLeast, between, gzipLevel, listOf, oneOf, throttledReplicas } from '../checks.ts'
import {
  type ConfigDefinition,
  double,
  flag,
  int,
  list,
  long,
  longMax,
  string,
} from '../definition.ts'

export const topicConfigs: readonly ConfigDefinition[] = [
  list('cleanup.policy', ['delete'], 'medium', {
    check: listOf({ of: ['compact', 'delete'], empty: 'allowed' }),
    effective: 'What happens to old segments: delete, compact, both, or nothing when empty.',
  }),
  string('compression.type', 'producer', 'medium', {
    check: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    effective: 'Codec on disk; producer keeps what the producer chose.',
  }),
  int('compression.gzip.level', -1, 'medium', {
    check: gzipLevel,
    effective: "Level when compression.type is gzip; -1 is the codec's own.",
  }),
  int('compression.lz4.level', 9, 'medium', {
    check: between(1, 17),
    effective: 'Level when compression.type is lz4.',
  }),
  int('compression.zstd.level', 3, 'medium', {
    check: between(-131_072, 22),
    effective: 'Level when compression.type is zstd.',
  }),
  long('delete.retention.ms', 86_400_000, 'medium', {
    check: atLeast(0),
    effective: 'Time for which a tombstone of a compacted topic is kept.',
  }),
  long('file.delete.delay.ms', 60_000, 'medium', {
    check: atLeast(0),
    effective: "Time between a segment's removal from the log and the deletion of its files.",
  }),
  long('flush.messages', longMax, 'medium', {
    check: atLeast(1),
    effective:
      'Records after which the log is forced to disk; 1 makes every acknowledged write durable.',
  }),
  long('flush.ms', longMax, 'medium', {
    check: atLeast(0),
    effective: 'Longest time a record waits to be forced to disk.',
  }),
  list('follower.replication.throttled.replicas', [], 'medium', {
    check: throttledReplicas,
    effective: 'Replicas whose fetching is throttled, as partition:broker, or * for all.',
  }),
  int('index.interval.bytes', 4096, 'medium', {
    check: atLeast(0),
    effective: 'Bytes of log between two index entries.',
  }),
  int('internal.segment.bytes', null, 'medium', {
    internal: true,
    effective: 'Segment size below what segment.bytes allows, for tests.',
  }),
  list('leader.replication.throttled.replicas', [], 'medium', {
    check: throttledReplicas,
    effective: 'Leaders whose sending is throttled, as partition:broker, or * for all.',
  }),
  long('local.retention.bytes', -2, 'medium', {
    check: atLeast(-2),
    accepted: "Bytes of a tiered partition kept on the broker's disk; -2 follows retention.bytes.",
  }),
  long('local.retention.ms', -2, 'medium', {
    check: atLeast(-2),
    accepted: "Age of tiered segments kept on the broker's disk; -2 follows retention.ms.",
  }),
  long('max.compaction.lag.ms', longMax, 'medium', {
    check: atLeast(1),
    effective: 'Time after which a record is compacted whatever the ratio.',
  }),
  int('max.message.bytes', 1_048_588, 'medium', {
    check: atLeast(0),
    effective: 'Largest record batch, after compression.',
  }),
  long('message.timestamp.after.max.ms', 3_600_000, 'medium', {
    check: atLeast(0),
    effective: "How far a record's timestamp may lie ahead of the broker's clock.",
  }),
  long('message.timestamp.before.max.ms', longMax, 'medium', {
    check: atLeast(0),
    effective: "How far a record's timestamp may lie behind the broker's clock.",
  }),
  string('message.timestamp.type', 'CreateTime', 'medium', {
    check: oneOf('CreateTime', 'LogAppendTime'),
    effective: 'Which time a record carries: CreateTime or LogAppendTime.',
  }),
  double('min.cleanable.dirty.ratio', 0.5, 'medium', {
    check: between(0, 1),
    effective: 'Share of the log not yet compacted at which it is due.',
  }),
  long('min.compaction.lag.ms', 0, 'medium', {
    check: atLeast(0),
    effective: 'Time for which a record is safe from compaction.',
  }),
  int('min.insync.replicas', 1, 'medium', {
    check: atLeast(1),
    effective: 'In-sync replicas without which a write with acks=all is refused.',
  }),
  flag('preallocate', false, 'medium', {
    effective: "Whether a new segment's file gets its full size at once.",
  }),
  flag('remote.log.copy.disable', false, 'medium', {
    accepted: 'Whether a tiered topic stops copying segments to the store.',
  }),
  flag('remote.log.delete.on.disable', false, 'medium', {
    accepted: 'Whether tiered segments go when tiering is switched off.',
  }),
  flag('remote.storage.enable', false, 'medium', {
    accepted: 'Whether the topic is tiered; tiered storage is not served, so that true is refused.',
  }),
  long('retention.bytes', -1, 'medium', {
    effective: 'Size of a partition above which its oldest segments are deleted; -1 is no limit.',
  }),
  long('retention.ms', 604_800_000, 'medium', {
    check: atLeast(-1),
    effective: 'Age at which segments are deleted; -1 is never.',
  }),
  int('segment.bytes', 1_073_741_824, 'medium', {
    check: atLeast(1_048_576),
    effective: 'Size at which a segment is closed and the next begun.',
  }),
  int('segment.index.bytes', 10_485_760, 'medium', {
    check: atLeast(4),
    effective: 'Largest offset index of a segment.',
  }),
  long('segment.jitter.ms', 0, 'medium', {
    check: atLeast(0),
    effective:
      'Most that is taken off segment.ms at random, so that segments do not roll all at once.',
  }),
  long('segment.ms', 604_800_000, 'medium', {
    check: atLeast(1),
    effective: 'Age at which a segment is closed and the next begun.',
  }),
  flag('unclean.leader.election.enable', false, 'medium', {
    effective: 'Whether a replica that may lack acknowledged records can lead as a last resort.',
  }),
]
