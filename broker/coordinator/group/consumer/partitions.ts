// Sets of partitions by topic id: what members are to have, and what they have with the epoch at
// which they were given it. Values; every function makes a new one.

export type Partitions = ReadonlyMap<string, ReadonlySet<number>>

/** The member epoch at which each partition was assigned (KIP-1251), by topic id. */
export type AssignedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

export const noPartitions: ReadonlyMap<string, never> = new Map<string, never>()

interface Keyed {
  readonly size: number
  has(partition: number): boolean
  keys(): IterableIterator<number>
}

/** Whether both have the same partitions, whatever their epochs. */
export function samePartitions(
  a: ReadonlyMap<string, Keyed>,
  b: ReadonlyMap<string, Keyed>,
): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others === undefined || others.size !== partitions.size) return false
    for (const partition of partitions.keys()) if (!others.has(partition)) return false
  }
  return true
}

export function sameAssigned(a: AssignedPartitions, b: AssignedPartitions): boolean {
  if (!samePartitions(a, b)) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    for (const [partition, epoch] of partitions) if (others?.get(partition) !== epoch) return false
  }
  return true
}

export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function toPartitions(topics: readonly TopicPartitions[]): Partitions {
  const partitions = new Map<string, Set<number>>()
  for (const { topicId, partitions: indexes } of topics) {
    const known = partitions.get(topicId) ?? new Set()
    for (const index of indexes) known.add(index)
    if (known.size > 0) partitions.set(topicId, known)
  }
  return partitions
}

export function toTopicPartitions(partitions: ReadonlyMap<string, Keyed>) {
  return Array.from(partitions, ([topicId, indexes]) => ({
    topicId,
    partitions: [...indexes.keys()].sort((a, b) => a - b),
  }))
}

/** All of `partitions`, assigned at `epoch`. */
export function assignedAt(partitions: Partitions, epoch: number): AssignedPartitions {
  return new Map(
    Array.from(partitions, ([topicId, indexes]) => [
      topicId,
      new Map(Array.from(indexes, (index) => [index, epoch])),
    ]),
  )
}

/** Whether each of `topics`' partitions is in `partitions`. */
export function isWithin(
  topics: readonly TopicPartitions[],
  partitions: ReadonlyMap<string, Keyed>,
): boolean {
  return topics.every(({ topicId, partitions: indexes }) => {
    const within = partitions.get(topicId)
    return indexes.every((index) => within?.has(index) === true)
  })
}
