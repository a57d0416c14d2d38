// Transactions as records of `__transaction_state`, in the versions that Apache Kafka 4.3.1 writes,
// and what is read back from any version. Beyond Kafka: the last epoch is kept, in a tagged field,
// so that a producer may ask again for its next epoch when its coordinator has changed. Owns no
// state.

import { ownTransactionLogValue, transactionLogKey } from '@samsa/proto/kafka/transaction-records'
import { decodeVersioned, encodeVersioned } from '@samsa/proto/kafka/versioned'
import { DecodeError } from '@samsa/proto/wire/errors'
import type { KeyValueRecord } from '../partition-writer.ts'
import { type Transaction, transactionStates } from './transaction.ts'

const keyVersion = 0
/** The first with what KIP-890 adds, all of it in tagged fields. */
const valueVersion = 1

export function transactionRecord(transaction: Transaction): KeyValueRecord {
  const { partitions } = transaction
  const value = {
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    lastProducerEpoch: transaction.lastProducerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transactionStates.indexOf(transaction.state),
    // Kafka has null for a transactional id without a transaction.
    transactionPartitions:
      transaction.state === 'Empty'
        ? null
        : Array.from(partitions, ([topic, ids]) => ({ topic, partitionIds: [...ids] })),
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
    clientTransactionVersion: transaction.clientVersion,
  }
  return {
    key: keyOf(transaction.transactionalId),
    value: encodeVersioned(ownTransactionLogValue, value, valueVersion),
  }
}

export function transactionTombstone(transactionalId: string): KeyValueRecord {
  return { key: keyOf(transactionalId), value: null }
}

function keyOf(transactionalId: string): Buffer {
  return encodeVersioned(transactionLogKey, { transactionalId }, keyVersion)
}

export interface TransactionRecord {
  readonly transactionalId: string
  /** null removes the transactional id. */
  readonly transaction: Transaction | null
}

/**
 * Undefined for a key of a kind that is not known. Throws DecodeError for a record that is damaged,
 * or of a version or state that is not known.
 */
export function decodeTransactionRecord(record: KeyValueRecord): TransactionRecord | undefined {
  if (record.key.length >= 2 && record.key.readInt16BE(0) !== keyVersion) return undefined
  const { transactionalId } = decodeVersioned(transactionLogKey, record.key)
  if (record.value === null) return { transactionalId, transaction: null }
  const value = decodeVersioned(ownTransactionLogValue, record.value)
  const state = transactionStates[value.transactionStatus]
  if (state === undefined || state === 'Dead' || state === 'PrepareEpochFence') {
    throw new DecodeError(`a transaction in state ${value.transactionStatus}`, 0)
  }
  const transaction: Transaction = {
    transactionalId,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: value.lastProducerEpoch,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: new Map(
      (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => [
        topic,
        new Set(partitionIds),
      ]),
    ),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  }
  return { transactionalId, transaction }
}
