// Offsets that were committed as a part of transactions which have not ended yet, of all groups of
// one shard (KIP-98). They are durable, and count once the transaction is committed.

import type { OffsetChange, OffsetKey } from './offset-store.ts'

type Changes = Map<string, OffsetChange>

export class PendingOffsets {
  /** By producer, then by group, then by partition. */
  readonly #byProducer = new Map<number, Map<string, Changes>>()
  /** The producers with pending offsets of a group. */
  readonly #producersOf = new Map<string, Set<number>>()
  /**
   * Commits that are not known to be durable: by group and partition, how many. Whoever takes over
   * a partition must not go on from before them, since their transactions may yet be committed.
   */
  readonly #underWay = new Map<string, Map<string, number>>()

  /** The commit is about to be written. */
  begin(groupId: string, changes: readonly OffsetKey[]): void {
    const counts = this.#underWay.get(groupId) ?? new Map<string, number>()
    this.#underWay.set(groupId, counts)
    for (const change of changes) {
      const name = nameOf(change)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }

  /** The write of what began has ended. */
  end(groupId: string, changes: readonly OffsetKey[]): void {
    const counts = this.#underWay.get(groupId)
    for (const change of changes) {
      const name = nameOf(change)
      const count = (counts?.get(name) ?? 1) - 1
      if (count === 0) counts?.delete(name)
      else counts?.set(name, count)
    }
    if (counts?.size === 0) this.#underWay.delete(groupId)
  }

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

  /** Whether an offset is pending, or about to be. */
  has(groupId: string, key: OffsetKey): boolean {
    const name = nameOf(key)
    if (this.#underWay.get(groupId)?.has(name) === true) return true
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
