// One partition of `__transaction_state` that this node leads: the shell of its core. Owns the
// markers that are on their way and the producer ids that are asked for.

import { LedShard, type LedShardOptions } from '../led-shard.ts'
import type { Allocated, TransactionEvent, TransactionRequest } from './events.ts'
import type { MarkerSender } from './marker-sender.ts'
import type { Transaction } from './transaction.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { TransactionShard } from './transaction-shard.ts'
import type { Effect, SendMarkersEffect } from './turn.ts'

export interface LedTransactionsOptions extends LedShardOptions<TransactionConfig> {
  readonly markers: MarkerSender
  /** Rejects when the controller gives none. */
  readonly newProducerId: () => Promise<number>
}

const completionRetryMs = 100

export class LedTransactions extends LedShard<
  TransactionRequest,
  TransactionEvent,
  Effect,
  TransactionConfig,
  TransactionShard
> {
  readonly #options: LedTransactionsOptions
  readonly #timers = new Set<{ cancel(): void }>()
  /** Whose markers these are; another one after each load. */
  #owner = {}

  constructor(options: LedTransactionsOptions) {
    super(options)
    this.#options = options
  }

  protected override newCore(): TransactionShard {
    return new TransactionShard()
  }

  protected override step(shard: TransactionShard, event: TransactionEvent): Effect[] {
    return shard.step(event, this.now(), this.options.config())
  }

  transactions(): Iterable<Transaction> {
    return this.core?.transactions() ?? []
  }

  /** A client that is gone has still asked for it. */
  protected override abandoned(): null {
    return null
  }

  protected override carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'sendMarkers':
        return this.#send(effect)
      case 'allocateProducerId':
        void this.#allocate(effect)
        return
      case 'retryCompletion': {
        const { transactionalId } = effect
        const timer = this.options.timers.schedule(completionRetryMs, () => {
          this.#timers.delete(timer)
          this.feed({ type: 'completeAgain', transactionalId })
        })
        this.#timers.add(timer)
        return
      }
    }
  }

  #send(effect: SendMarkersEffect): void {
    const { partitions, ...job } = effect
    // It tells an old coordinator's markers from those of a newer one.
    const { markers, leaderEpoch: coordinatorEpoch } = this.#options
    const { transactionalId, producerId, producerEpoch } = job
    markers.add(this.#owner, { ...job, coordinatorEpoch }, partitions, (topic, partition) => {
      const written = new Map([[topic, new Set([partition])]])
      const of = { transactionalId, producerId, producerEpoch, partitions: written }
      this.feed({ type: 'markersWritten', ...of })
    })
  }

  async #allocate({ event }: Effect & { type: 'allocateProducerId' }): Promise<void> {
    const owner = this.#owner
    let allocated: Allocated
    try {
      allocated = { type: 'id', producerId: await this.#options.newProducerId() }
    } catch {
      // The controller is out of reach, or cannot write; clients retry on this one.
      allocated = { type: 'refused', error: 'COORDINATOR_LOAD_IN_PROGRESS' }
    }
    if (owner === this.#owner) this.feed({ ...event, allocated })
  }

  protected override onDropped(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#options.markers.drop(this.#owner)
    this.#owner = {}
  }
}
