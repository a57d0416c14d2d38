// InitProducerId for a transactional id: a producer id and an epoch that nobody else has, and the
// end of what an older producer left open (KIP-98, KIP-360, KIP-588).

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { responseErrorOf } from '../group/write-errors.ts'
import { prepareFence } from './end-transaction.ts'
import type { InitProducerEvent, ProducerIdAndEpoch } from './events.ts'
import { transactionalIdsPerPartitionMax } from './limits.ts'
import {
  isEpochExhausted,
  noEpoch,
  noPartitions,
  noProducerId,
  noStart,
  type Transaction,
} from './transaction.ts'
import { type Entry, refusedProducer, type Turn } from './turn.ts'

export function initProducer(turn: Turn, event: InitProducerEvent): void {
  const { transactionalId, timeoutMs, token } = event
  const refuse = (error: KafkaErrorName) => turn.respond(token, refusedProducer(error))
  if (timeoutMs <= 0 || timeoutMs > turn.config.maxTimeoutMs) {
    return refuse('INVALID_TRANSACTION_TIMEOUT')
  }
  const entry = turn.state.entries.get(transactionalId)
  const known = entry?.transaction
  if (entry === undefined || known === undefined || known === null) return begin(turn, event)
  if (event.expected !== null && !mayBe(known, event.expected)) return refuse('PRODUCER_FENCED')
  switch (known.state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return refuse('CONCURRENT_TRANSACTIONS')
    case 'Ongoing':
      if (event.expected !== null && event.expected.producerEpoch < known.producerEpoch) {
        return refuse('PRODUCER_FENCED')
      }
      // The client asks again, and gets a further epoch once the transaction is over.
      return prepareFence(turn, entry, known, event.expected, (later, error) => {
        const answer = error === null ? 'CONCURRENT_TRANSACTIONS' : responseErrorOf(error)
        later.respond(token, refusedProducer(answer))
      })
    default:
      return goOn(turn, event, entry, known)
  }
}

/** A transactional id that nobody has used, or that has expired. */
function begin(turn: Turn, event: InitProducerEvent): void {
  const { transactionalId, timeoutMs, token } = event
  const { entries } = turn.state
  if (entries.size >= transactionalIdsPerPartitionMax) {
    return turn.respond(token, refusedProducer('POLICY_VIOLATION'))
  }
  const producerId = turn.needProducerId(event)
  if (producerId === undefined) return
  const entry: Entry = { transaction: null, write: null, markersDue: new Map() }
  entries.set(transactionalId, entry)
  const first: Transaction = {
    transactionalId,
    producerId,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    producerEpoch: 0,
    lastProducerEpoch: noEpoch,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startMs: noStart,
    lastUpdateMs: turn.now.wallMs,
    clientVersion: 0,
  }
  give(turn, event, entry, first)
}

/** Whether the producer that asks can be the one that was given the id last, or a retry of it. */
function mayBe(known: Transaction, expected: ProducerIdAndEpoch): boolean {
  if (expected.producerId === known.producerId) return true
  const { previousProducerId } = known
  return expected.producerId === previousProducerId && isEpochExhausted(expected.producerEpoch)
}

function goOn(turn: Turn, event: InitProducerEvent, entry: Entry, known: Transaction): void {
  const { expected, timeoutMs } = event
  const isCurrent = expected === null || expected.producerEpoch === known.producerEpoch
  const reset = {
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startMs: noStart,
    lastUpdateMs: turn.now.wallMs,
    nextProducerId: noProducerId,
    clientVersion: 0,
  } as const
  const lastProducerEpoch = expected === null ? noEpoch : expected.producerEpoch
  if (!isCurrent) {
    if (expected.producerEpoch !== known.lastProducerEpoch) {
      return turn.respond(event.token, refusedProducer('PRODUCER_FENCED'))
    }
    // A retry whose first answer was lost gets the same again: nobody else came in between. After
    // a transaction its epoch is that of its markers, and is passed over.
    if (known.state === 'Empty') return give(turn, event, entry, { ...known, ...reset })
  }
  if (!isEpochExhausted(known.producerEpoch)) {
    const producerEpoch = known.producerEpoch + 1
    return give(turn, event, entry, { ...known, ...reset, producerEpoch, lastProducerEpoch })
  }
  const producerId = turn.needProducerId(event)
  if (producerId === undefined) return
  const rotated = { producerId, previousProducerId: known.producerId, producerEpoch: 0 }
  give(turn, event, entry, { ...known, ...reset, ...rotated, lastProducerEpoch })
}

function give(turn: Turn, { token }: InitProducerEvent, entry: Entry, given: Transaction): void {
  turn.write(entry, given, (later, error) => {
    if (error !== null && entry.transaction === null) {
      later.state.entries.delete(given.transactionalId)
    }
    const { producerId, producerEpoch } = given
    later.respond(
      token,
      error === null
        ? { error: 'NONE', producerId, producerEpoch }
        : refusedProducer(responseErrorOf(error)),
    )
  })
}
