// The transaction coordinator: one LedTransactions for each partition of `__transaction_state` that
// this node leads, and the way of each request to the one that keeps its transactional id. Checks
// what needs no transaction's state; decides nothing else.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../../clock.ts'
import { keyPartition } from '../key-partition.ts'
import type { PartitionWriter } from '../partition-writer.ts'
import type {
  AddPartitionsEvent,
  EndTransactionEvent,
  InitProducerEvent,
  ProducerAnswer,
  TransactionRequest,
  VerifyAnswer,
  VerifyPartitionsEvent,
} from './events.ts'
import { LedTransactions } from './led-transactions.ts'
import type { MarkerSender } from './marker-sender.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { refusedProducer } from './turn.ts'

export interface TransactionCoordinatorOptions {
  readonly config: () => TransactionConfig
  /** Of `__transaction_state`: as the topic is, or as it is going to be made. */
  readonly partitionCount: () => number
  readonly writer: PartitionWriter
  readonly markers: MarkerSender
  readonly newProducerId: () => Promise<number>
  readonly clock: Clock
  readonly timers: Timers
  /** A partition that could not be read, or broke a rule. It is read again by itself. */
  readonly onFault: (partition: number, error: unknown) => void
}

type Asked<E extends { readonly type: string; readonly token: unknown }> = Omit<E, 'type' | 'token'>

/** What a transactional id may be: records give its length in 16 bits. */
const identifierBytesMax = 0x7fff

/** Nobody takes back a request for a transaction by closing the connection. */
const forGood = new AbortController().signal

interface Led {
  readonly transactions: LedTransactions
  readonly leaderEpoch: number
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #led = new Map<number, Led>()
  readonly #recurring: (() => void)[] = []
  #isClosed = false

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
  }

  /** The partition of `__transaction_state` that keeps a transactional id. */
  partitionFor(transactionalId: string): number {
    return keyPartition(transactionalId, this.#options.partitionCount())
  }

  /**
   * This node leads the partition in this epoch. Resolves when its transactions are served; until
   * then requests get COORDINATOR_LOAD_IN_PROGRESS.
   */
  async onElected(partition: number, leaderEpoch: number): Promise<void> {
    if (this.#isClosed) return
    const known = this.#led.get(partition)
    if (known !== undefined && known.leaderEpoch >= leaderEpoch) return
    // What was on its way in the epoch before may have been lost.
    known?.transactions.close()
    const { partitionCount: _, ...shared } = this.#options
    const transactions = new LedTransactions({ ...shared, partition, leaderEpoch })
    this.#led.set(partition, { transactions, leaderEpoch })
    if (this.#recurring.length === 0) this.#beginUpkeep()
    await transactions.load()
  }

  /** This node does not lead the partition any more: what waits is answered NOT_COORDINATOR. */
  onResigned(partition: number): void {
    this.#led.get(partition)?.transactions.close()
    this.#led.delete(partition)
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#recurring) stop()
    for (const partition of this.#led.keys()) this.onResigned(partition)
    this.#options.markers.close()
  }

  initProducer(asked: Asked<InitProducerEvent>): Promise<ProducerAnswer> {
    return this.#ask(asked.transactionalId, refusedProducer, (token) => ({
      ...asked,
      type: 'initProducer',
      token,
    }))
  }

  addPartitions(asked: Asked<AddPartitionsEvent>): Promise<KafkaErrorName> {
    return this.#ask<KafkaErrorName>(
      asked.transactionalId,
      (error) => error,
      (token) => ({ ...asked, type: 'addPartitions', token }),
    )
  }

  verifyPartitions(asked: Asked<VerifyPartitionsEvent>): Promise<VerifyAnswer> {
    return this.#ask<VerifyAnswer>(
      asked.transactionalId,
      (error) => ({ type: 'refused', error }),
      (token) => ({ ...asked, type: 'verifyPartitions', token }),
    )
  }

  endTransaction(asked: Asked<EndTransactionEvent>): Promise<ProducerAnswer> {
    return this.#ask(asked.transactionalId, refusedProducer, (token) => ({
      ...asked,
      type: 'endTransaction',
      token,
    }))
  }

  describe(transactionalId: string): Promise<Transaction | KafkaErrorName> {
    return this.#ask<Transaction | KafkaErrorName | null>(
      transactionalId,
      (error) => error,
      (token) => ({ type: 'describe', transactionalId, token }),
    ).then((found) => found ?? 'TRANSACTIONAL_ID_NOT_FOUND')
  }

  /** All that this node coordinates; an error while some of it is being loaded. */
  list(): readonly Transaction[] | KafkaErrorName {
    const all: Transaction[] = []
    for (const { transactions } of this.#led.values()) {
      if (transactions.refusal === 'COORDINATOR_LOAD_IN_PROGRESS') return transactions.refusal
      all.push(...transactions.transactions())
    }
    return all
  }

  #ask<Response>(
    transactionalId: string,
    refused: (error: KafkaErrorName) => Response,
    requestFor: (token: number) => TransactionRequest,
  ): Promise<Response> {
    const isTooLong = Buffer.byteLength(transactionalId) > identifierBytesMax
    if (transactionalId === '' || isTooLong) return Promise.resolve(refused('INVALID_REQUEST'))
    const led = this.#led.get(this.partitionFor(transactionalId))
    if (led === undefined) return Promise.resolve(refused('NOT_COORDINATOR'))
    return led.transactions.ask(requestFor, { refused, signal: forGood })
  }

  #beginUpkeep(): void {
    this.#recur(() => this.#options.config().abortTimedOutIntervalMs, 'abortTimedOut')
    this.#recur(() => this.#options.config().removeExpiredIntervalMs, 'removeExpired')
  }

  #recur(intervalMs: () => number, type: 'abortTimedOut' | 'removeExpired'): void {
    let timer = { cancel: () => undefined as void }
    const next = () => {
      timer = this.#options.timers.schedule(intervalMs(), () => {
        for (const { transactions } of this.#led.values()) transactions.feed({ type })
        next()
      })
    }
    next()
    this.#recurring.push(() => timer.cancel())
  }
}
