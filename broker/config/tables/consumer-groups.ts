// Broker configs: Groups of the consumer protocol (KIP-848) and of Streams (KIP-1071).

import { atLeast, listOf, oneOfAnyCase } from '../checks.ts'
import { type ConfigDefinition, int, intMax, list, string } from '../definition.ts'

export const nextGenerationGroupConfigs: readonly ConfigDefinition[] = [
  int('group.consumer.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Session timeout of a group's members.",
  }),
  int('group.consumer.min.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Lower bound of a group's own consumer.session.timeout.ms.",
  }),
  int('group.consumer.max.session.timeout.ms', 60_000, 'medium', {
    check: atLeast(1),
    effective: "Upper bound of a group's own consumer.session.timeout.ms.",
  }),
  int('group.consumer.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: 'Heartbeat interval given to members.',
  }),
  int('group.consumer.min.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: "Lower bound of a group's own consumer.heartbeat.interval.ms.",
  }),
  int('group.consumer.max.heartbeat.interval.ms', 15_000, 'medium', {
    check: atLeast(1),
    effective: "Upper bound of a group's own consumer.heartbeat.interval.ms.",
  }),
  int('group.consumer.max.size', intMax, 'medium', {
    check: atLeast(1),
    effective: 'Most members of a group.',
  }),
  list('group.consumer.assignors', ['uniform', 'range'], 'medium', {
    check: listOf({}),
    effective: 'Assignors on offer; the first is the default.',
  }),
  int('group.consumer.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Shortest time between two assignments of a group.',
  }),
  int('group.consumer.min.assignment.interval.ms', 0, 'medium', {
    check: atLeast(0),
    effective: "Lower bound of a group's own consumer.assignment.interval.ms.",
  }),
  int('group.consumer.max.assignment.interval.ms', 15_000, 'medium', {
    check: atLeast(0),
    effective: "Upper bound of a group's own consumer.assignment.interval.ms.",
  }),
  string('group.consumer.migration.policy', 'bidirectional', 'medium', {
    check: oneOfAnyCase('DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'),
    effective:
      'Which ways a group with members may change between the classic and the consumer protocol.',
  }),
  int('group.consumer.regex.refresh.interval.ms', 600_000, 'medium', {
    check: atLeast(10_000),
    internal: true,
    effective: 'Time between two looks for topics that match a subscribed pattern.',
  }),
  int('group.streams.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Session timeout of a Streams group's members.",
  }),
  int('group.streams.min.session.timeout.ms', 45_000, 'medium', {
    check: atLeast(1),
    effective: "Lower bound of a group's own streams.session.timeout.ms.",
  }),
  int('group.streams.max.session.timeout.ms', 60_000, 'medium', {
    check: atLeast(1),
    effective: "Upper bound of a group's own streams.session.timeout.ms.",
  }),
  int('group.streams.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: "Heartbeat interval given to a Streams group's members.",
  }),
  int('group.streams.min.heartbeat.interval.ms', 5000, 'medium', {
    check: atLeast(1),
    effective: "Lower bound of a group's own streams.heartbeat.interval.ms.",
  }),
  int('group.streams.max.heartbeat.interval.ms', 15_000, 'medium', {
    check: atLeast(1),
    effective: "Upper bound of a group's own streams.heartbeat.interval.ms.",
  }),
  int('group.streams.max.size', intMax, 'medium', {
    check: atLeast(1),
    effective: 'Most members of a Streams group.',
  }),
  int('group.streams.num.standby.replicas', 0, 'medium', {
    check: atLeast(0),
    effective: 'Standby copies of each stateful task.',
  }),
  int('group.streams.max.standby.replicas', 2, 'medium', {
    check: atLeast(0),
    effective: "Upper bound of a group's own streams.num.standby.replicas.",
  }),
  int('group.streams.initial.rebalance.delay.ms', 3000, 'medium', {
    check: atLeast(0),
    effective: 'How long a new Streams group waits for more members.',
  }),
  int('group.streams.assignment.interval.ms', 1000, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Shortest time between two assignments of a Streams group.',
  }),
  int('group.streams.min.assignment.interval.ms', 0, 'medium', {
    check: atLeast(0),
    effective: "Lower bound of a group's own streams.assignment.interval.ms.",
  }),
  int('group.streams.max.assignment.interval.ms', 15_000, 'medium', {
    check: atLeast(0),
    effective: "Upper bound of a group's own streams.assignment.interval.ms.",
  }),
]
