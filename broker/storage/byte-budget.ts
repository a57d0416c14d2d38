// Bounds the bytes that many streams hold together. Whoever finds it spent waits until something
// has been given back; it may go over by what its users take before they look.

export class ByteBudget {
  readonly #bytesMax: number
  #usedBytes = 0
  #waiting: (() => void)[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get isSpent(): boolean {
    return this.#usedBytes >= this.#bytesMax
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.length === 0 || this.isSpent) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const retry of waiting) retry()
  }

  /** Runs `retry` once there is room. */
  wait(retry: () => void): void {
    this.#waiting.push(retry)
  }
}
