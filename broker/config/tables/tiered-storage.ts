// Broker configs: Tiered storage (KIP-405), which is not served: topics cannot ask for it.

import { atLeast, between, nonEmptyString } from '../checks.ts'
import { type ConfigDefinition, double, flag, int, long, longMax, string } from '../definition.ts'

export const tieredStorageConfigs: readonly ConfigDefinition[] = [
  flag('remote.log.storage.system.enable', false, 'medium', {
    refused: 'Whether topics may be tiered.',
  }),
  string('remote.log.storage.manager.class.name', null, 'medium', {
    check: nonEmptyString,
    accepted: 'Java class that stores tiered segments.',
  }),
  string('remote.log.storage.manager.class.path', null, 'medium', {
    accepted: 'Where that class is found.',
  }),
  string('remote.log.storage.manager.impl.prefix', 'rsm.config.', 'medium', {
    check: nonEmptyString,
    accepted: "Prefix of that class's own settings.",
  }),
  string(
    'remote.log.metadata.manager.class.name',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    'medium',
    {
      check: nonEmptyString,
      accepted: 'Java class that remembers which segments are tiered.',
    },
  ),
  string('remote.log.metadata.manager.class.path', null, 'medium', {
    accepted: 'Where that class is found.',
  }),
  string('remote.log.metadata.manager.impl.prefix', 'rlmm.config.', 'medium', {
    check: nonEmptyString,
    accepted: "Prefix of that class's own settings.",
  }),
  string('remote.log.metadata.manager.listener.name', null, 'medium', {
    check: nonEmptyString,
    accepted: 'Listener by which that class reaches the broker.',
  }),
  int('remote.log.metadata.custom.metadata.max.bytes', 128, 'low', {
    check: atLeast(0),
    accepted: 'Largest note that the store may keep with a segment.',
  }),
  long('remote.log.index.file.cache.total.size.bytes', 1_073_741_824, 'low', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Disk space for indexes fetched from the store.',
  }),
  long('remote.log.index.file.cache.ttl.ms', 900_000, 'low', {
    check: atLeast(-1),
    internal: true,
    accepted: 'Time for which an index fetched from the store is kept.',
  }),
  int('remote.log.manager.thread.pool.size', 2, 'medium', {
    check: atLeast(1),
    accepted: 'Threads for tiering in general.',
  }),
  int('remote.log.manager.copier.thread.pool.size', 10, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads that copy segments to the store.',
  }),
  int('remote.log.manager.expiration.thread.pool.size', 10, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads that delete segments from the store.',
  }),
  int('remote.log.manager.follower.thread.pool.size', 2, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads that follow the tiering of other brokers.',
  }),
  long('remote.log.manager.task.interval.ms', 30_000, 'low', {
    check: atLeast(1),
    accepted: 'Time between two runs of the tiering work.',
  }),
  long('remote.log.manager.task.retry.backoff.ms', 500, 'low', {
    check: atLeast(1),
    internal: true,
    accepted: 'First pause before tiering work is tried again.',
  }),
  long('remote.log.manager.task.retry.backoff.max.ms', 30_000, 'low', {
    check: atLeast(1),
    internal: true,
    accepted: 'Longest pause before tiering work is tried again.',
  }),
  double('remote.log.manager.task.retry.jitter', 0.2, 'low', {
    check: between(0, 0.5),
    internal: true,
    accepted: 'Share of that pause that is random.',
  }),
  long('remote.log.manager.copy.max.bytes.per.second', longMax, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Most bytes a second copied to the store.',
  }),
  int('remote.log.manager.copy.quota.window.num', 11, 'medium', {
    check: atLeast(1),
    accepted: 'Samples kept for the rate of copying.',
  }),
  int('remote.log.manager.copy.quota.window.size.seconds', 1, 'medium', {
    check: atLeast(1),
    accepted: 'Length of a sample of the rate of copying.',
  }),
  long('remote.log.manager.fetch.max.bytes.per.second', longMax, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Most bytes a second fetched from the store.',
  }),
  int('remote.log.manager.fetch.quota.window.num', 11, 'medium', {
    check: atLeast(1),
    accepted: 'Samples kept for the rate of fetching.',
  }),
  int('remote.log.manager.fetch.quota.window.size.seconds', 1, 'medium', {
    check: atLeast(1),
    accepted: 'Length of a sample of the rate of fetching.',
  }),
  int('remote.log.reader.threads', 10, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Threads that read from the store.',
  }),
  int('remote.log.reader.max.pending.tasks', 100, 'medium', {
    check: atLeast(1),
    accepted: 'Reads from the store that may wait.',
  }),
  int('remote.fetch.max.wait.ms', 500, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Longest that a fetch waits for the store.',
  }),
  long('remote.list.offsets.request.timeout.ms', 30_000, 'medium', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Longest that a look-up of an offset waits for the store.',
  }),
  long('log.local.retention.bytes', -2, 'medium', {
    check: atLeast(-2),
    dynamic: 'cluster-wide',
    accepted: 'Bytes of a tiered partition kept on this disk; -2 follows log.retention.bytes.',
  }),
  long('log.local.retention.ms', -2, 'medium', {
    check: atLeast(-2),
    dynamic: 'cluster-wide',
    accepted: 'Age of tiered segments kept on this disk; -2 follows log.retention.ms.',
  }),
]
