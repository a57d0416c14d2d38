// Which replicas partitions should have when their number is to change. Pure. Replicas that are
// there stay, as far as there may be so many, and the leader stays first; more go to the brokers
// with the fewest, in racks that the partition does not have yet.

import type { BrokerFacts, Reassignment } from '../cluster/admin.ts'
import type { PartitionFacts } from './facts.ts'

export interface ReplicaPlan {
  readonly moves: readonly Reassignment[]
  readonly problem: string | null
}

export function planReplicas(
  partitions: readonly PartitionFacts[],
  wanted: number,
  brokers: readonly BrokerFacts[],
  all: readonly PartitionFacts[],
): ReplicaPlan {
  const usable = brokers.filter(({ isFenced }) => !isFenced)
  if (wanted > usable.length) {
    const problem = `${wanted} replicas are wanted, and ${usable.length} brokers are there`
    return { moves: [], problem }
  }
  const load = new Map(usable.map(({ id }) => [id, 0]))
  for (const { replicas } of all) {
    for (const id of replicas) load.set(id, (load.get(id) ?? 0) + 1)
  }
  const moves = partitions.flatMap(({ topic, index, replicas, isr }) => {
    if (replicas.length === wanted) return []
    // Members of the ISR are worth more than others, the leader's place is the first.
    const ranked = [...replicas].sort((a, b) => Number(isr.includes(b)) - Number(isr.includes(a)))
    const kept = ranked.slice(0, wanted)
    const ordered = replicas.filter((id) => kept.includes(id))
    while (ordered.length < wanted) ordered.push(best(ordered, usable, load))
    return [{ topic, partition: index, replicas: ordered }]
  })
  return { moves, problem: null }
}

function best(
  have: readonly number[],
  usable: readonly BrokerFacts[],
  load: Map<number, number>,
): number {
  const racks = new Set(usable.flatMap(({ id, rack }) => (have.includes(id) && rack ? [rack] : [])))
  const rank = ({ id, rack }: BrokerFacts) =>
    (load.get(id) ?? 0) + (rack !== null && racks.has(rack) ? 1e9 : 0)
  const [chosen] = usable
    .filter(({ id }) => !have.includes(id))
    .sort((a, b) => rank(a) - rank(b) || a.id - b.id)
  if (chosen === undefined) throw new Error('there are fewer brokers than replicas')
  load.set(chosen.id, (load.get(chosen.id) ?? 0) + 1)
  return chosen.id
}
