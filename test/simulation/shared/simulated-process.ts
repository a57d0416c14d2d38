// A process of a simulation: what reaches it, its own timers included, comes by here, so that it
// can be stopped for a while or killed at any moment. What a killed process still says or does is
// nobody's business any more: whoever carries out its effects asks whether it is alive.

import type { EventQueue } from './event-queue.ts'

export class SimulatedProcess {
  readonly name: string
  readonly #events: EventQueue
  #isAlive = true
  /** What comes while it is stopped; null while it runs. */
  #held: (() => void)[] | null = null

  constructor(name: string, events: EventQueue) {
    this.name = name
    this.#events = events
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isPaused(): boolean {
    return this.#held !== null
  }

  get nowMs(): number {
    return this.#events.nowMs
  }

  /** Something reaches the process now. */
  take(happen: () => void): void {
    if (!this.#isAlive) return
    if (this.#held !== null) this.#held.push(happen)
    else happen()
  }

  /** Something reaches the process later. */
  after(delayMs: number, happen: () => void): { cancel(): void } {
    const planned = { isCancelled: false }
    const unlessCancelled = () => {
      if (!planned.isCancelled) happen()
    }
    this.#events.after(delayMs, () => this.take(unlessCancelled))
    return {
      cancel: () => {
        planned.isCancelled = true
      },
    }
  }

  /** For whoever takes timers of the product's own kind. */
  schedule(delayMs: number, action: () => void): { cancel(): void } {
    return this.after(delayMs, action)
  }

  kill(): void {
    this.#isAlive = false
    this.#held = null
  }

  pause(): void {
    if (this.#isAlive) this.#held ??= []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const happen of held) this.after(0, happen)
  }
}
