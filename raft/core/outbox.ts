// Gathers the effects of a step: one persist for all that changed, and the messages with the
// persist each must wait for.

import type { Durability } from './durability.ts'
import type { Effect, Persist } from './effects.ts'
import type { RaftLog } from './log.ts'
import type { Message } from './messages.ts'
import type { Rules } from './rules.ts'
import type { HardState, SnapshotDescriptor, VoterId } from './types.ts'

export class Outbox {
  readonly #log: RaftLog
  readonly #durability: Durability
  readonly #rules: Rules
  readonly #hardState: () => HardState
  #effects: Effect[] = []
  #messages: { readonly to: VoterId; readonly message: Message }[] = []
  #isBallotDirty = false
  #snapshot: SnapshotDescriptor | null = null
  /** The last index of the log as the persists so far have it. */
  #persistedIndex: number
  /** The lowest index that was truncated since the last persist. */
  #truncatedFrom = Number.POSITIVE_INFINITY

  constructor(parts: {
    readonly log: RaftLog
    readonly durability: Durability
    readonly rules: Rules
    readonly hardState: () => HardState
  }) {
    this.#log = parts.log
    this.#durability = parts.durability
    this.#rules = parts.rules
    this.#hardState = parts.hardState
    this.#persistedIndex = parts.log.lastIndex
  }

  emit(effect: Effect): void {
    this.#effects.push(effect)
  }

  send(to: VoterId, message: Message): void {
    this.#messages.push({ to, message })
  }

  /** A term or vote has changed that no persist names yet. */
  get isBallotDirty(): boolean {
    return this.#isBallotDirty
  }

  ballotChanged(): void {
    this.#isBallotDirty = true
  }

  /**
   * Truncates the log. What was said of its end until now is sealed first: it was true when it was
   * said.
   */
  truncateFrom(index: number): void {
    this.seal()
    this.#log.truncateFrom(index)
    this.#durability.truncatedFrom(index)
    this.#truncatedFrom = Math.min(this.#truncatedFrom, index)
  }

  /** Makes the received snapshot the log. */
  replaceLog(snapshot: SnapshotDescriptor): void {
    this.seal()
    this.#log.reset(snapshot)
    this.#durability.replaced()
    this.#snapshot = snapshot
    this.#persistedIndex = snapshot.index
  }

  /** Closes what was gathered: a persist, if anything changed, and behind it the messages. */
  seal(): void {
    const persist = this.#persist()
    if (persist !== null) this.#effects.push(persist)
    for (const { to, message } of this.#messages) {
      const after = this.#durability.waitsFor(this.#rules.gate(message))
      this.#effects.push(
        after === undefined ? { type: 'send', to, message } : { type: 'send', to, message, after },
      )
    }
    this.#messages = []
  }

  #persist(): Persist | null {
    const log = this.#log
    const snapshot = this.#snapshot
    const isTruncated = this.#truncatedFrom <= this.#persistedIndex
    if (!this.#isBallotDirty && !log.isDirty && !isTruncated && snapshot === null) return null
    const carriesBallot = this.#isBallotDirty
    const persist: Persist = {
      type: 'persist',
      token: this.#durability.issue(log.lastIndex, carriesBallot),
      ...(carriesBallot && { hardState: this.#hardState() }),
      ...(snapshot !== null && { snapshot }),
      ...(isTruncated && { truncateFrom: this.#truncatedFrom }),
      entries: log.takeDirty(),
      commit: log.commit,
    }
    this.#isBallotDirty = false
    this.#snapshot = null
    this.#truncatedFrom = Number.POSITIVE_INFINITY
    this.#persistedIndex = log.lastIndex
    return persist
  }

  /** Everything since the last time. */
  take(): Effect[] {
    this.seal()
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
