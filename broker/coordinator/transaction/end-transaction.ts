// How transactions end: by EndTxn, by a newer producer, or by their timeout. The decision is
// written first and never changes; then the markers go out, and once all are written the
// transaction is complete. From transaction version 2 on the end raises the epoch, so that nothing
// which is late can reach into the next transaction (KIP-890).

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { responseErrorOf } from '../group/write-errors.ts'
import type { EndTransactionEvent, ProducerIdAndEpoch } from './events.ts'
import {
  countOf,
  epochPerTransactionSince,
  isEpochExhausted,
  isPrepared,
  lastUsableEpoch,
  noEpoch,
  noPartitions,
  noProducerId,
  type TopicPartitions,
  type Transaction,
} from './transaction.ts'
import { type AfterWrite, type Entry, refusedProducer, type Turn } from './turn.ts'

export function endTransaction(turn: Turn, event: EndTransactionEvent): void {
  const entry = turn.state.entries.get(event.transactionalId)
  const known = entry?.transaction
  const refuse = (error: KafkaErrorName) => turn.respond(event.token, refusedProducer(error))
  if (entry === undefined || known === undefined || known === null) {
    return refuse('INVALID_PRODUCER_ID_MAPPING')
  }
  const verdict =
    event.clientVersion < epochPerTransactionSince ? judge(known, event) : judgeV2(known, event)
  if (verdict.type === 'refused') return refuse(verdict.error)
  if (verdict.type === 'done') {
    return turn.respond(event.token, { error: 'NONE', ...producerAfter(known) })
  }
  const ended = prepared(turn, event, known)
  if (ended === null) return
  prepare(turn, entry, ended, (later, error) => {
    later.respond(
      event.token,
      error === null
        ? { error: 'NONE', ...producerAfter(ended) }
        : refusedProducer(responseErrorOf(error)),
    )
  })
}

/** The id and epoch that the producer goes on with. */
function producerAfter({ producerId, producerEpoch, nextProducerId }: Transaction) {
  if (nextProducerId === noProducerId) return { producerId, producerEpoch }
  return { producerId: nextProducerId, producerEpoch: 0 }
}

type Verdict =
  | { readonly type: 'end' }
  /** It has ended so already. */
  | { readonly type: 'done' }
  | { readonly type: 'refused'; readonly error: KafkaErrorName }

function refused(error: KafkaErrorName): Verdict {
  return { type: 'refused', error }
}

/** Clients that keep their epoch from one transaction to the next. */
function judge(known: Transaction, event: EndTransactionEvent): Verdict {
  if (known.producerId !== event.producerId) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (known.producerEpoch !== event.producerEpoch) return refused('PRODUCER_FENCED')
  return known.state === 'Ongoing' ? { type: 'end' } : judgeRetry(known, event)
}

/** What the client asks again: it is only right where it asks for the same. */
function judgeRetry({ state }: Transaction, { isCommit }: EndTransactionEvent): Verdict {
  if (state === (isCommit ? 'CompleteCommit' : 'CompleteAbort')) return { type: 'done' }
  if (state === (isCommit ? 'PrepareCommit' : 'PrepareAbort')) {
    return refused('CONCURRENT_TRANSACTIONS')
  }
  return refused('INVALID_TXN_STATE')
}

/** The same epoch is a further transaction, the one before it a retry. */
function judgeV2(known: Transaction, event: EndTransactionEvent): Verdict {
  const { producerId, producerEpoch, isCommit } = event
  const wasBumped = known.clientVersion >= epochPerTransactionSince
  const isBumpRetry = wasBumped && known.producerEpoch === producerEpoch + 1
  const isRotationRetry =
    wasBumped &&
    known.previousProducerId === producerId &&
    producerEpoch === lastUsableEpoch &&
    known.producerEpoch === 0
  // The next transaction of a producer that was told how this one ends, and is quicker than it.
  const next = producerAfter(known)
  const isNext = next.producerId === producerId && next.producerEpoch === producerEpoch
  if (isPrepared(known) && wasBumped && isNext) return refused('CONCURRENT_TRANSACTIONS')
  if (known.producerId !== producerId && !isRotationRetry) {
    return refused('INVALID_PRODUCER_ID_MAPPING')
  }
  const isRetry = isBumpRetry || isRotationRetry
  const isComplete = known.state === 'CompleteCommit' || known.state === 'CompleteAbort'
  if (isRetry && (isPrepared(known) || isComplete)) return judgeRetry(known, event)
  if (known.producerEpoch !== producerEpoch) return refused('PRODUCER_FENCED')
  if (known.state === 'Ongoing') return { type: 'end' }
  if (isPrepared(known)) return refused('PRODUCER_FENCED')
  // Nothing was written: aborting it gives a new epoch, out of reach of what may be late.
  return isCommit ? refused('INVALID_TXN_STATE') : { type: 'end' }
}

