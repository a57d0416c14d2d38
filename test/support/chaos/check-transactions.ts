// What transactions promise: readers of committed records see nothing that was aborted or is still
// open; what is committed is there whole, once and in order, with the offset that was committed in
// it; nothing hangs. Pure: a history in, anomalies out.

import type { Anomaly } from './anomaly.ts'
import type { EventOf, HistoryEvent } from './history.ts'

/** As each producer writes them in every partition of a transaction. */
const recordsPerPartition = 2

interface Transaction {
  readonly producer: string
  readonly number: number
  readonly partitions: readonly number[]
  endingAt: number
  outcome: EventOf<'transactionEnded'>['outcome'] | 'open'
  /** In the end, by partition: which of its records were read, in order. */
  readonly found: Map<number, number[]>
}

type Transactions = Map<string, Transaction>

export function checkTransactions(events: readonly HistoryEvent[]): Anomaly[] {
  const transactions = transactionsOf(events)
  if (transactions.size === 0) return []
  return [
    ...checkReaders(events, transactions),
    ...checkFinal(events, transactions),
    ...checkOffsets(events, transactions),
    ...hanging(events),
  ]
}

function transactionsOf(events: readonly HistoryEvent[]): Transactions {
  const all: Transactions = new Map()
  for (const [at, event] of events.entries()) {
    if (event.type === 'transactionBegins') {
      const { producer, number, partitions } = event
      const endingAt = Number.POSITIVE_INFINITY
      const begun = { producer, number, partitions, endingAt, outcome: 'open' as const }
      all.set(`${producer}:${number}`, { ...begun, found: new Map() })
    } else if (event.type === 'transactionEnding' || event.type === 'transactionEnded') {
      const known = all.get(`${event.producer}:${event.number}`)
      if (known === undefined) continue
      if (event.type === 'transactionEnding') known.endingAt = at
      else known.outcome = event.outcome
    }
  }
  return all
}

function parse(value: string): { readonly id: string; readonly index: number } {
  const dot = value.lastIndexOf('.')
  return { id: value.slice(0, dot), index: Number(value.slice(dot + 1)) }
}

function* checkReaders(
  events: readonly HistoryEvent[],
  transactions: Transactions,
): Generator<Anomaly> {
  for (const [at, event] of events.entries()) {
    if (event.type !== 'readCommitted' && event.type !== 'finalCommitted') continue
    const { partition, records } = event
    for (const [offset, value] of records) {
      const transaction = transactions.get(parse(value).id)
      const detail = `${value} at ${offset} was read at ${event.atMs} ms`
      if (transaction === undefined) yield { kind: 'phantom', partition, detail }
      else if (transaction.outcome === 'aborted') yield { kind: 'aborted read', partition, detail }
      else if (at < transaction.endingAt) yield { kind: 'open read', partition, detail }
    }
  }
}

function* checkFinal(
  events: readonly HistoryEvent[],
  transactions: Transactions,
): Generator<Anomaly> {
  const read = new Set<number>()
  for (const event of events) {
    if (event.type !== 'finalCommitted') continue
    const { partition } = event
    read.add(partition)
    const last = new Map<string, number>()
    for (const [offset, value] of event.records) {
      const { id, index } = parse(value)
      const transaction = transactions.get(id)
      if (transaction === undefined) continue
      const found = transaction.found.get(partition) ?? []
      transaction.found.set(partition, found)
      if (found.includes(index)) {
        yield { kind: 'duplicate', partition, detail: `${value} again at ${offset}` }
      }
      found.push(index)
      const place = transaction.number * recordsPerPartition + index
      const before = last.get(transaction.producer) ?? -1
      if (place < before) yield { kind: 'reordered', partition, detail: `${value} at ${offset}` }
      last.set(transaction.producer, place)
    }
  }
  if (read.size === 0) return
  for (const transaction of transactions.values()) yield* checkWhole(transaction, read)
}

/** All of it or nothing; all of it where that was acknowledged. */
function* checkWhole(transaction: Transaction, read: ReadonlySet<number>): Generator<Anomaly> {
  const { producer, number, outcome, found } = transaction
  const partitions = transaction.partitions.filter((partition) => read.has(partition))
  const counts = partitions.map((partition) => new Set(found.get(partition)).size)
  const isWhole = counts.every((count) => count === recordsPerPartition)
  const isAbsent = counts.every((count) => count === 0)
  const partition = partitions[counts.findIndex((count) => count < recordsPerPartition)] ?? -1
  const where = `${counts.join(', ')} records in ${partitions.join(', ')}`
  const detail = `${producer}:${number} has ${where}`
  if (outcome === 'committed' && !isWhole) yield { kind: 'lost', partition, detail }
  else if (!isWhole && !isAbsent) yield { kind: 'torn transaction', partition, detail }
}

/**
 * The group's offset is that of the last transaction that was committed. Of those that nobody knows
 * the end of, the records tell.
 */
function* checkOffsets(
  events: readonly HistoryEvent[],
  transactions: Transactions,
): Generator<Anomaly> {
  const wasRead = events.some(({ type }) => type === 'finalCommitted')
  const committed = new Map<string, number>()
  const unknown = new Map<string, Transaction[]>()
  for (const event of events) {
    if (event.type === 'transactionEnded') {
      const { producer, number, outcome } = event
      const transaction = transactions.get(`${producer}:${number}`)
      if (outcome === 'committed') committed.set(producer, number + 1)
      else if (outcome === 'unknown' && transaction !== undefined) {
        unknown.set(producer, [...(unknown.get(producer) ?? []), transaction])
      }
    } else if (event.type === 'transactionalOffset') {
      const { producer, offset } = event
      const known = committed.get(producer) ?? -1
      const open = (unknown.get(producer) ?? []).filter(({ number }) => number + 1 > known)
      const visible = open.filter(({ found }) => found.size > 0).map(({ number }) => number + 1)
      const wanted = Math.max(known, ...visible)
      const possible = wasRead ? [wanted] : [known, ...open.map(({ number }) => number + 1)]
      if (possible.includes(offset)) continue
      const detail = `${producer} has ${offset} at ${event.atMs} ms, not ${possible.join(' or ')}`
      yield { kind: 'offset apart from its transaction', partition: 0, detail }
    }
  }
}

function* hanging(events: readonly HistoryEvent[]): Generator<Anomaly> {
  for (const event of events) {
    if (event.type !== 'hanging') continue
    yield { kind: 'hanging transaction', partition: event.partition, detail: event.detail }
  }
}
