// Where the replicas of brokers that leave should go. Pure. Each goes to the broker with the fewest
// replicas that has none of that partition yet, in another rack than the others where there is one;
// the order of replicas stays, so that leaders stay where they can.

import type { BrokerFacts, Reassignment } from '../cluster/admin.ts'
import type { PartitionFacts } from './facts.ts'

export interface DrainPlan {
  readonly moves: readonly Reassignment[]
  /** Why it cannot be done; null when it can. */
  readonly problem: string | null
}

export function planDrain(
  held: readonly PartitionFacts[],
  leaving: readonly number[],
  targets: readonly BrokerFacts[],
  all: readonly PartitionFacts[],
): DrainPlan {
  const load = new Map(targets.map(({ id }) => [id, 0]))
  for (const { replicas } of all) {
    for (const id of replicas) {
      const count = load.get(id)
      if (count !== undefined) load.set(id, count + 1)
    }
  }
  const moves: Reassignment[] = []
  for (const partition of held) {
    const stay = partition.replicas.filter((id) => !leaving.includes(id))
    const needed = partition.replicas.length - stay.length
    const chosen = choose(stay, needed, targets, load)
    if (chosen === null) {
      const { topic, index, replicas } = partition
      const problem =
        `${topic}-${index} has ${replicas.length} replicas, and only ${targets.length} brokers ` +
        'would be left: lower its replication factor or keep more brokers'
      return { moves: [], problem }
    }
    const fresh = [...chosen]
    const replicas = partition.replicas.map((id) =>
      leaving.includes(id) ? (fresh.shift() ?? id) : id,
    )
    moves.push({ topic: partition.topic, partition: partition.index, replicas })
  }
  return { moves, problem: null }
}

function choose(
  stay: readonly number[],
  needed: number,
  targets: readonly BrokerFacts[],
  load: Map<number, number>,
): number[] | null {
  const chosen: number[] = []
  const racks = new Set(
    targets.flatMap(({ id, rack }) => (stay.includes(id) && rack ? [rack] : [])),
  )
  for (let count = 0; count < needed; count++) {
    const free = targets.filter(({ id }) => !stay.includes(id) && !chosen.includes(id))
    const rank = ({ id, rack }: BrokerFacts) =>
      (load.get(id) ?? 0) + (rack !== null && racks.has(rack) ? 1e9 : 0)
    const [best] = free.sort((a, b) => rank(a) - rank(b) || a.id - b.id)
    if (best === undefined) return null
    chosen.push(best.id)
    load.set(best.id, (load.get(best.id) ?? 0) + 1)
    if (best.rack !== null) racks.add(best.rack)
  }
  return chosen
}
