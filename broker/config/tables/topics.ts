// Broker configs: How topics come and go, and what a topic without own settings gets.

import { atLeast, between, gzipLevel, oneOf } from '../checks.ts'
import { type ConfigDefinition, className, flag, int, string } from '../definition.ts'

export const topicDefaultConfigs: readonly ConfigDefinition[] = [
  flag('auto.create.topics.enable', true, 'high', {
    effective: "Whether a client's first use of an unknown topic creates it.",
  }),
  int('num.partitions', 1, 'medium', {
    check: atLeast(1),
    effective: 'Partitions of a topic created without a count.',
  }),
  int('default.replication.factor', 1, 'medium', {
    effective: 'Replicas of a topic created without a factor.',
  }),
  flag('delete.topic.enable', true, 'high', {
    effective: 'Whether topics may be deleted.',
  }),
  className('create.topic.policy.class.name', null, 'low', {
    refused: 'Java class that vets new topics. No Java class is loaded here.',
  }),
  className('alter.config.policy.class.name', null, 'low', {
    refused: 'Java class that vets config changes. No Java class is loaded here.',
  }),
  int('message.max.bytes', 1_048_588, 'high', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Largest record batch, after compression.',
  }),
  int('min.insync.replicas', 1, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    effective: 'In-sync replicas without which a write with acks=all is refused.',
  }),
  flag('unclean.leader.election.enable', false, 'high', {
    dynamic: 'cluster-wide',
    effective: 'Whether a replica that may lack acknowledged records can lead as a last resort.',
  }),
  string('compression.type', 'producer', 'high', {
    check: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    dynamic: 'cluster-wide',
    effective: 'Codec on disk; producer keeps what the producer chose.',
  }),
  int('compression.gzip.level', -1, 'medium', {
    check: gzipLevel,
    dynamic: 'cluster-wide',
    effective: "Level when compression.type is gzip; -1 is the codec's own.",
  }),
  int('compression.lz4.level', 9, 'medium', {
    check: between(1, 17),
    dynamic: 'cluster-wide',
    effective: 'Level when compression.type is lz4.',
  }),
  int('compression.zstd.level', 3, 'medium', {
    check: between(-131_072, 22),
    dynamic: 'cluster-wide',
    effective: 'Level when compression.type is zstd.',
  }),
]
