// One step of the core: the time it happens at, the settings in force, and the effects it piles up.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assert } from '../../assert.ts'
import type { Now, RespondEffect, WriteEffect } from '../led-shard.ts'
import type { EndTransactionEvent, InitProducerEvent, Token, TransactionRequest } from './events.ts'
import { transactionRecord, transactionTombstone } from './records.ts'
import type { TopicPartitions, Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'

export interface SendMarkersEffect {
  readonly type: 'sendMarkers'
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly isCommit: boolean
  readonly transactionVersion: number
  readonly partitions: TopicPartitions
}

export type Effect =
  | RespondEffect
  | WriteEffect
  | SendMarkersEffect
  /** The event comes again with `allocated`. */
  | { readonly type: 'allocateProducerId'; readonly event: InitProducerEvent | EndTransactionEvent }
  /** A `completeAgain` event comes in a while. */
  | { readonly type: 'retryCompletion'; readonly transactionalId: string }

/** What happens once a write is durable, or refused. */
export type AfterWrite = (turn: Turn, error: KafkaErrorName | null) => void

export interface PendingWrite {
  readonly after: AfterWrite
  /** Requests for the transactional id that wait for the write's end. */
  readonly next: TransactionRequest[]
}

export interface Entry {
  /** What is durable; null: nothing yet, the first record is on its way. */
  transaction: Transaction | null
  /** At most one is under way for an id. */
  write: PendingWrite | null
  /** Partitions whose markers are not known to be written. */
  markersDue: Map<string, Set<number>>
}

export interface TransactionShardState {
  readonly entries: Map<string, Entry>
  readonly writes: Map<number, { readonly entry: Entry; readonly transactionalId: string }>
  nextWriteId: number
}

export class Turn {
  readonly state: TransactionShardState
  readonly now: Now
  readonly config: TransactionConfig
  readonly effects: Effect[] = []

  constructor(state: TransactionShardState, now: Now, config: TransactionConfig) {
    this.state = state
    this.now = now
    this.config = config
  }

  respond<Response>(token: Token<Response>, response: Response): void {
    this.effects.push({ type: 'respond', token, response })
  }

  /** The transaction is as given once that is durable; `after` follows, or hears of the failure. */
  write(entry: Entry, transaction: Transaction, after: AfterWrite): void {
    this.#write(
      entry,
      transaction.transactionalId,
      transactionRecord(transaction),
      (turn, error) => {
        if (error === null) entry.transaction = transaction
        after(turn, error)
      },
    )
  }

  remove(entry: Entry, transactionalId: string): void {
    this.#write(entry, transactionalId, transactionTombstone(transactionalId), (turn, error) => {
      if (error === null) turn.state.entries.delete(transactionalId)
    })
  }

  #write(
    entry: Entry,
    transactionalId: string,
    record: ReturnType<typeof transactionRecord>,
    after: AfterWrite,
  ): void {
    assert(entry.write === null, 'one write at a time for a transactional id')
    const writeId = this.state.nextWriteId++
    entry.write = { after, next: [] }
    this.state.writes.set(writeId, { entry, transactionalId })
    this.effects.push({ type: 'write', writeId, records: [record], divisible: false })
  }

  /**
   * Takes the answer that a request needs of the controller: the new producer id, or undefined once
   * it has been asked for, and the event comes again.
   */
  needProducerId(event: InitProducerEvent | EndTransactionEvent): number | undefined {
    const { allocated, token } = event
    if (allocated?.type === 'id') return allocated.producerId
    if (allocated === undefined) this.effects.push({ type: 'allocateProducerId', event })
    else this.respond(token, refusedProducer(allocated.error))
    return undefined
  }
}

export function refusedProducer(error: KafkaErrorName) {
  return { error, producerId: -1, producerEpoch: -1 } as const
}
