// A clock and timers that a test moves by hand. Both clocks advance together.

import type { Clock, Timers } from '../../broker/clock.ts'

interface Timer {
  readonly atMs: number
  readonly action: () => void
}

export class FakeTime implements Clock, Timers {
  #monotonicMs = 0
  readonly #startMs: number
  readonly #timers = new Set<Timer>()

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs
  }

  nowMs(): number {
    return this.#startMs + this.#monotonicMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  schedule(delayMs: number, action: () => void): { cancel(): void } {
    const timer = { atMs: this.#monotonicMs + delayMs, action }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Time passes while nothing runs: what falls due is late. */
  stall(ms: number): void {
    this.#monotonicMs += ms
  }

  /** Lets time pass; what falls due on the way happens in its order. */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > untilMs) break
      this.#timers.delete(next)
      this.#monotonicMs = Math.max(this.#monotonicMs, next.atMs)
      next.action()
    }
    this.#monotonicMs = untilMs
  }
}
