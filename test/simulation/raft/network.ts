// Links between nodes: messages are lost, doubled, late, overtake each other, and stop at links
// that are cut in one direction or both.

import type { Message } from '@samsa/raft/core/messages'
import { nodeIdOf, type VoterId } from '@samsa/raft/core/types'
import type { EventQueue } from '../shared/event-queue.ts'
import type { Random } from '../shared/random.ts'
import type { Faults } from './faults.ts'

export class Network {
  readonly #events: EventQueue
  readonly #random: Random
  readonly #faults: Faults
  readonly #deliver: (from: VoterId, to: VoterId, message: Message) => void
  readonly #cut = new Set<string>()
  /**
   * When the last message of a link arrives; the next one comes after it unless messages overtake.
   */
  readonly #lastArrivalMs = new Map<string, number>()
  #isHealed = false

  constructor(parts: {
    events: EventQueue
    random: Random
    faults: Faults
    deliver: (from: VoterId, to: VoterId, message: Message) => void
  }) {
    this.#events = parts.events
    this.#random = parts.random
    this.#faults = parts.faults
    this.#deliver = parts.deliver
  }

  send(from: VoterId, to: VoterId, message: Message): void {
    const { lossChance, duplicateChance } = this.#faults
    if (this.#isHealed) return this.#transmit(from, to, message)
    if (this.#random.chance(lossChance)) return
    this.#transmit(from, to, message)
    if (this.#random.chance(duplicateChance)) this.#transmit(from, to, message)
  }

  #transmit(from: VoterId, to: VoterId, message: Message): void {
    const { delayMaxMs, reorders } = this.#faults
    const link = `${nodeIdOf(from)}>${nodeIdOf(to)}`
    const maxMs = this.#isHealed ? 2 : delayMaxMs
    let delayMs = this.#random.between(0.1, maxMs)
    if (!reorders || this.#isHealed) {
      const earliestMs = this.#lastArrivalMs.get(link) ?? 0
      delayMs = Math.max(delayMs, earliestMs - this.#events.nowMs)
      this.#lastArrivalMs.set(link, this.#events.nowMs + delayMs)
    }
    const arriving = this.#isHealed ? message : this.#corrupt(message)
    this.#events.after(delayMs, () => {
      if (!this.#cut.has(link)) this.#deliver(from, to, arriving)
    })
  }

  /** Chunks have checksums of their own; everything else is the transport's to protect. */
  #corrupt(message: Message): Message {
    if (message.type !== 'snapshotChunk' || message.bytes.length === 0) return message
    if (!this.#random.chance(this.#faults.chunkCorruptionChance)) return message
    const bytes = Buffer.from(message.bytes)
    const at = this.#random.integer(0, bytes.length - 1)
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    return { ...message, bytes }
  }

  /** One of the ways in which networks fall apart. */
  partition(nodeIds: readonly number[], victim: number): string {
    const random = this.#random
    const cut = (from: number, to: number) => this.#cut.add(`${from}>${to}`)
    const kind = random.pick(['isolate', 'inbound', 'outbound', 'halves', 'links'] as const)
    const side = new Set(random.some(nodeIds))
    for (const a of nodeIds) {
      for (const b of nodeIds) {
        if (a === b) continue
        const isHit =
          kind === 'inbound'
            ? b === victim
            : kind === 'outbound'
              ? a === victim
              : kind === 'isolate'
                ? a === victim || b === victim
                : kind === 'halves'
                  ? side.has(a) !== side.has(b)
                  : random.chance(0.3)
        if (isHit) cut(a, b)
      }
    }
    return kind
  }

  repair(): void {
    this.#cut.clear()
  }

  heal(): void {
    this.repair()
    this.#isHealed = true
  }
}