/** Null while a producer id has to be asked for. */
function prepared(turn: Turn, event: EndTransactionEvent, known: Transaction): Transaction | null {
  const { isCommit, clientVersion } = event
  const lastUpdateMs = turn.now.wallMs
  const isOngoing = known.state === 'Ongoing'
  const ended: Transaction = {
    ...known,
    state: isCommit ? 'PrepareCommit' : 'PrepareAbort',
    partitions: isOngoing ? known.partitions : noPartitions,
    startMs: isOngoing ? known.startMs : lastUpdateMs,
    lastUpdateMs,
    clientVersion,
  }
  if (clientVersion < epochPerTransactionSince) return ended
  const bumped = {
    producerEpoch: known.producerEpoch + 1,
    lastProducerEpoch: known.producerEpoch,
  }
  if (!isEpochExhausted(known.producerEpoch)) return { ...ended, ...bumped }
  const nextProducerId = turn.needProducerId(event)
  return nextProducerId === undefined ? null : { ...ended, ...bumped, nextProducerId }
}

/**
 * Ends an open transaction against its producer's will. Nobody is ever given the epoch of these
 * markers, so that the producer cannot take the abort for the answer to its own EndTxn.
 */
export function prepareFence(
  turn: Turn,
  entry: Entry,
  known: Transaction,
  by: ProducerIdAndEpoch | null,
  onWritten: AfterWrite,
): void {
  const fenced: Transaction = {
    ...known,
    state: 'PrepareAbort',
    producerEpoch: known.producerEpoch + 1,
    // The producer that asked for it itself goes on after it (KIP-360).
    lastProducerEpoch: by === null ? noEpoch : by.producerEpoch,
    lastUpdateMs: turn.now.wallMs,
    clientVersion: 0,
  }
  prepare(turn, entry, fenced, onWritten)
}

function prepare(turn: Turn, entry: Entry, ended: Transaction, onWritten: AfterWrite): void {
  turn.write(entry, ended, (later, error) => {
    onWritten(later, error)
    if (error === null) sendMarkers(later, entry, ended)
  })
}

/** Also after a change of the coordinator: nobody knows which of them were written. */
export function sendMarkers(turn: Turn, entry: Entry, ended: Transaction): void {
  entry.markersDue = new Map(Array.from(ended.partitions, ([topic, ids]) => [topic, new Set(ids)]))
  if (countOf(ended.partitions) === 0) return complete(turn, entry, ended)
  const { transactionalId, producerId, producerEpoch, partitions } = ended
  turn.effects.push({
    type: 'sendMarkers',
    transactionalId,
    producerId,
    producerEpoch,
    isCommit: ended.state === 'PrepareCommit',
    transactionVersion: ended.clientVersion,
    partitions,
  })
}

export function markersWritten(
  turn: Turn,
  event: {
    readonly transactionalId: string
    readonly producerId: number
    readonly producerEpoch: number
    readonly partitions: TopicPartitions
  },
): void {
  const entry = turn.state.entries.get(event.transactionalId)
  const known = entry?.transaction
  if (entry === undefined || known === undefined || known === null || !isPrepared(known)) return
  const { producerId, producerEpoch } = event
  if (known.producerId !== producerId || known.producerEpoch !== producerEpoch) return
  for (const [topic, indexes] of event.partitions) {
    const due = entry.markersDue.get(topic)
    for (const index of indexes) due?.delete(index)
    if (due?.size === 0) entry.markersDue.delete(topic)
  }
  if (entry.markersDue.size === 0 && entry.write === null) complete(turn, entry, known)
}

export function completeAgain(turn: Turn, transactionalId: string): void {
  const entry = turn.state.entries.get(transactionalId)
  const known = entry?.transaction
  if (entry === undefined || known === undefined || known === null || !isPrepared(known)) return
  if (entry.markersDue.size === 0 && entry.write === null) complete(turn, entry, known)
}

function complete(turn: Turn, entry: Entry, ended: Transaction): void {
  const isRotated = ended.nextProducerId !== noProducerId
  const completed: Transaction = {
    ...ended,
    ...producerAfter(ended),
    previousProducerId: isRotated ? ended.producerId : ended.previousProducerId,
    nextProducerId: noProducerId,
    state: ended.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: noPartitions,
    lastUpdateMs: turn.now.wallMs,
  }
  turn.write(entry, completed, (later, error) => {
    if (error === null) return
    const { transactionalId } = ended
    later.effects.push({ type: 'retryCompletion', transactionalId })
  })
}

/** Transactions that are open for longer than their producer said. */
export function abortTimedOut(turn: Turn): void {
  for (const entry of turn.state.entries.values()) {
    const known = entry.transaction
    if (known === null || known.state !== 'Ongoing' || entry.write !== null) continue
    if (known.startMs + known.timeoutMs > turn.now.wallMs) continue
    prepareFence(turn, entry, known, null, () => undefined)
  }
}

/** Transactional ids that nobody has used for so long (KIP-98). */
export function removeExpired(turn: Turn): void {
  for (const [transactionalId, entry] of turn.state.entries) {
    const known = entry.transaction
    if (known === null || entry.write !== null) continue
    if (known.state === 'Ongoing' || isPrepared(known)) continue
    if (known.lastUpdateMs + turn.config.idExpirationMs > turn.now.wallMs) continue
    turn.remove(entry, transactionalId)
  }
}
