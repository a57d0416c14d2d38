// The term, the vote in it, and whether this voter may vote at all. Every change goes to disk
// before anyone hears of it.

import { assert } from './assert.ts'
import type { HardState, Term, VoterId } from './types.ts'

export class Ballot {
  #term: Term
  #votedFor: VoterId | null
  #damagedInTerm: Term | null
  #changed: () => void = () => undefined

  /**
   * A log that lost acknowledged entries opens a new term, so that no leader goes on by what it was
   * told before.
   */
  constructor(stored: HardState | null, isDamaged: boolean) {
    this.#term = stored?.term ?? 0
    this.#votedFor = stored?.votedFor ?? null
    this.#damagedInTerm = stored?.damagedInTerm ?? null
    if (!isDamaged) return
    this.#damagedInTerm = this.#term
    this.#term++
    this.#votedFor = null
  }

  onChange(changed: () => void): void {
    this.#changed = changed
  }

  get term(): Term {
    return this.#term
  }

  get votedFor(): VoterId | null {
    return this.#votedFor
  }

  get damagedInTerm(): Term | null {
    return this.#damagedInTerm
  }

  get hardState(): HardState {
    return {
      term: this.#term,
      votedFor: this.#votedFor,
      damagedInTerm: this.#damagedInTerm,
    }
  }

  enter(term: Term): void {
    assert(term > this.#term, `term ${term} is later than ${this.#term}`)
    this.#term = term
    this.#votedFor = null
    this.#changed()
  }

  vote(candidate: VoterId): void {
    if (this.#votedFor === candidate) return
    this.#votedFor = candidate
    this.#changed()
  }

  healed(): void {
    this.#damagedInTerm = null
    this.#changed()
  }
}
