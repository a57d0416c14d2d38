// What is known of one transactional id: its producer, and where its transaction stands (KIP-98,
// KIP-890). Values are never changed: a decision makes a new one, which takes effect once it is
// written.

/** In the order of the numbers that Kafka's records have for them; the last two are never stored. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

export type TransactionState = (typeof transactionStates)[number]

export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>

export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** Of the producer whose epochs were used up; -1: none. */
  readonly previousProducerId: number
  /** Of the producer that goes on once the transaction is over; -1: the same. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** The epoch before the last one that a producer was given; -1: not to be told to anybody. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: TopicPartitions
  /** Wall time; -1 before the first transaction. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** transaction.version of the client that ended the transaction; from 2 on each has an epoch. */
  readonly clientVersion: number
}

export const noProducerId = -1
export const noEpoch = -1
export const noStart = -1
export const noPartitions: TopicPartitions = new Map()

/** From here on the end of a transaction raises the producer's epoch (KIP-890). */
export const epochPerTransactionSince = 2

/** Clients get epochs below it, so that the coordinator can always fence them by a higher one. */
const epochMax = 0x7fff

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= epochMax - 1
}

export function isPrepared({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** The epoch that a retried EndTxn was sent with, in an exhausted id. */
export const lastUsableEpoch = epochMax - 1

export function includesAll(partitions: TopicPartitions, asked: TopicPartitions): boolean {
  for (const [topic, indexes] of asked) {
    const known = partitions.get(topic)
    for (const index of indexes) if (known?.has(index) !== true) return false
  }
  return true
}

export function union(left: TopicPartitions, right: TopicPartitions): TopicPartitions {
  const all = new Map<string, ReadonlySet<number>>(left)
  for (const [topic, indexes] of right) {
    all.set(topic, new Set([...(all.get(topic) ?? []), ...indexes]))
  }
  return all
}

export function countOf(partitions: TopicPartitions): number {
  let count = 0
  for (const indexes of partitions.values()) count += indexes.size
  return count
}
