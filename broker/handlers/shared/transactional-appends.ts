// Batches of transactions on their way to a log: each transaction is looked up at its coordinator
// before its first batch in a partition is written, or the partition is added to it (KIP-890).

import { epochPerTransaction } from '@samsa/controller/features'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Services } from '../../services.ts'

export interface Joining {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  /** The client leaves it to the brokers to add the partitions. */
  readonly joins: boolean
  readonly partitions: readonly { readonly topic: string; readonly index: number }[]
}

/** Whether clients may rely on the second transaction protocol: then they add no partitions. */
export function hasImplicitJoins(services: Services): boolean {
  return (
    (services.metadata().features.get(epochPerTransaction.name) ?? 0) >= epochPerTransaction.max
  )
}

/** Never rejects. */
export async function joinTransaction(
  services: Services,
  { joins, partitions, ...producer }: Joining,
): Promise<(topic: string, partition: number) => KafkaErrorName> {
  const verifyOnly = !(joins && hasImplicitJoins(services))
  if (verifyOnly && !services.config().transactionPartitionVerificationEnable) return () => 'NONE'
  const byTopic = new Map<string, Set<number>>()
  for (const { topic, index } of partitions) {
    const indexes = byTopic.get(topic) ?? new Set()
    byTopic.set(topic, indexes.add(index))
  }
  return services.transactionJoins.join({ ...producer, verifyOnly, partitions: byTopic })
}

/** As producers expect it: older ones do not know that a transaction can be aborted only. */
export function joinError(
  error: KafkaErrorName,
  { knowsAbortable }: { knowsAbortable: boolean },
): KafkaErrorName {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  return error === 'TRANSACTION_ABORTABLE' && !knowsAbortable ? 'INVALID_TXN_STATE' : error
}
