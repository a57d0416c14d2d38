// Broker configs: Idempotent producers and transactions.

import { atLeast } from '../checks.ts'
import { type ConfigDefinition, flag, int, short } from '../definition.ts'

export const transactionConfigs: readonly ConfigDefinition[] = [
  int('producer.id.expiration.ms', 86_400_000, 'low', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    effective: "Time without a write after which a producer's state is dropped.",
  }),
  int('producer.id.expiration.check.interval.ms', 600_000, 'low', {
    check: atLeast(1),
    internal: true,
    effective: 'Time between two looks for producers to drop.',
  }),
  int('transactional.id.expiration.ms', 604_800_000, 'high', {
    check: atLeast(1),
    effective: 'Time without use after which a transactional id is dropped.',
  }),
  int('transaction.max.timeout.ms', 900_000, 'high', {
    check: atLeast(1),
    effective: 'Longest timeout that a transaction may ask for.',
  }),
  int('transaction.state.log.num.partitions', 50, 'high', {
    check: atLeast(1),
    effective: 'Partitions of __transaction_state.',
  }),
  short('transaction.state.log.replication.factor', 3, 'high', {
    check: atLeast(1),
    effective: 'Replicas of __transaction_state; the brokers there are, when fewer.',
  }),
  int('transaction.state.log.min.isr', 2, 'high', {
    check: atLeast(1),
    effective: 'min.insync.replicas of __transaction_state.',
  }),
  int('transaction.state.log.segment.bytes', 104_857_600, 'high', {
    check: atLeast(1),
    effective: 'Segment size of __transaction_state.',
  }),
  int('transaction.state.log.load.buffer.size', 5_242_880, 'high', {
    check: atLeast(1),
    accepted: 'Bytes read at a time when transaction state is loaded.',
  }),
  int('transaction.abort.timed.out.transaction.cleanup.interval.ms', 10_000, 'low', {
    check: atLeast(1),
    effective: 'Time between two looks for transactions past their timeout.',
  }),
  int('transaction.remove.expired.transaction.cleanup.interval.ms', 3_600_000, 'low', {
    check: atLeast(1),
    effective: 'Time between two looks for transactional ids to drop.',
  }),
  flag('transaction.partition.verification.enable', true, 'low', {
    dynamic: 'cluster-wide',
    effective: 'Whether a write is checked to belong to an open transaction.',
  }),
  flag('transaction.two.phase.commit.enable', false, 'low', {
    accepted: 'Whether a client may keep a prepared transaction open without a timeout.',
  }),
  int('add.partitions.to.txn.retry.backoff.ms', 20, 'high', {
    check: atLeast(1),
    effective:
      'Pause before a partition is added to a transaction again that is still being ended.',
  }),
  int('add.partitions.to.txn.retry.backoff.max.ms', 100, 'high', {
    check: atLeast(0),
    effective: 'How long a broker goes on with that before the client has to.',
  }),
]
