// Time as the driver sees it.

export interface RaftClock {
  /** Monotonic: it never goes back, whatever happens to the wall clock. */
  nowMs(): number
  /** Calls once, later; the function that comes back cancels it. */
  after(delayMs: number, call: () => void): () => void
  /** Calls when the events that are waiting have been read, so that they share a step. */
  soon(call: () => void): void
}
