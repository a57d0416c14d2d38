// One number for all that a group knows of its topics: when it changes, the group is due for a new
// assignment (KIP-1101). Only ever held against itself, so that it need not be Kafka's xxh3.

import type { TopicsView } from '../topics-view.ts'

/** FNV-1a's prime and basis, 64 bits. */
const prime = 0x100000001b3n
const basis = 0xcbf29ce484222325n

/** 0 when none of the topics exists. Includes their ids and partition counts. */
export function metadataHash(subscribed: Iterable<string>, topics: TopicsView): bigint {
  const parts: string[] = []
  for (const name of subscribed) {
    const topic = topics.byName(name)
    if (topic !== undefined) parts.push(`${name} ${topic.id} ${topic.partitionCount}`)
  }
  if (parts.length === 0) return 0n
  let hash = basis
  for (const byte of Buffer.from(parts.sort().join('\n'))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime)
  }
  return BigInt.asIntN(64, hash)
}
