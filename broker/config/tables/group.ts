// Configs that a group can have of its own (GroupConfig of Kafka). Its bounds are broker configs:
// group-configs.ts.

import { atLeast, offsetReset, oneOf } from '../checks.ts'
import { type ConfigDefinition, flag, int, string } from '../definition.ts'

export const groupConfigs: readonly ConfigDefinition[] = [
  int('consumer.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Session timeout of the group's consumers.",
  }),
  int('consumer.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: "Heartbeat interval given to the group's consumers.",
  }),
  int('consumer.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    effective: 'Shortest time between two assignments of the group.',
  }),
  int('share.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    accepted: "Session timeout of the share group's members.",
  }),
  int('share.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    accepted: "Heartbeat interval given to the share group's members.",
  }),
  int('share.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    accepted: 'Shortest time between two assignments of the share group.',
  }),
  int('share.record.lock.duration.ms', 30_000, 'medium', {
    check: atLeast(1000),
    accepted: 'Time for which an acquired record is locked to its consumer.',
  }),
  int('share.delivery.count.limit', 5, 'medium', {
    check: atLeast(2),
    accepted: 'Deliveries of a record before it is given up.',
  }),
  int('share.partition.max.record.locks', 2000, 'medium', {
    check: atLeast(100),
    accepted: 'Records of a partition that may be locked at one time.',
  }),
  string('share.auto.offset.reset', 'latest', 'medium', {
    check: offsetReset,
    accepted: 'Where the share group starts: latest, earliest, or by_duration: and how long ago.',
  }),
  string('share.isolation.level', 'read_uncommitted', 'medium', {
    check: oneOf('read_committed', 'read_uncommitted'),
    accepted: 'Whether the share group sees records of open transactions.',
  }),
  flag('share.renew.acknowledge.enable', true, 'medium', {
    accepted: 'Whether a consumer may renew its lock on a record.',
  }),
  int('streams.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Session timeout of the Streams group's members.",
  }),
  int('streams.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: "Heartbeat interval given to the Streams group's members.",
  }),
  int('streams.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    effective: 'Shortest time between two assignments of the Streams group.',
  }),
  int('streams.initial.rebalance.delay.ms', 3000, 'medium', {
    check: atLeast(0),
    effective: 'How long the new Streams group waits for more members.',
  }),
  int('streams.num.standby.replicas', 0, 'medium', {
    check: atLeast(0),
    effective: 'Standby copies of each stateful task.',
  }),
]
