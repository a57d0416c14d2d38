// Time as the operator sees it. Only main wires the real one; tests wire a fake.

export interface Timers {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  schedule(delayMs: number, action: () => void): { cancel(): void }
}
