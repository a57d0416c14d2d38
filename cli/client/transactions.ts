// Transactions as the admin commands see them: what coordinators know of transactional ids, what
// leaders of partitions know of producers, and the end of a transaction that nobody else ends
// (KIP-664).

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Cluster } from './cluster.ts'
import { KafkaError, throwIfError } from './errors.ts'
import type { TopicPartition } from './offsets.ts'

const transactionKeyType = 1

export interface ListedTransaction {
  readonly transactionalId: string
  readonly producerId: number
  readonly state: string
  readonly coordinator: number
}

export interface TransactionFilter {
  readonly states: readonly string[]
  /** Open for longer than that; -1: all. */
  readonly longerThanMs: number
}

export async function listTransactions(
  cluster: Cluster,
  { states, longerThanMs }: TransactionFilter,
): Promise<ListedTransaction[]> {
  return await cluster.retrying(async () => {
    await cluster.refresh([])
    const lists = cluster.brokers.map(async ({ id }) => {
      const { response } = await cluster.toBroker(id, 'listTransactions', (version) => ({
        stateFilters: [...states],
        producerIdFilters: [],
        ...(version >= 1 && { durationFilter: longerThanMs }),
      }))
      throwIfError(response.errorCode, `transactions of broker ${id}`)
      return response.transactionStates.map(({ transactionState, ...rest }) => ({
        ...rest,
        state: transactionState,
        coordinator: id,
      }))
    })
    const found = (await Promise.all(lists)).flat()
    return found.sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1))
  })
}

export interface TransactionDescription {
  readonly transactionalId: string
  readonly coordinator: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly state: string
  readonly timeoutMs: number
  /** -1 before the first transaction. */
  readonly startMs: number
  readonly partitions: readonly TopicPartition[]
}

export async function describeTransaction(
  cluster: Cluster,
  transactionalId: string,
): Promise<TransactionDescription> {
  return await cluster.retrying(async () => {
    const what = `transactional id ${transactionalId}`
    const { response: found } = await cluster.toAny('findCoordinator', (version) => ({
      keyType: transactionKeyType,
      ...(version >= 4 ? { coordinatorKeys: [transactionalId] } : { key: transactionalId }),
    }))
    const keeper = found.coordinators[0] ?? found
    throwIfError(keeper.errorCode, what, keeper.errorMessage)
    if (cluster.brokers.every(({ id }) => id !== keeper.nodeId)) await cluster.refresh([])
    const { response } = await cluster.toBroker(keeper.nodeId, 'describeTransactions', {
      transactionalIds: [transactionalId],
    })
    const [state] = response.transactionStates
    if (state === undefined) throw new KafkaError(errorCodes.TRANSACTIONAL_ID_NOT_FOUND, what)
    throwIfError(state.errorCode, what)
    return {
      transactionalId,
      coordinator: keeper.nodeId,
      producerId: state.producerId,
      producerEpoch: state.producerEpoch,
      state: state.transactionState,
      timeoutMs: state.transactionTimeoutMs,
      startMs: state.transactionStartTimeMs,
      partitions: state.topics.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    }
  })
}

/** A transaction that is open in a partition, as its leader knows it. */
export interface OpenTransaction {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly startOffset: number
}

/** Undefined where no transaction begins at that offset of the partition. */
export async function openTransactionAt(
  cluster: Cluster,
  leader: number,
  { topic, partition }: TopicPartition,
  startOffset: number,
): Promise<OpenTransaction | undefined> {
  const { response } = await cluster.toBroker(leader, 'describeProducers', {
    topics: [{ name: topic, partitionIndexes: [partition] }],
  })
  const row = response.topics[0]?.partitions[0]
  throwIfError(row?.errorCode ?? 0, `${topic}-${partition}`, row?.errorMessage ?? null)
  const found = row?.activeProducers.find((one) => one.currentTxnStartOffset === startOffset)
  return found === undefined ? undefined : { ...found, startOffset }
}

/** Writes the abort marker as the coordinator would. */
export async function abortAt(
  cluster: Cluster,
  leader: number,
  { topic, partition }: TopicPartition,
  open: OpenTransaction,
): Promise<void> {
  const { producerId, producerEpoch, coordinatorEpoch } = open
  const { response } = await cluster.toBroker(leader, 'writeTxnMarkers', {
    markers: [
      {
        producerId,
        producerEpoch,
        // A producer that no coordinator ever ended has none: any is right.
        coordinatorEpoch: Math.max(0, coordinatorEpoch),
        transactionResult: false,
        topics: [{ name: topic, partitionIndexes: [partition] }],
      },
    ],
  })
  const row = response.markers[0]?.topics[0]?.partitions[0]
  throwIfError(row?.errorCode ?? 0, `${topic}-${partition}`)
}
