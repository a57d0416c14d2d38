// A limit of bytes a second, for replicas that are throttled: a bucket of one second's bytes. What
// is spent may go below zero; then whoever asks is called when there is more.

import type { BrokerId } from '@samsa/controller/image'
import type { Clock, Timers } from '../clock.ts'

/** Whether a list of `partition:broker`, or `*`, names the replica. */
export function isThrottledReplica(
  replicas: readonly string[],
  index: number,
  brokerId: BrokerId,
): boolean {
  if (replicas.length === 0) return false
  return replicas[0] === '*' || replicas.includes(`${index}:${brokerId}`)
}

export class Throttle {
  readonly #rate: () => number
  readonly #clock: Clock
  readonly #timers: Timers
  #bytes: number | null = null
  #filledAtMs = 0
  #waiting = new Set<() => void>()
  #timer: { cancel(): void } | null = null

  /** `rate` in bytes a second; Number.MAX_SAFE_INTEGER for no limit. */
  constructor(rate: () => number, clock: Clock, timers: Timers) {
    this.#rate = rate
    this.#clock = clock
    this.#timers = timers
  }

  /** Whether something may be sent now; if not, `retry` is called once later. */
  admits(retry: () => void): boolean {
    const rate = this.#rate()
    if (rate === Number.MAX_SAFE_INTEGER) return true
    const bytes = this.#fill(rate)
    if (bytes > 0) return true
    this.#waiting.add(retry)
    const afterMs = Math.min(Math.max(10, (-bytes / Math.max(rate, 1)) * 1000), 1000)
    this.#timer ??= this.#timers.schedule(afterMs, () => this.#wake())
    return false
  }

  spend(bytes: number): void {
    const rate = this.#rate()
    if (rate !== Number.MAX_SAFE_INTEGER) this.#bytes = this.#fill(rate) - bytes
  }

  #fill(rate: number): number {
    const nowMs = this.#clock.monotonicMs()
    const grown = ((nowMs - this.#filledAtMs) / 1000) * rate
    this.#bytes = this.#bytes === null ? rate : Math.min(rate, this.#bytes + grown)
    this.#filledAtMs = nowMs
    return this.#bytes
  }

  #wake(): void {
    this.#timer = null
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const retry of waiting) retry()
  }

  close(): void {
    this.#timer?.cancel()
    this.#waiting.clear()
  }
}
