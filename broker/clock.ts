// Time as the broker sees it. Only main wires the real one; tests wire a fake.

export interface Clock {
  /**
   * Wall time, milliseconds since 1970: for timestamps that leave the process or reach the disk.
   */
  readonly nowMs: () => number
  /** Monotonic milliseconds: for timeouts and durations; a clock jump does not move it. */
  readonly monotonicMs: () => number
}

/** Timers on monotonic time. Cancelling twice, or after it fired, does nothing. */
export interface Timers {
  schedule(delayMs: number, action: () => void): { cancel(): void }
}
