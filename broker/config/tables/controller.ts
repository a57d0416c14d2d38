// Broker configs: The controller quorum and its metadata log.

import { atLeast, bootstrapServers, listOf, quorumVoters } from '../checks.ts'
import { type ConfigDefinition, flag, int, list, long, string } from '../definition.ts'

export const controllerConfigs: readonly ConfigDefinition[] = [
  list('controller.listener.names', [], 'high', {
    check: listOf({ empty: 'allowed' }),
    effective: 'Listeners of the controller, for gRPC; the first one is opened.',
  }),
  list('controller.quorum.voters', [], 'high', {
    check: quorumVoters,
    effective: "The controllers, as id@host:port, when the quorum's members never change.",
  }),
  list('controller.quorum.bootstrap.servers', [], 'high', {
    check: bootstrapServers,
    effective: 'Addresses at which some controllers may be found.',
  }),
  flag('controller.quorum.auto.join.enable', false, 'low', {
    effective: 'Whether a new controller becomes a voter by itself.',
  }),
  int('controller.quorum.election.timeout.ms', 1000, 'high', {
    check: atLeast(0),
    accepted: 'How long a candidate waits for votes.',
  }),
  int('controller.quorum.election.backoff.max.ms', 1000, 'high', {
    check: atLeast(0),
    effective:
      'Longest random time added to controller.quorum.fetch.timeout.ms; 300 here when unset.',
  }),
  int('controller.quorum.fetch.timeout.ms', 2000, 'high', {
    check: atLeast(0),
    effective:
      'How long a voter goes without its leader before it stands for election; 300 here when unset.',
  }),
  int('controller.quorum.request.timeout.ms', 2000, 'medium', {
    check: atLeast(0),
    accepted: 'How long a voter waits for an answer.',
  }),
  int('controller.quorum.retry.backoff.ms', 20, 'low', {
    check: atLeast(0),
    accepted: 'Pause before a request to another voter is tried again.',
  }),
  int('controller.quorum.append.linger.ms', 25, 'medium', {
    check: atLeast(0),
    accepted: 'How long the leader gathers metadata records before it writes them.',
  }),
  int('controller.quorum.fetch.max.bytes', 1_048_576, 'low', {
    check: atLeast(1),
    accepted: 'Most bytes of records in one answer between voters.',
  }),
  int('controller.quorum.fetch.snapshot.max.bytes', 1_048_576, 'low', {
    check: atLeast(1),
    accepted: 'Most bytes of a snapshot in one answer between voters.',
  }),
  long('controller.performance.sample.period.ms', 60_000, 'medium', {
    check: atLeast(100),
    internal: true,
    accepted: "Time over which the controller's slowest events are gathered.",
  }),
  long('controller.performance.always.log.threshold.ms', 2000, 'medium', {
    check: atLeast(0),
    internal: true,
    accepted: 'Time above which a controller event is always logged.',
  }),
  string('metadata.log.dir', null, 'high', {
    effective: 'Directory of the metadata log; the first of log.dirs when unset.',
  }),
  long('metadata.log.max.record.bytes.between.snapshots', 20_971_520, 'high', {
    check: atLeast(1),
    accepted: 'Bytes of metadata records after which a snapshot is written.',
  }),
  long('metadata.log.max.snapshot.interval.ms', 3_600_000, 'high', {
    check: atLeast(0),
    accepted: 'Time after which a snapshot is written; 0 is never.',
  }),
  int('metadata.log.segment.bytes', 1_073_741_824, 'high', {
    check: atLeast(8_388_608),
    accepted: 'Segment size of the metadata log.',
  }),
  long('metadata.log.segment.ms', 604_800_000, 'high', {
    accepted: 'Segment age of the metadata log.',
  }),
  long('metadata.max.retention.bytes', 104_857_600, 'high', {
    accepted: 'Size above which old metadata records are dropped.',
  }),
  long('metadata.max.retention.ms', 604_800_000, 'high', {
    accepted: 'Age at which old metadata records are dropped.',
  }),
  int('metadata.max.idle.interval.ms', 500, 'low', {
    check: atLeast(0),
    accepted: 'Time after which an idle controller writes a no-op record.',
  }),
  int('internal.metadata.log.segment.bytes', null, 'low', {
    internal: true,
    accepted: 'Segment size of the metadata log, for tests.',
  }),
  int('internal.metadata.max.batch.size.in.bytes', 8_388_608, 'low', {
    internal: true,
    accepted: 'Largest batch of the metadata log.',
  }),
  long('internal.metadata.delete.delay.millis', 60_000, 'low', {
    internal: true,
    accepted: "Time between a metadata file's removal and its deletion.",
  }),
]
