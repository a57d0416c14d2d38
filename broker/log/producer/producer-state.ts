// The producers and transactions of one log, as of its last assigned batch: tells duplicates and
// refuses what is out of order or fenced (KIP-98, KIP-360). Pure: no disk, no clock. `check`
// decides and changes nothing but guards; `apply` then changes. Batches replayed from the log or
// given by a leader are applied unchecked: they were checked once.

import {
  baseOffset,
  baseSequence,
  isControl,
  isTransactional,
  lastOffset,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  noProducerEpoch,
  noProducerId,
  producerEpoch,
  producerId,
} from '@samsa/proto/record/batch'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { BrokerError } from '../../errors.ts'
import type { AbortedTxn } from '../index/transaction-index.ts'
import { type ProducerBatch, ProducerEntry } from './producer-entry.ts'
import {
  type GuardedBatch,
  type TransactionGuard,
  TransactionGuards,
} from './transaction-guards.ts'

export interface ReplicatedTxn {
  readonly firstOffset: number
  readonly lastOffset: number
}

/** What else is known of a batch that is to be checked. */
export interface CheckOptions {
  /** Given: a batch that begins a transaction must still hold it (KIP-890). */
  readonly guard?: TransactionGuard | null
  /** Of a marker: from 2 on each transaction has an epoch of its own (KIP-890, KIP-1228). */
  readonly transactionVersion?: number
}

/** The lowest transaction version whose producers change their epoch with each transaction. */
const epochPerTransactionSince = 2

export class ProducerState {
  readonly #guards = new TransactionGuards()
  readonly #producers = new Map<number, ProducerEntry>()
  /** First offsets of open transactions by producer, the oldest first. */
  #ongoing = new Map<number, number>()
  /** Ended transactions whose markers may still be above the high watermark. */
  #unreplicated: ReplicatedTxn[] = []
  /** One past the last offset that was applied. */
  endOffset = 0

  get producerCount(): number {
    return this.#producers.size
  }

  entries(): Iterable<ProducerEntry> {
    return this.#producers.values()
  }

  get(id: number): ProducerEntry | undefined {
    return this.#producers.get(id)
  }

  /**
   * Decides about a batch that is to be appended at `offset`. Returns the batch it repeats, or
   * undefined for one to append; throws a BrokerError for one to refuse. `origin` other than
   * `client` is held to epochs and transactions only. A marker takes guards away.
   */
  check(
    batch: Buffer,
    origin: 'client' | 'coordinator',
    offset: number,
    options: CheckOptions = {},
  ): ProducerBatch | undefined {
    const id = producerId(batch, 0)
    if (id === noProducerId) return undefined
    const entry = this.#producers.get(id)
    if (isControl(batch, 0)) {
      if (entry !== undefined) checkMarker(entry, batch, offset, options)
      this.#releaseBy(batch, options)
      return undefined
    }
    const epoch = producerEpoch(batch, 0)
    if (origin === 'client' && entry !== undefined) {
      const last = lastSequence(batch, 0)
      const duplicate = entry.findDuplicate(epoch, baseSequence(batch, 0), last)
      if (duplicate !== undefined) return duplicate
    }
    if (options.guard !== undefined && isTransactional(batch, 0)) {
      this.#checkGuard(id, epoch, offset, options.guard)
    }
    if (origin === 'client') this.#checkLowest(id, baseSequence(batch, 0), offset)
    if (entry === undefined) return undefined
    checkEpoch(entry, epoch, offset)
    if (origin === 'client') checkSequence(entry, epoch, baseSequence(batch, 0), offset)
    if (entry.currentTxnFirstOffset >= 0 && !isTransactional(batch, 0)) {
      throw new BrokerError(
        'INVALID_TXN_STATE',
        `producer ${id} has an open transaction, the batch at offset ${offset} is outside of one`,
      )
    }
    return undefined
  }

