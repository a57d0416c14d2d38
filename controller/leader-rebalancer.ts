// Takes leadership back to the preferred replicas now and then (auto.leader.rebalance.enable):
// after restarts, partitions are led by whoever was left. Runs on every controller and does
// something only on the active one.

import { ControllerError } from './errors.ts'
import type { Rebalanced } from './replication/elect-leaders.ts'

export interface LeaderRebalancerOptions {
  readonly controller: { rebalanceLeaders(): Promise<Rebalanced> }
  readonly intervalMs: number
  /** Calls once, unless cancelled by what it returns. */
  readonly after: (delayMs: number, call: () => void) => () => void
  /** Leadership was moved. */
  readonly onElections: (count: number) => void
  /** A round failed for another reason than that this controller is not the active one. */
  readonly onError: (error: unknown) => void
}

export class LeaderRebalancer {
  readonly #options: LeaderRebalancerOptions
  #cancel: () => void = () => undefined
  #closed = false

  constructor(options: LeaderRebalancerOptions) {
    this.#options = options
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    const { after, intervalMs } = this.#options
    this.#cancel = after(intervalMs, () => {
      void this.#rebalance().finally(() => this.#schedule())
    })
  }

  /** Round after round until there is nothing more to do. Never rejects. */
  async #rebalance(): Promise<void> {
    const { controller, onElections, onError } = this.#options
    try {
      for (let more = true; more && !this.#closed; ) {
        const done = await controller.rebalanceLeaders()
        if (done.elections > 0) onElections(done.elections)
        more = done.more
      }
    } catch (error) {
      const inactive = error instanceof ControllerError && error.kafkaError === 'NOT_CONTROLLER'
      if (!inactive) onError(error)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }
}
