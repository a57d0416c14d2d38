// The transaction coordinator's core for one partition of `__transaction_state`: takes events,
// changes its state and says what is to be done. No clock, I/O, timers or randomness inside: the
// same events give the same effects. Safe to drop at any time: what it answered is in the records
// it had written, and what they decide is carried on by whoever reads them.

import { assert, assertNever } from '../../assert.ts'
import type { Core, Now } from '../led-shard.ts'
import type { KeyValueRecord } from '../partition-writer.ts'
import { addPartitions, verifyPartitions } from './add-partitions.ts'
import {
  abortTimedOut,
  completeAgain,
  endTransaction,
  markersWritten,
  removeExpired,
  sendMarkers,
} from './end-transaction.ts'
import type { TransactionEvent, TransactionRequest } from './events.ts'
import { initProducer } from './init-producer.ts'
import { decodeTransactionRecord } from './records.ts'
import { isPrepared, type Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { type Effect, type TransactionShardState, Turn } from './turn.ts'

export class TransactionShard implements Core {
  readonly state: TransactionShardState = {
    entries: new Map(),
    writes: new Map(),
    nextWriteId: 1,
  }

  replay(record: KeyValueRecord): void {
    const decoded = decodeTransactionRecord(record)
    if (decoded === undefined) return
    const { transactionalId, transaction } = decoded
    const { entries } = this.state
    if (transaction === null) entries.delete(transactionalId)
    else entries.set(transactionalId, { transaction, write: null, markersDue: new Map() })
  }

  step(event: TransactionEvent, now: Now, config: TransactionConfig): Effect[] {
    const turn = new Turn(this.state, now, config)
    this.#dispatch(turn, event)
    return turn.effects
  }

  *transactions(): Generator<Transaction> {
    for (const { transaction } of this.state.entries.values()) {
      if (transaction !== null) yield transaction
    }
  }

  #dispatch(turn: Turn, event: TransactionEvent): void {
    switch (event.type) {
      case 'written':
        return this.#onWritten(turn, event)
      case 'loaded':
        return resume(turn)
      case 'markersWritten':
        return markersWritten(turn, event)
      case 'completeAgain':
        return completeAgain(turn, event.transactionalId)
      case 'abortTimedOut':
        return abortTimedOut(turn)
      case 'removeExpired':
        return removeExpired(turn)
      default:
        return this.#onRequest(turn, event)
    }
  }

  #onRequest(turn: Turn, event: TransactionRequest): void {
    // Questions are answered by what is durable; the rest waits for its turn.
    const write = turn.state.entries.get(event.transactionalId)?.write ?? null
    const isQuestion = event.type === 'verifyPartitions' || event.type === 'describe'
    if (write !== null && !isQuestion) {
      write.next.push(event)
      return
    }
    switch (event.type) {
      case 'initProducer':
        return initProducer(turn, event)
      case 'addPartitions':
        return addPartitions(turn, event)
      case 'verifyPartitions':
        return verifyPartitions(turn, event)
      case 'endTransaction':
        return endTransaction(turn, event)
      case 'describe': {
        const entry = turn.state.entries.get(event.transactionalId)
        return turn.respond(event.token, entry?.transaction ?? null)
      }
      default:
        return assertNever(event)
    }
  }

  #onWritten(turn: Turn, { writeId, error }: TransactionEvent & { type: 'written' }): void {
    const written = turn.state.writes.get(writeId)
    assert(written !== undefined, 'a write ends once')
    turn.state.writes.delete(writeId)
    const { entry } = written
    const { write } = entry
    assert(write !== null, 'a write is under way until it ends')
    entry.write = null
    write.after(turn, error)
    for (const waiting of write.next) this.#dispatch(turn, waiting)
  }
}

/** What was decided and not carried out goes on. */
function resume(turn: Turn): void {
  for (const entry of turn.state.entries.values()) {
    const known = entry.transaction
    if (known !== null && isPrepared(known)) sendMarkers(turn, entry, known)
  }
}
