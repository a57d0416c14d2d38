// What the active controller does now and then: takes leadership back to the preferred replicas
// (auto.leader.rebalance.enable), removes delegation tokens that have ended. Runs on every
// controller and does something only on the active one. Owns its timer.

import { ControllerError } from './errors.ts'

export interface Round {
  /** Of what was changed. */
  readonly count: number
  /** There is more to do at once. */
  readonly more: boolean
}

export interface ActiveRoundsOptions {
  readonly round: () => Promise<Round>
  readonly intervalMs: number
  /** Calls once, unless cancelled by what it returns. */
  readonly after: (delayMs: number, call: () => void) => () => void
  /** A round changed so many. */
  readonly onChanged: (count: number) => void
  /** A round failed for another reason than that this controller is not the active one. */
  readonly onError: (error: unknown) => void
}

export class ActiveRounds {
  readonly #options: ActiveRoundsOptions
  #cancel: () => void = () => undefined
  #closed = false

  constructor(options: ActiveRoundsOptions) {
    this.#options = options
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    const { after, intervalMs } = this.#options
    this.#cancel = after(intervalMs, () => {
      void this.#run().finally(() => this.#schedule())
    })
  }

  /** Round after round until there is nothing more to do. Never rejects. */
  async #run(): Promise<void> {
    const { round, onChanged, onError } = this.#options
    try {
      for (let more = true; more && !this.#closed; ) {
        const done = await round()
        if (done.count > 0) onChanged(done.count)
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
