// How long a leader may be silent before it is given up, by how long it has been lately and was
// there all the same: on a machine with more to do than it can, heartbeats come late though nobody
// has failed. Remembers one number for some seconds; liveness rests on it and nothing else.

import type { RaftOptions } from './options.ts'

/** A long silence counts for one to two of these. */
const windowMs = 15_000
/** Timeouts leave room for a silence of so many times the longest that there was. */
const margin = 3
/** A machine that is gone must be noticed all the same. */
const factorMax = 2

export class Patience {
  readonly #options: RaftOptions
  #windowEndsMs = Number.NEGATIVE_INFINITY
  #longestMs = 0
  #longestBeforeMs = 0

  constructor(options: RaftOptions) {
    this.#options = options
  }

  /** The leader was silent for so long, and still leads. */
  silenceEnded(nowMs: number, silentMs: number): void {
    this.#turn(nowMs)
    this.#longestMs = Math.max(this.#longestMs, silentMs)
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#windowEndsMs) return
    const isNext = nowMs < this.#windowEndsMs + windowMs
    this.#longestBeforeMs = isNext ? this.#longestMs : 0
    this.#longestMs = 0
    this.#windowEndsMs = nowMs + windowMs
  }

  /** What the election timeouts are to be multiplied by: from 1 to 2. */
  factor(nowMs: number): number {
    this.#turn(nowMs)
    const longestMs = Math.max(this.#longestMs, this.#longestBeforeMs)
    const wanted = (margin * longestMs) / this.#options.electionTimeoutMinMs
    return Math.min(Math.max(wanted, 1), factorMax)
  }
}
