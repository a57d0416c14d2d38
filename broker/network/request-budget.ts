// Bounds the bytes of requests that are being worked on, all connections together
// (`queued.max.request.bytes`). A connection that finds it spent waits its turn; meanwhile its
// socket fills up and its client slows down.

export class RequestBudget {
  readonly #bytesMax: number
  #usedBytes = 0
  #waiting: (() => void)[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes `bytes` if there is room; a request larger than the whole budget is let in alone. */
  take(bytes: number): boolean {
    if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#bytesMax) return false
    this.#usedBytes += bytes
    return true
  }

  /** Runs `retry` once something has been given back. */
  wait(retry: () => void): void {
    this.#waiting.push(retry)
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const retry of waiting) retry()
  }
}
