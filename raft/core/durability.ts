// How far this voter's own disk has come: which persist covers what, and what of the log is durable
// although later persists may have taken the place of its end. Persists are durable in order of
// their tokens.

import { assert } from './assert.ts'
import type { PersistToken } from './effects.ts'
import type { Gate } from './rules.ts'
import type { LogIndex } from './types.ts'

interface Outstanding {
  readonly token: PersistToken
  /** The log's last index that it makes durable, lowered when a later truncation takes it back. */
  throughIndex: LogIndex
}

export class Durability {
  #lastToken: PersistToken = 0
  #durableToken: PersistToken = 0
  /** The last persist that carried a term or a vote. */
  #ballotToken: PersistToken = 0
  #outstanding: Outstanding[] = []
  #durableIndex: LogIndex

  constructor(lastIndex: LogIndex) {
    this.#durableIndex = lastIndex
  }

  /** The log up to here is on this voter's disk. */
  get durableIndex(): LogIndex {
    return this.#durableIndex
  }

  get durableToken(): PersistToken {
    return this.#durableToken
  }

  get ballotToken(): PersistToken {
    return this.#ballotToken
  }

  issue(throughIndex: LogIndex, carriesBallot: boolean): PersistToken {
    const token = ++this.#lastToken
    if (carriesBallot) this.#ballotToken = token
    this.#outstanding.push({ token, throughIndex })
    return token
  }

  /** Entries from `index` on are no more, however far they have come. */
  truncatedFrom(index: LogIndex): void {
    this.#durableIndex = Math.min(this.#durableIndex, index - 1)
    for (const each of this.#outstanding) each.throughIndex = Math.min(each.throughIndex, index - 1)
  }

  /** A snapshot takes the place of the log; none of it counts any more. */
  replaced(): void {
    this.#durableIndex = 0
    for (const each of this.#outstanding) each.throughIndex = 0
  }

  durable(token: PersistToken): void {
    assert(token <= this.#lastToken, `persist ${token} was asked for`)
    if (token <= this.#durableToken) return
    this.#durableToken = token
    for (const each of this.#outstanding) {
      if (each.token > token) break
      this.#durableIndex = Math.max(this.#durableIndex, each.throughIndex)
    }
    this.#outstanding = this.#outstanding.filter((each) => each.token > token)
  }

  /** The persist that a message must wait for. */
  waitsFor(gate: Gate): PersistToken | undefined {
    const token =
      gate === 'everything' ? this.#lastToken : gate === 'ballot' ? this.#ballotToken : 0
    return token > this.#durableToken ? token : undefined
  }
}
