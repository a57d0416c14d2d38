// Broker configs: Consumer groups of the classic protocol, and committed offsets.

import { atLeast, listOf } from '../checks.ts'
import { type ConfigDefinition, int, intMax, list, long, short } from '../definition.ts'

export const groupCoordinatorConfigs: readonly ConfigDefinition[] = [
  int('group.min.session.timeout.ms', 6000, 'medium', {
    effective: 'Shortest session timeout that a member may ask for.',
  }),
  int('group.max.session.timeout.ms', 1_800_000, 'medium', {
    effective: 'Longest session timeout that a member may ask for.',
  }),
  int('group.initial.rebalance.delay.ms', 3000, 'medium', {
    effective: 'How long an empty group waits for more members before its first rebalance.',
  }),
  int('group.max.size', intMax, 'medium', {
    check: atLeast(1),
    effective: 'Most members of a classic group.',
  }),
  int('offset.metadata.max.bytes', 4096, 'high', {
    effective: 'Longest note that may go with a committed offset.',
  }),
  int('offsets.commit.timeout.ms', 5000, 'high', {
    check: atLeast(1),
    accepted: 'How long a commit waits for its replicas.',
  }),
  int('offsets.load.buffer.size', 5_242_880, 'high', {
    check: atLeast(1),
    accepted: "Bytes read at a time when a group's state is loaded.",
  }),
  int('offsets.retention.minutes', 10_080, 'high', {
    check: atLeast(1),
    effective: 'How long the offsets of an empty group are kept.',
  }),
  long('offsets.retention.check.interval.ms', 600_000, 'high', {
    check: atLeast(1),
    effective: 'Time between two looks for offsets to drop.',
  }),
  int('offsets.topic.num.partitions', 50, 'high', {
    check: atLeast(1),
    effective: 'Partitions of __consumer_offsets.',
  }),
  short('offsets.topic.replication.factor', 3, 'high', {
    check: atLeast(1),
    effective: 'Replicas of __consumer_offsets; the brokers there are, when fewer.',
  }),
  int('offsets.topic.segment.bytes', 104_857_600, 'high', {
    check: atLeast(1),
    effective: 'Segment size of __consumer_offsets.',
  }),
  int('offsets.topic.compression.codec', 0, 'high', {
    accepted: 'Codec of __consumer_offsets, by its number in the record format.',
  }),
  int('group.coordinator.threads', 4, 'high', {
    check: atLeast(1),
    accepted: 'Threads of the group coordinator; a node here has one event loop.',
  }),
  int('group.coordinator.background.threads', 2, 'high', {
    check: atLeast(1),
    accepted: "Threads for the coordinator's heavier work.",
  }),
  int('group.coordinator.append.linger.ms', -1, 'medium', {
    check: atLeast(-1),
    accepted: 'How long the coordinator gathers writes before it appends them; -1 adapts.',
  }),
  int('group.coordinator.cached.buffer.max.bytes', 1_048_588, 'medium', {
    check: atLeast(524_288),
    dynamic: 'cluster-wide',
    accepted: 'Largest write buffer that the coordinator keeps for the next write.',
  }),
  list('group.coordinator.rebalance.protocols', ['classic', 'consumer', 'streams'], 'medium', {
    check: listOf({ of: ['consumer', 'classic', 'share', 'streams'] }),
    accepted: 'Rebalance protocols that are on.',
  }),
]
