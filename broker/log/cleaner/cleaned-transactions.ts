// Follows the transactions of a log while it is walked from its start: whose batches are aborted,
// and which markers end nothing that is still there. A marker goes only after all batches of its
// transaction have gone, since readers tell by it what was aborted (KIP-98, KIP-534).

import { isTransactional, lastOffset, producerId, recordCount } from '@samsa/proto/record/batch'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import type { AbortedTxn } from '../index/transaction-index.ts'

interface OpenAborted {
  readonly txn: AbortedTxn
  hasBatch: boolean
}

export class CleanedTransactions {
  /** All of them, by their first offset; those before #next were reached. */
  readonly #all: readonly AbortedTxn[]
  #next = 0
  /** By producer. */
  readonly #aborted = new Map<number, OpenAborted>()
  /** Producers with batches of a transaction that will be committed. */
  readonly #committed = new Set<number>()

  constructor(aborted: readonly AbortedTxn[]) {
    this.#all = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the records of a batch of data are aborted. */
  isAborted(buffer: Buffer, at: number): boolean {
    if (!isTransactional(buffer, at)) return false
    this.#reach(lastOffset(buffer, at))
    const producer = producerId(buffer, at)
    const open = this.#aborted.get(producer)
    if (open === undefined) {
      this.#committed.add(producer)
      return false
    }
    open.hasBatch = true
    return true
  }

  /**
   * Whether a control batch ends nothing that is still in the log. `onAborted` hears of an aborted
   * transaction that readers must go on to be told of.
   */
  isNeedless(buffer: Buffer, at: number, onAborted: (txn: AbortedTxn) => void): boolean {
    this.#reach(lastOffset(buffer, at))
    const marker = decodeEndTransactionMarker(buffer, at)
    if (marker === undefined) return isEmpty(buffer, at)
    const producer = producerId(buffer, at)
    if (marker.type === 'commit') return !this.#committed.delete(producer)
    const open = this.#aborted.get(producer)
    this.#aborted.delete(producer)
    if (open === undefined || !open.hasBatch) return true
    onAborted(open.txn)
    return false
  }

  #reach(offset: number): void {
    for (;;) {
      const txn = this.#all[this.#next]
      if (txn === undefined || txn.firstOffset > offset) return
      this.#next++
      if (!this.#aborted.has(txn.producerId)) {
        this.#aborted.set(txn.producerId, { txn, hasBatch: false })
      }
    }
  }
}

/** Compaction may have left a control batch without its record; other kinds are never touched. */
function isEmpty(buffer: Buffer, at: number): boolean {
  return recordCount(buffer, at) === 0
}
