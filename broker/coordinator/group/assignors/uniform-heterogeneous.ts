// The `uniform` assignor where members subscribe to different topics: topics with most partitions
// for each subscriber first, each partition to the subscriber that has least; then partitions move
// from full members to empty ones, topic by topic, until no topic can be made more even.

import type { AssignmentSpec } from './assignor.ts'
import { compareUuids } from './java-order.ts'
import { LoadBalancer } from './load-balancer.ts'

/** As Kafka's: rounds over all topics before it is good enough. */
const roundsMax = 16
const nobody = -1

export function assignHeterogeneous(spec: AssignmentSpec): Map<string, Map<string, Set<number>>> {
  const builder = new Builder(spec)
  return builder.topicIds.length === 0 ? new Map() : builder.build()
}

class Builder {
  readonly #spec: AssignmentSpec
  /** Members by their index in the spec, by topic. */
  readonly #subscribers = new Map<string, number[]>()
  readonly #sizes: number[]
  /** Who gets each partition, by topic. */
  readonly #owners = new Map<string, number[]>()
  readonly #balancer: LoadBalancer
  /** Subscribed topics, those with most partitions for a subscriber first. */
  readonly topicIds: readonly string[]

  constructor(spec: AssignmentSpec) {
    this.#spec = spec
    this.#sizes = spec.members.map(() => 0)
    this.#balancer = new LoadBalancer(this.#sizes)
    for (const [index, { topics }] of spec.members.entries()) {
      for (const topicId of topics) {
        const subscribers = this.#subscribers.get(topicId) ?? []
        subscribers.push(index)
        this.#subscribers.set(topicId, subscribers)
      }
    }
    this.topicIds = [...this.#subscribers.keys()].sort((a, b) => this.#compareTopics(a, b))
    for (const topicId of this.topicIds) {
      const length = spec.partitionCount(topicId)
      this.#owners.set(
        topicId,
        Array.from({ length }, () => nobody),
      )
    }
  }

  build(): Map<string, Map<string, Set<number>>> {
    this.#keepTargets()
    for (const topicId of this.topicIds) this.#assignFree(topicId)
    this.#balance()
    return this.#result()
  }

  #subscribersOf(topicId: string): number[] {
    return this.#subscribers.get(topicId) ?? []
  }

  #compareTopics(a: string, b: string): number {
    const [first, second] = [this.#subscribersOf(a).length, this.#subscribersOf(b).length]
    const byLoad = this.#spec.partitionCount(b) / second - this.#spec.partitionCount(a) / first
    if (byLoad !== 0) return byLoad
    return first - second || compareUuids(a, b)
  }

  #keepTargets(): void {
    for (const [index, { topics, target }] of this.#spec.members.entries()) {
      for (const [topicId, partitions] of target) {
        const owners = this.#owners.get(topicId)
        if (owners === undefined || !topics.has(topicId)) continue
        for (const partition of partitions) {
          if (partition < owners.length) this.#assign(topicId, partition, index)
        }
      }
    }
  }

  #assignFree(topicId: string): void {
    const owners = this.#owners.get(topicId) ?? []
    const free = [...owners.keys()].filter((partition) => owners[partition] === nobody)
    if (free.length === 0) return
    this.#balancer.begin(this.#subscribersOf(topicId))
    for (const partition of free) this.#assign(topicId, partition, this.#balancer.takeLeast())
  }

  #balance(): void {
    const topicIds = this.topicIds.filter((topicId) => this.#subscribersOf(topicId).length >= 2)
    let lastMoved = -1
    for (let round = 0; round < roundsMax; round++) {
      for (const [index, topicId] of topicIds.entries()) {
        // All the others have been gone over since, and none of them moved.
        if (index === lastMoved) return
        if (this.#balanceTopic(topicId) > 0 || lastMoved === -1) lastMoved = index
      }
    }
  }

  /** How many partitions moved. */
  #balanceTopic(topicId: string): number {
    if (this.#balancer.begin(this.#subscribersOf(topicId)) <= 1) return 0
    const held = this.#partitionsByOwner(topicId)
    let moved = 0
    while (!this.#balancer.isBalanced) {
      const partition = this.#takeFromFullest(held)
      if (partition === undefined) break
      const receiver = this.#balancer.takeLeast()
      if (this.#balancer.isBalanced) break
      this.#assign(topicId, partition, receiver)
      moved++
    }
    return moved
  }

  #partitionsByOwner(topicId: string): Map<number, number[]> {
    const held = new Map<number, number[]>()
    for (const [partition, owner] of (this.#owners.get(topicId) ?? []).entries()) {
      const partitions = held.get(owner) ?? []
      partitions.push(partition)
      held.set(owner, partitions)
    }
    return held
  }

  /** The last partition of the fullest member that has any of this topic. */
  #takeFromFullest(held: Map<number, number[]>): number | undefined {
    for (;;) {
      const fullest = this.#balancer.takeMost()
      if (fullest === nobody) return undefined
      const partition = held.get(fullest)?.pop()
      if (partition !== undefined) return partition
      this.#balancer.excludeMost()
    }
  }

  #assign(topicId: string, partition: number, member: number): void {
    const owners = this.#owners.get(topicId)
    if (owners === undefined) return
    const before = owners[partition] ?? nobody
    if (before !== nobody) this.#resize(before, -1)
    owners[partition] = member
    this.#resize(member, 1)
  }

  #resize(member: number, change: number): void {
    this.#sizes[member] = (this.#sizes[member] ?? 0) + change
  }

  #result(): Map<string, Map<string, Set<number>>> {
    const targets = this.#spec.members.map(() => new Map<string, Set<number>>())
    for (const [topicId, owners] of this.#owners) {
      for (const [partition, owner] of owners.entries()) {
        const target = targets[owner]
        const partitions = target?.get(topicId) ?? new Set()
        target?.set(topicId, partitions.add(partition))
      }
    }
    const ids = this.#spec.members.map(({ memberId }) => memberId)
    return new Map(targets.map((target, index) => [ids[index] ?? '', target]))
  }
}
