// Says what a client that keeps trying is kept from, when that goes on: once it has lasted a while,
// and now and then after that. What passes soon is nobody's concern.

import { noticeAfterMs, noticeIntervalMs } from './limits.ts'

export class RetryNotice {
  readonly #tell: (reason: string) => void
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(tell: (reason: string) => void) {
    this.#tell = tell
  }

  /** What began to fail at `sinceMs` has just failed again. */
  failed(error: unknown, sinceMs: number, nowMs: number): void {
    const lastedMs = nowMs - sinceMs
    if (lastedMs < noticeAfterMs || nowMs - this.#toldMs < noticeIntervalMs) return
    this.#toldMs = nowMs
    const reason = error instanceof Error ? error.message : String(error)
    this.#tell(`still trying after ${Math.round(lastedMs / 1_000)} s: ${reason}`)
  }
}
