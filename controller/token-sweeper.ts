// Removes delegation tokens that have ended, now and then. Runs on every controller and does
// something only on the active one.

import { ControllerError } from './errors.ts'

export interface TokenSweeperOptions {
  readonly controller: { removeExpiredTokens(): Promise<number> }
  readonly intervalMs: number
  /** Calls once, unless cancelled by what it returns. */
  readonly after: (delayMs: number, call: () => void) => () => void
  readonly onRemoved: (count: number) => void
  /** A round failed for another reason than that this controller is not the active one. */
  readonly onError: (error: unknown) => void
}

export class TokenSweeper {
  readonly #options: TokenSweeperOptions
  #cancel: () => void = () => undefined
  #closed = false

  constructor(options: TokenSweeperOptions) {
    this.#options = options
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    const { after, intervalMs } = this.#options
    this.#cancel = after(intervalMs, () => {
      void this.#sweep().finally(() => this.#schedule())
    })
  }

  /** Until nothing is left that has ended. Never rejects. */
  async #sweep(): Promise<void> {
    const { controller, onRemoved, onError } = this.#options
    try {
      for (let removed = 1; removed > 0 && !this.#closed; ) {
        removed = await controller.removeExpiredTokens()
        if (removed > 0) onRemoved(removed)
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
