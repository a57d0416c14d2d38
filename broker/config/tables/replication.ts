// Broker configs: Followers, in-sync replicas and preferred leaders.

import { atLeast } from '../checks.ts'
import { type ConfigDefinition, flag, int, long, longMax, string } from '../definition.ts'

export const replicationConfigs: readonly ConfigDefinition[] = [
  long('replica.lag.time.max.ms', 30_000, 'high', {
    effective: 'A follower that has not caught up for this long leaves the in-sync replicas.',
  }),
  long('replica.high.watermark.checkpoint.interval.ms', 5000, 'high', {
    effective: 'Time between two writes of the high watermarks.',
  }),
  int('replica.fetch.max.bytes', 1_048_576, 'medium', {
    check: atLeast(0),
    accepted: 'Bytes that a follower asks for, a partition.',
  }),
  int('replica.fetch.response.max.bytes', 10_485_760, 'medium', {
    check: atLeast(0),
    accepted: 'Bytes that a follower asks for, all partitions together.',
  }),
  int('replica.fetch.min.bytes', 1, 'high', {
    accepted: 'Bytes for which a leader lets a follower wait.',
  }),
  int('replica.fetch.wait.max.ms', 500, 'high', {
    accepted: 'Longest that a leader lets a follower wait.',
  }),
  int('replica.fetch.backoff.ms', 1000, 'medium', {
    check: atLeast(0),
    accepted: 'Pause of a follower after a failed fetch.',
  }),
  int('replica.socket.timeout.ms', 30_000, 'high', {
    accepted: 'How long a follower waits for an answer.',
  }),
  int('replica.socket.receive.buffer.bytes', 65_536, 'high', {
    accepted: "Receive buffer of a follower's socket.",
  }),
  string('replica.selector.class', null, 'medium', {
    effective:
      'Which replica a consumer reads from: with ...RackAwareReplicaSelector one of its own rack.',
  }),
  int('num.replica.fetchers', 1, 'high', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    accepted: 'Fetching threads for each leader; here one stream carries all partitions.',
  }),
  flag('auto.leader.rebalance.enable', true, 'high', {
    effective: 'Whether leadership goes back to preferred replicas by itself.',
  }),
  long('leader.imbalance.check.interval.seconds', 300, 'high', {
    check: atLeast(1),
    effective: 'Time between two looks for leaders that are not the preferred replica.',
  }),
  long('unclean.leader.election.interval.ms', 300_000, 'medium', {
    check: atLeast(1),
    internal: true,
    accepted: 'Time between two looks for unclean elections to make; here they are made at once.',
  }),
  int('fetch.purgatory.purge.interval.requests', 1000, 'medium', {
    accepted: 'Finished waiting fetches after which their list is tidied.',
  }),
  int('producer.purgatory.purge.interval.requests', 1000, 'medium', {
    accepted: 'Finished waiting produces after which their list is tidied.',
  }),
  int('delete.records.purgatory.purge.interval.requests', 1, 'medium', {
    accepted: 'Finished waiting deletions after which their list is tidied.',
  }),
  flag('follower.fetch.last.tiered.offset.enable', false, 'medium', {
    dynamic: 'cluster-wide',
    accepted: 'Whether a new follower of a tiered topic starts at the last tiered offset.',
  }),
  int('controller.socket.timeout.ms', 30_000, 'medium', {
    accepted: "How long a broker waits for the controller's answer.",
  }),
  long('leader.replication.throttled.rate', longMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Bytes a second that a leader sends to throttled replicas that are not in sync.',
  }),
  long('follower.replication.throttled.rate', longMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    effective: 'Bytes a second that throttled replicas of a follower fetch from each leader.',
  }),
  long('replica.alter.log.dirs.io.max.bytes.per.second', longMax, 'medium', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    accepted: 'Bytes a second that replicas move at between directories.',
  }),
]
