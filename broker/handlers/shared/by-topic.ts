// Puts results of single partitions together by topic, as most responses have them: topics in the
// order in which they first come, their partitions in the order given.

import type { PartitionReference } from '@samsa/controller/requests'

export interface OfTopic<R> {
  readonly topic: string
  readonly partitions: readonly R[]
}

export function byTopic<R extends PartitionReference>(results: readonly R[]): OfTopic<R>[] {
  const topics = new Map<string, R[]>()
  for (const result of results) {
    const partitions = topics.get(result.topic)
    if (partitions === undefined) topics.set(result.topic, [result])
    else partitions.push(result)
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
