// Broker configs: Share groups (KIP-932) and the topic of their state.

import { atLeast, between, listOf } from '../checks.ts'
import { type ConfigDefinition, int, list, short, string } from '../definition.ts'

export const shareGroupConfigs: readonly ConfigDefinition[] = [
  int('group.share.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    accepted: "Session timeout of a share group's members.",
  }),
  int('group.share.min.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    accepted: "Lower bound of a group's own share.session.timeout.ms.",
  }),
  int('group.share.max.session.timeout.ms', 60_000, 'medium', {
    check: atLeast(1),
    accepted: "Upper bound of a group's own share.session.timeout.ms.",
  }),
  int('group.share.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    accepted: "Heartbeat interval given to a share group's members.",
  }),
  int('group.share.min.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    accepted: "Lower bound of a group's own share.heartbeat.interval.ms.",
  }),
  int('group.share.max.heartbeat.interval.ms', 15_000, 'medium', {
    check: atLeast(1),
    accepted: "Upper bound of a group's own share.heartbeat.interval.ms.",
  }),
  int('group.share.max.size', 200, 'medium', {
    check: between(1, 1000),
    accepted: 'Most members of a share group.',
  }),
  int('group.share.max.share.sessions', 2000, 'medium', {
    check: atLeast(1),
    accepted: 'Share sessions kept at one time.',
  }),
  list('group.share.assignors', ['simple'], 'medium', {
    check: listOf({}),
    accepted: 'The one assignor of share groups.',
  }),
  int('group.share.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    accepted: 'Shortest time between two assignments of a share group.',
  }),
  int('group.share.min.assignment.interval.ms', 0, 'medium', {
    check: atLeast(0),
    accepted: "Lower bound of a group's own share.assignment.interval.ms.",
  }),
  int('group.share.max.assignment.interval.ms', 15_000, 'medium', {
    check: atLeast(0),
    accepted: "Upper bound of a group's own share.assignment.interval.ms.",
  }),
  int('group.share.delivery.count.limit', 5, 'medium', {
    check: between(2, 10),
    accepted: 'Deliveries of a record before it is given up.',
  }),
  int('group.share.min.delivery.count.limit', 2, 'medium', {
    check: between(2, 5),
    accepted: "Lower bound of a group's own share.delivery.count.limit.",
  }),
  int('group.share.max.delivery.count.limit', 10, 'medium', {
    check: between(5, 25),
    accepted: "Upper bound of a group's own share.delivery.count.limit.",
  }),
  int('group.share.record.lock.duration.ms', 30_000, 'medium', {
    check: between(1000, 3_600_000),
    accepted: 'Time for which an acquired record is locked to its consumer.',
  }),
  int('group.share.min.record.lock.duration.ms', 15_000, 'medium', {
    check: between(1000, 30_000),
    accepted: "Lower bound of a group's own share.record.lock.duration.ms.",
  }),
  int('group.share.max.record.lock.duration.ms', 60_000, 'medium', {
    check: between(30_000, 3_600_000),
    accepted: "Upper bound of a group's own share.record.lock.duration.ms.",
  }),
  int('group.share.partition.max.record.locks', 2000, 'medium', {
    check: between(100, 10_000),
    accepted: 'Records of a partition that may be locked at one time.',
  }),
  int('group.share.min.partition.max.record.locks', 100, 'medium', {
    check: between(100, 2000),
    accepted: "Lower bound of a group's own share.partition.max.record.locks.",
  }),
  int('group.share.max.partition.max.record.locks', 4000, 'medium', {
    check: between(2000, 10_000),
    accepted: "Upper bound of a group's own share.partition.max.record.locks.",
  }),
  int('group.share.initialize.retry.interval.ms', 30_000, 'low', {
    check: atLeast(1),
    internal: true,
    accepted: "Time between two tries to set up a share partition's state.",
  }),
  string(
    'group.share.persister.class.name',
    'org.apache.kafka.server.share.persister.DefaultStatePersister',
    'medium',
    {
      internal: true,
      accepted: 'Java class that stores the state of share groups.',
    },
  ),
  int('share.coordinator.state.topic.num.partitions', 50, 'high', {
    check: atLeast(1),
    accepted: 'Partitions of __share_group_state.',
  }),
  short('share.coordinator.state.topic.replication.factor', 3, 'high', {
    check: atLeast(1),
    accepted: 'Replicas of __share_group_state.',
  }),
  short('share.coordinator.state.topic.min.isr', 2, 'high', {
    check: atLeast(1),
    accepted: 'min.insync.replicas of __share_group_state.',
  }),
  int('share.coordinator.state.topic.segment.bytes', 104_857_600, 'high', {
    check: atLeast(1),
    accepted: 'Segment size of __share_group_state.',
  }),
  int('share.coordinator.state.topic.compression.codec', 0, 'high', {
    accepted: 'Codec of __share_group_state, by its number in the record format.',
  }),
  int('share.coordinator.state.topic.prune.interval.ms', 300_000, 'low', {
    check: atLeast(1),
    internal: true,
    accepted: 'Time between two looks for state records that are no longer needed.',
  }),
  int('share.coordinator.cold.partition.snapshot.interval.ms', 300_000, 'low', {
    check: atLeast(1),
    internal: true,
    accepted: 'Time between two snapshots of a share partition that does not change.',
  }),
  int('share.coordinator.snapshot.update.records.per.snapshot', 500, 'medium', {
    check: between(0, 500),
    accepted: 'Updates written between two snapshots of a share partition.',
  }),
  int('share.coordinator.load.buffer.size', 5_242_880, 'high', {
    check: atLeast(1),
    accepted: 'Bytes read at a time when share state is loaded.',
  }),
  int('share.coordinator.write.timeout.ms', 5000, 'high', {
    check: atLeast(1),
    accepted: 'How long a write of share state waits for its replicas.',
  }),
  int('share.coordinator.threads', 1, 'medium', {
    check: atLeast(1),
    accepted: 'Threads of the share coordinator.',
  }),
  int('share.coordinator.append.linger.ms', -1, 'medium', {
    check: atLeast(-1),
    accepted: 'How long the share coordinator gathers writes before it appends them; -1 adapts.',
  }),
  int('share.coordinator.cached.buffer.max.bytes', 1_048_588, 'medium', {
    check: atLeast(524_288),
    dynamic: 'cluster-wide',
    accepted: 'Largest write buffer that the share coordinator keeps for the next write.',
  }),
  int('share.fetch.purgatory.purge.interval.requests', 1000, 'medium', {
    accepted: 'Finished waiting share fetches after which their list is tidied.',
  }),
]
