// Reads that wait until a quorum has said, after they came, that this voter still leads (Raft,
// section 6.4). Many share one round of heartbeats.

import type { RaftOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Rules } from './rules.ts'
import type { LogIndex, VoterId } from './types.ts'

interface Read {
  readonly requestId: number
  readonly index: LogIndex
  readonly round: number
}

export class PendingReads {
  readonly #outbox: Outbox
  readonly #rules: Rules
  readonly #pendingMax: number
  /** Not yet part of a round. */
  #arrived: number[] = []
  /** In order of their rounds. */
  #asked: Read[] = []

  constructor(parts: { outbox: Outbox; rules: Rules; options: RaftOptions }) {
    this.#outbox = parts.outbox
    this.#rules = parts.rules
    this.#pendingMax = parts.options.pendingReadsMax
  }

  get needsRound(): boolean {
    return this.#arrived.length > 0
  }

  add(requestId: number, self: VoterId): void {
    if (this.#arrived.length + this.#asked.length >= this.#pendingMax) {
      this.#refuse(requestId, 'tooManyReads', self)
    } else this.#arrived.push(requestId)
  }

  /**
   * A round begins. The commit index is its leader's, which has committed an entry of its own term.
   */
  roundBegins(round: number, commit: LogIndex): void {
    for (const requestId of this.#arrived) this.#asked.push({ requestId, index: commit, round })
    this.#arrived = []
  }

  /** Answers those whose round a quorum has confirmed, once their index is applied. */
  confirm(confirmedRound: number, applied: LogIndex): void {
    let count = 0
    for (const { requestId, index, round } of this.#asked) {
      if (!this.#rules.readConfirmed(round, confirmedRound) || index > applied) break
      this.#outbox.emit({ type: 'readReady', requestId, index })
      count++
    }
    this.#asked.splice(0, count)
  }

  refuseAll(leader: VoterId | null): void {
    for (const requestId of this.#arrived) this.#refuse(requestId, 'notLeader', leader)
    for (const { requestId } of this.#asked) this.#refuse(requestId, 'notLeader', leader)
    this.#arrived = []
    this.#asked = []
  }

  #refuse(requestId: number, reason: 'notLeader' | 'tooManyReads', leader: VoterId | null): void {
    this.#outbox.emit({ type: 'readRefused', requestId, reason, leader })
  }
}
