// Offsets that were committed as a part of transactions which have not ended yet, of all groups of
// one shard (KIP-98). They are durable, and count once the transaction is committed.

import type { OffsetChange, OffsetKey } from './offset-store.ts'

type Changes = Map<string, OffsetChange>

export class PendingOffsets {
  /** By producer, then by group, then by partition. */
  readonly #byProducer = new Map<number, Map<string, Changes>>()
  /** The producers with pending offsets of a group. */
  readonly #producersOf = new Map<string, Set<number>>()

  add(producerId: number, groupId: string, changes: readonly OffsetChange[]): void {
    const groups = this.#byProducer.get(producerId) ?? new Map<string, Changes>()
    this.#byProducer.set(producerId, groups)
    const pending: Changes = groups.get(groupId) ?? new Map<string, OffsetChange>()
    groups.set(groupId, pending)
    for (const change of changes) pending.set(nameOf(change), change)
    const producers = this.#producersOf.get(groupId) ?? new Set()
    this.#producersOf.set(groupId, producers.add(producerId))
  }

  /** Outside of a transaction a later offset was committed: it stays the last one. */
  supersede(groupId: string, key: OffsetKey): void {
    for (const producerId of this.#producersOf.get(groupId) ?? []) {
      this.#byProducer.get(producerId)?.get(groupId)?.delete(nameOf(key))
    }
  }

  /** The transaction has ended: what was pending in it, by group. */
  take(producerId: number): [string, readonly OffsetChange[]][] {
    const groups = this.#byProducer.get(producerId)
    if (groups === undefined) return []
    this.#byProducer.delete(producerId)
    for (const groupId of groups.keys()) {
      const producers = this.#producersOf.get(groupId)
      producers?.delete(producerId)
      if (producers?.size === 0) this.#producersOf.delete(groupId)
    }
    return Array.from(groups, ([groupId, changes]) => [groupId, [...changes.values()]])
  }

  hasGroup(groupId: string): boolean {
    return this.#producersOf.has(groupId)
  }

  has(groupId: string, key: OffsetKey): boolean {
    const name = nameOf(key)
    for (const producerId of this.#producersOf.get(groupId) ?? []) {
      if (this.#byProducer.get(producerId)?.get(groupId)?.has(name) === true) return true
    }
    return false
  }

  /** Every partition of the group that has a pending offset, once. */
  keys(groupId: string): OffsetKey[] {
    const keys = new Map<string, OffsetKey>()
    for (const producerId of this.#producersOf.get(groupId) ?? []) {
      for (const [name, change] of this.#byProducer.get(producerId)?.get(groupId) ?? []) {
        keys.set(name, change)
      }
    }
    return [...keys.values()]
  }
}

function nameOf({ topic, partition }: OffsetKey): string {
  return `${partition}/${topic}`
}
