// Which node ids a cluster has, and which come and go with its spec. Pure. An id that is in use
// stays with its pool; a pool that grows takes the lowest free ids, one that shrinks gives up its
// highest. Ids are never moved between pools: volumes and registrations hang on them.

import type { ClusterNode, NodePool } from './names.ts'

/** An id that pods, volumes or the status know, and its pool. */
export interface KnownNode {
  readonly id: number
  readonly pool: string
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
    for (const [position, node] of own.entries()) {
      if (position < pool.replicas) wanted.push({ id: node.id, pool })
      else surplus.push(node)
    }
    for (let count = own.length; count < pool.replicas; count++) {
      const id = lowestFree(taken)
      taken.add(id)
      wanted.push({ id, pool })
    }
  }
  return { wanted: wanted.sort((a, b) => a.id - b.id), surplus }
}

function lowestFree(taken: ReadonlySet<number>): number {
  let id = 0
  while (taken.has(id)) id++
  return id
}