  /** The marker is about to be in the log. */
  #releaseBy(marker: Buffer, { transactionVersion = 0 }: CheckOptions): void {
    const endsOwnEpoch = transactionVersion < epochPerTransactionSince
    this.#guards.releaseBy(producerId(marker, 0), { epoch: producerEpoch(marker, 0), endsOwnEpoch })
  }

  #checkGuard(id: number, epoch: number, offset: number, guard: TransactionGuard | null): void {
    if (this.hasOpenTransaction(id, epoch)) return
    if (guard !== null && this.#guards.holds(id, guard)) return
    throw new BrokerError(
      'INVALID_TXN_STATE',
      `the batch of producer ${id} at offset ${offset} is not a part of an open transaction`,
    )
  }

  #checkLowest(id: number, first: number, offset: number): void {
    const lowest = this.#guards.lowestSequence(id)
    if (lowest === undefined || first <= lowest) return
    throw new BrokerError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${id} sent sequence ${first} at offset ${offset}, ${lowest} was seen and not written`,
    )
  }

  hasOpenTransaction(id: number, epoch: number): boolean {
    const entry = this.#producers.get(id)
    return entry !== undefined && entry.currentTxnFirstOffset >= 0 && entry.producerEpoch === epoch
  }

  #find(id: number, epoch: number, first: number, last: number): ProducerBatch | undefined {
    return this.#producers.get(id)?.findDuplicate(epoch, first, last)
  }

  /**
   * Null where there is nothing to look up: the batch goes on with a transaction that is open, or
   * was written already, maybe in one that is over.
   */
  guardFor(batch: GuardedBatch, nowMs: number): TransactionGuard | null {
    const { producerId: id, epoch, sequence, lastSequence: last } = batch
    if (this.hasOpenTransaction(id, epoch)) return null
    const written = last === undefined ? undefined : this.#find(id, epoch, sequence, last)
    if (written !== undefined) return null
    return this.#guards.take(batch, nowMs)
  }

  /**
   * Whether the marker was written before: the coordinator has not heard of it, and asks again. One
   * that ends nothing and moves no epoch need not be written twice.
   */
  isRepeatedMarker(batch: Buffer): boolean {
    const id = producerId(batch, 0)
    const entry = this.#producers.get(id)
    const marker = decodeEndTransactionMarker(batch, 0)
    if (entry === undefined || marker === undefined || entry.currentTxnFirstOffset >= 0)
      return false
    if (entry.producerEpoch !== producerEpoch(batch, 0)) return false
    return entry.coordinatorEpoch === marker.coordinatorEpoch
  }

  /**
   * Takes a batch in, with its offset in its header. Returns the transaction that it aborted, for
   * the transaction index; the last stable offset in it counts every marker up to this one as
   * replicated.
   */
  apply(buffer: Buffer, at: number): AbortedTxn | null {
    this.endOffset = lastOffset(buffer, at) + 1
    const id = producerId(buffer, at)
    if (id === noProducerId) return null
    if (isControl(buffer, at)) return this.#applyMarker(id, buffer, at)
    this.#guards.release(id)
    const entry = this.#entry(id)
    entry.setEpoch(producerEpoch(buffer, at))
    const delta = lastOffsetDelta(buffer, at)
    const last = lastOffset(buffer, at)
    entry.addBatch(lastSequence(buffer, at), last, delta, maxTimestamp(buffer, at))
    if (isTransactional(buffer, at) && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = baseOffset(buffer, at)
      this.#ongoing.set(id, entry.currentTxnFirstOffset)
    }
    return null
  }

  #applyMarker(id: number, buffer: Buffer, at: number): AbortedTxn | null {
    const marker = decodeEndTransactionMarker(buffer, at)
    if (marker === undefined) return null
    const entry = this.#entry(id)
    const firstOffset = entry.currentTxnFirstOffset
    entry.setEpoch(producerEpoch(buffer, at))
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = maxTimestamp(buffer, at)
    entry.currentTxnFirstOffset = -1
    if (firstOffset < 0) return null
    const last = baseOffset(buffer, at)
    this.#ongoing.delete(id)
    this.#unreplicated.push({ firstOffset, lastOffset: last })
    if (marker.type === 'commit') return null
    const lastStableOffset = this.firstOngoingOffset ?? last + 1
    return { producerId: id, firstOffset, lastOffset: last, lastStableOffset }
  }

  #entry(id: number): ProducerEntry {
    const known = this.#producers.get(id)
    if (known !== undefined) return known
    const made = new ProducerEntry(id)
    this.#producers.set(id, made)
    return made
  }

  /** First offset of the oldest open transaction; null when none is open. */
  get firstOngoingOffset(): number | null {
    for (const offset of this.#ongoing.values()) return offset
    return null
  }

  /**
   * First offset of the oldest transaction that is open, or ended above the high watermark; null
   * without one.
   */
  get firstUnstableOffset(): number | null {
    let first = this.firstOngoingOffset
    for (const { firstOffset } of this.#unreplicated) {
      if (first === null || firstOffset < first) first = firstOffset
    }
    return first
  }

  onHighWatermark(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return
    this.#unreplicated = this.#unreplicated.filter((txn) => txn.lastOffset >= highWatermark)
  }

  /** Forgets producers that wrote nothing for so long and have no open transaction. */
  expire(nowMs: number, expirationMs: number): void {
    this.#guards.expire(nowMs, expirationMs)
    for (const [id, entry] of this.#producers) {
      if (isExpired(entry, nowMs, expirationMs)) this.#producers.delete(id)
    }
  }

  /** Replaces everything by what a snapshot holds. */
  restore(entries: readonly ProducerEntry[], endOffset: number): void {
    this.clear(endOffset)
    for (const entry of entries) this.#producers.set(entry.producerId, entry)
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    this.#ongoing = new Map(open.map((entry) => [entry.producerId, entry.currentTxnFirstOffset]))
  }

  clear(endOffset: number): void {
    this.#producers.clear()
    this.#guards.clear()
    this.#ongoing.clear()
    this.#unreplicated = []
    this.endOffset = endOffset
  }
}

export function isExpired(entry: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs
}

function checkEpoch(entry: ProducerEntry, epoch: number, offset: number): void {
  if (epoch >= entry.producerEpoch) return
  throw new BrokerError(
    'INVALID_PRODUCER_EPOCH',
    `producer ${entry.producerId} sent epoch ${epoch} at offset ${offset} after ${entry.producerEpoch}`,
  )
}

function checkMarker(
  entry: ProducerEntry,
  batch: Buffer,
  offset: number,
  { transactionVersion = 0 }: CheckOptions,
): void {
  const epoch = producerEpoch(batch, 0)
  checkEpoch(entry, epoch, offset)
  const marker = decodeEndTransactionMarker(batch, 0)
  if (marker !== undefined && marker.coordinatorEpoch < entry.coordinatorEpoch) {
    throw new BrokerError(
      'TRANSACTION_COORDINATOR_FENCED',
      `coordinator epoch ${marker.coordinatorEpoch} of a marker for producer ${entry.producerId} ` +
        `is below ${entry.coordinatorEpoch}`,
    )
  }
  // The end of a transaction has a higher epoch than its records: with the same one, it is the end
  // of the transaction before, which was late.
  const isOpen = entry.currentTxnFirstOffset >= 0
  if (transactionVersion < epochPerTransactionSince || !isOpen) return
  if (epoch > entry.producerEpoch) return
  throw new BrokerError(
    'INVALID_PRODUCER_EPOCH',
    `a marker of epoch ${epoch} cannot end the transaction of producer ${entry.producerId} ` +
      'that has the same epoch',
  )
}

function checkSequence(entry: ProducerEntry, epoch: number, first: number, offset: number): void {
  const isNewEpoch = epoch !== entry.producerEpoch
  // What an entry without an epoch has written is not known: any sequence may come next.
  if (entry.producerEpoch === noProducerEpoch) return
  const expected = isNewEpoch ? 0 : nextSequence(entry.lastSequence)
  if (first === expected) return
  const after = isNewEpoch
    ? `epoch ${epoch}, which must begin at 0`
    : `sequence ${entry.lastSequence}`
  throw new BrokerError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${entry.producerId} sent sequence ${first} at offset ${offset} after ${after}`,
  )
}

function nextSequence(last: number): number {
  return last === 0x7fff_ffff ? 0 : last + 1
}
