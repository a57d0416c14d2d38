// Work that is done again and again, each time an interval after the last one has ended. Never two
// runs of one work at once.

import type { Timers } from '../clock.ts'

/** Longest delay that a Node timer takes; longer ones are cut to it. */
const delayMsMax = 2_147_483_647

export class RecurringWork {
  readonly #timers: Timers
  readonly #onError: (what: string, error: unknown) => void
  readonly #pending = new Set<{ cancel(): void }>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  constructor(timers: Timers, onError: (what: string, error: unknown) => void) {
    this.#timers = timers
    this.#onError = onError
  }

  /** The interval is asked for anew each time. */
  start(what: string, intervalMs: () => number, work: () => Promise<void>): void {
    if (this.#stopped) return
    const delayMs = Math.min(Math.max(1, intervalMs()), delayMsMax)
    const timer = this.#timers.schedule(delayMs, () => {
      this.#pending.delete(timer)
      const run = work()
        .catch((error: unknown) => this.#onError(what, error))
        .finally(() => {
          this.#running.delete(run)
          this.start(what, intervalMs, work)
        })
      this.#running.add(run)
    })
    this.#pending.add(timer)
  }

  /** Resolves once nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#pending) timer.cancel()
    this.#pending.clear()
    await Promise.all(this.#running)
  }
}
