// Work that is done again and again, each time an interval after the last one has ended. Never two
// runs of one work at once.

import type { Timers } from '../clock.ts'
import { Background } from './background.ts'

export class RecurringWork {
  readonly #background: Background
  #stopped = false

  constructor(timers: Timers, onError: (what: string, error: unknown) => void) {
    this.#background = new Background(timers, onError)
  }

  /** The interval is asked for anew each time. */
  start(what: string, intervalMs: () => number, work: () => Promise<void>): void {
    if (this.#stopped) return
    this.#background.later(what, Math.max(1, intervalMs()), async () => {
      try {
        await work()
      } finally {
        this.start(what, intervalMs, work)
      }
    })
  }

  /** Resolves once nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#background.stop()
  }
}
