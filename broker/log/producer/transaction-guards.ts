// Writes of producers whose transaction is being looked up at its coordinator (KIP-890): each holds
// a guard that its batch must still find here when it is appended. A marker takes the guard away,
// so that a batch which was late cannot begin a transaction that nobody would end.

declare const isGuard: unique symbol

/** Known by its identity alone. */
export interface TransactionGuard {
  readonly [isGuard]?: true
}

interface Verification {
  readonly guard: TransactionGuard
  readonly sinceMs: number
  epoch: number
  /** Batches behind the first that was seen wait for it: a retry may bring it later. */
  lowestSequence: number
}

export interface GuardedBatch {
  readonly producerId: number
  readonly epoch: number
  /** Of its first record. */
  readonly sequence: number
  /** Of its last record; absent for a batch without sequences. */
  readonly lastSequence?: number
}

export class TransactionGuards {
  readonly #byProducer = new Map<number, Verification>()

  take({ producerId, epoch, sequence }: GuardedBatch, nowMs: number): TransactionGuard {
    const known = this.#byProducer.get(producerId)
    if (known === undefined) {
      const guard: TransactionGuard = {}
      this.#byProducer.set(producerId, { guard, sinceMs: nowMs, epoch, lowestSequence: sequence })
      return guard
    }
    if (epoch > known.epoch || (epoch === known.epoch && sequence < known.lowestSequence)) {
      known.epoch = epoch
      known.lowestSequence = sequence
    }
    return known.guard
  }

  holds(producerId: number, guard: TransactionGuard): boolean {
    return this.#byProducer.get(producerId)?.guard === guard
  }

  /** Undefined where no batch of the producer is being looked up. */
  lowestSequence(producerId: number): number | undefined {
    return this.#byProducer.get(producerId)?.lowestSequence
  }

  release(producerId: number): void {
    this.#byProducer.delete(producerId)
  }

  /**
   * A marker ends the transaction that the guard is for. One that must have a higher epoch than the
   * records before it ends none of its own epoch: that is the producer's next one.
   */
  releaseBy(
    producerId: number,
    { epoch, endsOwnEpoch }: { readonly epoch: number; readonly endsOwnEpoch: boolean },
  ): void {
    const known = this.#byProducer.get(producerId)
    if (known === undefined) return
    if (known.epoch < epoch || (endsOwnEpoch && known.epoch === epoch)) {
      this.#byProducer.delete(producerId)
    }
  }

  /** Forgets those that were never used: their clients are gone. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, { sinceMs }] of this.#byProducer) {
      if (nowMs - sinceMs >= expirationMs) this.#byProducer.delete(producerId)
    }
  }

  clear(): void {
    this.#byProducer.clear()
  }
}
