// Work that nobody waits for: started now or after a while, its errors told to one place. Whoever
// starts it can wait until none is left, and must before what the work uses is closed.

import type { Timers } from '../clock.ts'

export class Background {
  readonly #timers: Timers
  readonly #onError: (what: string, error: unknown) => void
  readonly #pending = new Set<{ cancel(): void }>()
  readonly #running = new Set<Promise<void>>()

  constructor(timers: Timers, onError: (what: string, error: unknown) => void) {
    this.#timers = timers
    this.#onError = onError
  }

  run(what: string, work: () => Promise<void>): void {
    const run = work()
      .catch((error: unknown) => this.#onError(what, error))
      .finally(() => {
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  /** The delay may be longer than a Node timer takes: it is then cut to 24 days. */
  later(what: string, delayMs: number, work: () => Promise<void>): void {
    const timer = this.#timers.schedule(Math.min(delayMs, delayMsMax), () => {
      this.#pending.delete(timer)
      this.run(what, work)
    })
    this.#pending.add(timer)
  }

  /** Work that has not begun never will; resolves once what has begun is done. */
  async stop(): Promise<void> {
    for (const timer of this.#pending) timer.cancel()
    this.#pending.clear()
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

const delayMsMax = 2_147_483_647
