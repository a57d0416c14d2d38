// The range assignor of Kafka's consumers: each topic's partitions, in order, in equal runs to the
// members that subscribe to it, in the order of their ids. Pure.

import type { TopicPartition } from './offsets.ts'

export interface Subscriber {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
}

/**
 * The partitions of each member. Topics without a known number of partitions are given to nobody.
 */
export function assignRanges(
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(
    subscribers.map(({ memberId }) => [memberId, []]),
  )
  const ordered = [...subscribers].sort(byIdentity)
  for (const [topic, count] of partitionCounts) {
    const members = ordered.filter(({ topics }) => topics.includes(topic))
    const each = Math.floor(count / members.length)
    const extra = count % members.length
    let next = 0
    for (const [index, { memberId }] of members.entries()) {
      const end = next + each + (index < extra ? 1 : 0)
      for (; next < end; next++) assigned.get(memberId)?.push({ topic, partition: next })
    }
  }
  return assigned
}

/** Static members first, by their instance ids, which outlive their member ids; then the others. */
function byIdentity(a: Subscriber, b: Subscriber): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) {
    return compare(a.groupInstanceId, b.groupInstanceId)
  }
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
