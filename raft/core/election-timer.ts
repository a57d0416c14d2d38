// When a voter stands for election next: a random time after it last heard a leader, longer where
// leaders have been late before, soon when its leader is known to be down.

import type { RaftOptions } from './options.ts'
import { Patience } from './patience.ts'

export class ElectionTimer {
  readonly #options: RaftOptions
  readonly #random: () => number
  readonly #patience: Patience
  #dueMs = 0
  /** The timer was put off for a stall of this voter, once since it last began anew. */
  #isExcused = false
  /** Until then elections follow each other quickly: the leader is known to be down. */
  #hurryUntilMs = Number.NEGATIVE_INFINITY

  /** `random` is uniform in [0, 1), and not the same in any two voters. */
  constructor(options: RaftOptions, random: () => number) {
    this.#options = options
    this.#random = random
    this.#patience = new Patience(options)
  }

  get dueMs(): number {
    return this.#dueMs
  }

  /** Until the next attempt. */
  restart(nowMs: number): void {
    const { peerDownDelayMaxMs } = this.#options
    if (this.#isInHurry(nowMs)) {
      this.#dueIn(nowMs, peerDownDelayMaxMs / 2, (3 * peerDownDelayMaxMs) / 2)
    } else this.restartPatiently(nowMs)
  }

  /** An election is under way: votes count once they are on disk, and disks may be slow. */
  restartPatiently(nowMs: number): void {
    const { electionTimeoutMinMs, electionTimeoutMaxMs } = this.#options
    const factor = this.#patience.factor(nowMs)
    this.#dueIn(nowMs, factor * electionTimeoutMinMs, factor * electionTimeoutMaxMs)
  }

  /** For so long after it was heard a leader is not voted out. */
  leaseMs(nowMs: number): number {
    return this.#patience.factor(nowMs) * this.#options.electionTimeoutMinMs
  }

  /** The election is lost, and the voter knows. */
  electionLost(nowMs: number): void {
    if (this.#isInHurry(nowMs)) this.restart(nowMs)
  }

  #isInHurry(nowMs: number): boolean {
    return nowMs < this.#hurryUntilMs
  }

  #dueIn(nowMs: number, leastMs: number, mostMs: number): void {
    this.#dueMs = nowMs + leastMs + Math.floor(this.#random() * (mostMs - leastMs))
    this.#isExcused = false
  }

  /**
   * This voter itself stood still for so long, and what it may have been told meanwhile has yet to
   * be read. Once only: a voter that is always late must stand at last.
   */
  excuse(nowMs: number, stalledMs: number): void {
    if (this.#isExcused) return
    this.#isExcused = true
    const { electionTimeoutMinMs } = this.#options
    this.#dueMs = Math.max(this.#dueMs, nowMs + Math.min(stalledMs, electionTimeoutMinMs))
  }

  /** Nobody else could be leading, so there is nobody to wait for. */
  expire(nowMs: number): void {
    this.#dueMs = nowMs
  }

  leaderIsDown(nowMs: number): void {
    this.#hurryUntilMs = nowMs + 2 * this.#options.electionTimeoutMaxMs
    this.#dueIn(nowMs, 0, this.#options.peerDownDelayMaxMs)
  }

  /** `silentMs`: since it was heard before as the same leader; null for the first time. */
  leaderHeard(nowMs: number, silentMs: number | null): void {
    if (silentMs !== null) this.#patience.silenceEnded(nowMs, silentMs)
    this.#hurryUntilMs = Number.NEGATIVE_INFINITY
    this.restart(nowMs)
  }
}
