// Which node ids a cluster has, which come and go with its spec, and in which zone each is. Pure.
// An id that is in use stays with its pool; a pool that grows takes the lowest free ids, one that
// shrinks gives up its highest. Ids are never moved between pools, nor nodes between zones: volumes
// and registrations hang on them.

import type { ClusterNode, NodePool } from './names.ts'

/** An id that pods, volumes or the status know, its pool, and its zone where it has one. */
export interface KnownNode {
  readonly id: number
  readonly pool: string
  readonly zone?: string
}

export interface NodePlan {
  /** What there should be. */
  readonly wanted: readonly ClusterNode[]
  /** What there is and should not be: to be drained and unregistered before it goes. */
  readonly surplus: readonly KnownNode[]
}

export function planNodes(pools: readonly NodePool[], known: readonly KnownNode[]): NodePlan {
  const taken = new Set(known.map(({ id }) => id))
  const wanted: ClusterNode[] = []
  const surplus = known.filter(({ pool }) => !pools.some(({ name }) => name === pool))
  for (const pool of pools) {
    const own = known.filter((node) => node.pool === pool.name).sort((a, b) => a.id - b.id)
    const zones = new Zones(pool.zones ?? [])
    for (const { zone } of own.slice(0, pool.replicas)) zones.take(zone)
    for (const [position, node] of own.entries()) {
      if (position >= pool.replicas) surplus.push(node)
      else wanted.push({ id: node.id, pool, zone: node.zone ?? zones.next() })
    }
    for (let count = own.length; count < pool.replicas; count++) {
      const id = lowestFree(taken)
      taken.add(id)
      wanted.push({ id, pool, zone: zones.next() })
    }
  }
  return { wanted: wanted.sort((a, b) => a.id - b.id), surplus }
}

function lowestFree(taken: ReadonlySet<number>): number {
  let id = 0
  while (taken.has(id)) id++
  return id
}

/** The zones of one pool; the next one is that with the fewest of its nodes, in the spec's order. */
class Zones {
  readonly #counts: Map<string, number>

  constructor(names: readonly string[]) {
    this.#counts = new Map(names.map((name) => [name, 0]))
  }

  take(zone: string | undefined): void {
    const count = zone === undefined ? undefined : this.#counts.get(zone)
    if (zone !== undefined && count !== undefined) this.#counts.set(zone, count + 1)
  }

  next(): string | null {
    const [least] = [...this.#counts].sort(([, a], [, b]) => a - b)
    if (least === undefined) return null
    this.take(least[0])
    return least[0]
  }
}
