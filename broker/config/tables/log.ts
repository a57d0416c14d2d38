// Broker configs: Where and how records are stored.

import { atLeast, between, listOf, oneOf } from '../checks.ts'
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

export const logConfigs: readonly ConfigDefinition[] = [
  list('log.dir', ['/tmp/kafka-logs'], 'high', {
    check: listOf({}),
    effective: 'Directory of the logs, when log.dirs is unset.',
  }),
  list('log.dirs', null, 'high', {
    check: listOf({}),
    effective: 'Directories of the logs.',
  }),
  list('cordoned.log.dirs', [], 'medium', {
    check: listOf({ empty: 'allowed' }),
    dynamic: 'per-broker',
    accepted: 'Directories that get no new partitions; * is all.',
  }),
  int('log.segment.bytes', 1_073_741_824, 'high', {
    check: atLeast(1_048_576),
    dynamic: 'cluster-wide',
    effective: 'Size at which a segment is closed and the next begun.',
  }),
  long('log.roll.ms', null, 'high', {
    dynamic: 'cluster-wide',
    effective: 'Age at which a segment is closed and the next begun; log.roll.hours when unset.',
  }),
  int('log.roll.hours', 168, 'high', {
    check: atLeast(1),
    effective: 'log.roll.ms in hours.',
  }),
  long('log.roll.jitter.ms', null, 'high', {
    dynamic: 'cluster-wide',
    effective:
      'Most that is taken off log.roll.ms at random, so that segments do not roll all at once.',
  }),
  int('log.roll.jitter.hours', 0, 'high', {
    check: atLeast(0),
    effective: 'log.roll.jitter.ms in hours.',
  }),
  long('log.retention.ms', null, 'high', {
    dynamic: 'cluster-wide',
    effective: 'Age at which segments are deleted; -1 is never; log.retention.minutes when unset.',
  }),
  int('log.retention.minutes', null, 'high', {
    effective: 'log.retention.ms in minutes; log.retention.hours when unset.',
  }),
  int('log.retention.hours', 168, 'high', {
    effective: 'log.retention.ms in hours.',
  }),
  long('log.retention.bytes', -1, 'high', {
    dynamic: 'cluster-wide',
    effective: 'Size of a partition above which its oldest segments are deleted; -1 is no limit.',
  }),
  long('log.retention.check.interval.ms', 300_000, 'medium', {
    check: atLeast(1),
    effective: 'Time between two looks for segments to delete.',
  }),
  list('log.cleanup.policy', ['delete'], 'medium', {
    check: listOf({ of: ['compact', 'delete'], empty: 'allowed' }),
    dynamic: 'cluster-wide',
    effective: 'What happens to old segments: delete, compact, both, or nothing when empty.',
  }),
  int('log.index.size.max.bytes', 10_485_760, 'medium', {
    check: atLeast(4),
    dynamic: 'cluster-wide',
    effective: 'Largest offset index of a segment.',
  }),
  int('log.index.interval.bytes', 4096, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Bytes of log between two index entries.',
  }),
  long('log.flush.interval.messages', longMax, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    effective: 'Records after which a log is forced to disk.',
  }),
  long('log.flush.interval.ms', null, 'high', {
    dynamic: 'cluster-wide',
    effective:
      'Longest wait of a record to be forced to disk; else log.flush.scheduler.interval.ms.',
  }),
  long('log.flush.scheduler.interval.ms', longMax, 'high', {
    effective: 'Time between two looks for logs to force to disk.',
  }),
  int('log.flush.offset.checkpoint.interval.ms', 60_000, 'high', {
    check: atLeast(0),
    effective: 'Time between two writes of the recovery points.',
  }),
  int('log.flush.start.offset.checkpoint.interval.ms', 60_000, 'high', {
    check: atLeast(0),
    effective: 'Time between two writes of the log start offsets.',
  }),
  long('log.segment.delete.delay.ms', 60_000, 'high', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: "Time between a segment's removal from the log and the deletion of its files.",
  }),
  flag('log.preallocate', false, 'medium', {
    dynamic: 'cluster-wide',
    effective: "Whether a new segment's file gets its full size at once.",
  }),
  string('log.message.timestamp.type', 'CreateTime', 'medium', {
    check: oneOf('CreateTime', 'LogAppendTime'),
    dynamic: 'cluster-wide',
    effective: 'Which time a record carries: CreateTime or LogAppendTime.',
  }),
  long('log.message.timestamp.before.max.ms', longMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: "How far a record's timestamp may lie behind the broker's clock.",
  }),
  long('log.message.timestamp.after.max.ms', 3_600_000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: "How far a record's timestamp may lie ahead of the broker's clock.",
  }),
  long('log.initial.task.delay.ms', 30_000, 'low', {
    check: atLeast(0),
    internal: true,
    accepted: "Wait after the start before the log's background work begins.",
  }),
  long('log.dir.failure.timeout.ms', 30_000, 'low', {
    check: atLeast(1),
    accepted: 'How long a broker waits to report a failed directory before it stops.',
  }),
  int('num.recovery.threads.per.data.dir', 2, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads that recover logs at the start; a node here has one event loop.',
  }),
  int('num.replica.alter.log.dirs.threads', null, 'high', {
    accepted: 'Threads that move replicas between directories.',
  }),
  flag('log.cleaner.enable', true, 'medium', {
    effective: 'Whether logs are compacted.',
  }),
  int('log.cleaner.threads', 1, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Threads that compact logs: one here, however many are asked for; 0 is none.',
  }),
  long('log.cleaner.backoff.ms', 15_000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Pause of the cleaner when there is nothing to compact.',
  }),
  double('log.cleaner.min.cleanable.ratio', 0.5, 'medium', {
    check: between(0, 1),
    dynamic: 'cluster-wide',
    effective: 'Share of a log not yet compacted at which it is due.',
  }),
  long('log.cleaner.min.compaction.lag.ms', 0, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Time for which a record is safe from compaction.',
  }),
  long('log.cleaner.max.compaction.lag.ms', longMax, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    effective: 'Time after which a record is compacted whatever the ratio.',
  }),
  long('log.cleaner.delete.retention.ms', 86_400_000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Time for which a tombstone of a compacted log is kept.',
  }),
  long('log.cleaner.dedupe.buffer.size', 134_217_728, 'medium', {
    dynamic: 'cluster-wide',
    effective: "Memory for the cleaner's key map, at most; 32 MiB where it is not set.",
  }),
  int('log.cleaner.io.buffer.size', 524_288, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: "Memory for the cleaner's reads and writes.",
  }),
  double('log.cleaner.io.buffer.load.factor', 0.9, 'medium', {
    dynamic: 'cluster-wide',
    effective: "How full the cleaner's key map may get.",
  }),
  double('log.cleaner.io.max.bytes.per.second', Number.MAX_VALUE, 'medium', {
    dynamic: 'cluster-wide',
    effective: 'Most bytes that the cleaner reads and writes a second.',
  }),
]
