// When a voter stands for election next: a random time after it last heard a leader, soon when its
// leader is known to be down.

import type { RaftOptions } from './options.ts'

export class ElectionTimer {
  readonly #options: RaftOptions
  readonly #random: () => number
  #dueMs = 0
  /** Until then elections follow each other quickly: the leader is known to be down. */
  #hurryUntilMs = Number.NEGATIVE_INFINITY

  /** `random` is uniform in [0, 1), and not the same in any two voters. */
  constructor(options: RaftOptions, random: () => number) {
    this.#options = options
    this.#random = random
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
    this.#dueIn(nowMs, electionTimeoutMinMs, electionTimeoutMaxMs)
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
  }

  /** Nobody else could be leading, so there is nobody to wait for. */
  expire(nowMs: number): void {
    this.#dueMs = nowMs
  }

  leaderIsDown(nowMs: number): void {
    this.#hurryUntilMs = nowMs + 2 * this.#options.electionTimeoutMaxMs
    this.#dueIn(nowMs, 0, this.#options.peerDownDelayMaxMs)
  }

  leaderHeard(nowMs: number): void {
    this.#hurryUntilMs = Number.NEGATIVE_INFINITY
    this.restart(nowMs)
  }
}
