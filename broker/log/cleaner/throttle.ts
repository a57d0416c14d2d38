// Holds the cleaner to a rate of bytes, read and written together: it pays for what it did by
// waiting. Small debts gather until they are worth a timer.

import type { CleanHost } from './clean-job.ts'

/** Timers are no finer; Kafka's throttle looks at windows of 300 ms. */
const debtMsMin = 20
/** One wait; an end of the cleaning is noticed in between. */
const pauseMsMax = 1000

export class Throttle {
  readonly #host: CleanHost
  readonly #bytesPerSecond: number
  #paidUpToMs: number

  constructor(host: CleanHost, bytesPerSecond: number) {
    this.#host = host
    this.#bytesPerSecond = Math.max(1, bytesPerSecond)
    this.#paidUpToMs = host.monotonicMs()
  }

  async pay(bytes: number): Promise<void> {
    // What was not used while the disk was slow is not saved up.
    const now = this.#host.monotonicMs()
    const from = Math.max(this.#paidUpToMs, now - debtMsMin)
    this.#paidUpToMs = from + (bytes * 1000) / this.#bytesPerSecond
    for (;;) {
      const debtMs = this.#paidUpToMs - this.#host.monotonicMs()
      if (debtMs < debtMsMin || this.#host.aborted) return
      await this.#host.pause(Math.min(debtMs, pauseMsMax))
    }
  }
}
