// Everything that can happen to the core of a partition of `__transaction_state`, and what it
// answers. Requests carry the token that their answer goes to.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { CommonEvent } from '../led-shard.ts'
import type { TopicPartitions, Transaction } from './transaction.ts'

declare const answeredWith: unique symbol

/** Names a request that waits for its answer. The shell knows who asked. */
export type Token<Response> = number & { readonly [answeredWith]?: (response: Response) => void }

export interface ProducerIdAndEpoch {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface ProducerAnswer extends ProducerIdAndEpoch {
  readonly error: KafkaErrorName
}

/** A producer id that was asked for, or why there is none; absent until it is known to be needed. */
export type Allocated =
  | { readonly type: 'id'; readonly producerId: number }
  | { readonly type: 'refused'; readonly error: KafkaErrorName }

export interface InitProducerEvent {
  readonly type: 'initProducer'
  readonly transactionalId: string
  readonly token: Token<ProducerAnswer>
  readonly timeoutMs: number
  /** What the producer wants to go on with (KIP-360). */
  readonly expected: ProducerIdAndEpoch | null
  readonly allocated?: Allocated
}

export interface AddPartitionsEvent extends ProducerIdAndEpoch {
  readonly type: 'addPartitions'
  readonly transactionalId: string
  readonly token: Token<KafkaErrorName>
  readonly partitions: TopicPartitions
}

/** Whether the partitions are in the transaction already (KIP-890). */
export interface VerifyPartitionsEvent extends ProducerIdAndEpoch {
  readonly type: 'verifyPartitions'
  readonly transactionalId: string
  readonly token: Token<VerifyAnswer>
  readonly partitions: TopicPartitions
}

/** An error for all of them, or those that are in it. */
export type VerifyAnswer =
  | { readonly type: 'refused'; readonly error: KafkaErrorName }
  | { readonly type: 'known'; readonly partitions: TopicPartitions }

export interface EndTransactionEvent extends ProducerIdAndEpoch {
  readonly type: 'endTransaction'
  readonly transactionalId: string
  readonly token: Token<ProducerAnswer>
  readonly isCommit: boolean
  readonly clientVersion: number
  readonly allocated?: Allocated
}

export interface DescribeEvent {
  readonly type: 'describe'
  readonly transactionalId: string
  readonly token: Token<Transaction | null>
}

export type TransactionRequest =
  | InitProducerEvent
  | AddPartitionsEvent
  | VerifyPartitionsEvent
  | EndTransactionEvent
  | DescribeEvent

export type TransactionEvent =
  | TransactionRequest
  | CommonEvent
  /** The transaction of this producer and epoch is ended in these partitions. */
  | {
      readonly type: 'markersWritten'
      readonly transactionalId: string
      readonly producerId: number
      readonly producerEpoch: number
      readonly partitions: TopicPartitions
    }
  /** The last record of a transaction is to be tried again. */
  | { readonly type: 'completeAgain'; readonly transactionalId: string }
  | { readonly type: 'abortTimedOut' }
  | { readonly type: 'removeExpired' }
