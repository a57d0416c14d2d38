// The replica that a consumer should read from instead of the leader: one of its own rack
// (KIP-392). Kafka names the choice by a Java class; its RackAwareReplicaSelector is the one there
// is.

import type { BrokerId } from '@samsa/controller/image'
import type { Leading } from '../../replica/leading.ts'
import type { Services } from '../../services.ts'

export const rackAwareSelector = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

export interface Reader {
  readonly rack: string
  readonly fetchOffset: number
}

/** Null: the leader itself. Only in-sync replicas that have the offset, the furthest first. */
export function nearestReplica(
  leading: Leading,
  { rack, fetchOffset }: Reader,
  services: Services,
): BrokerId | null {
  if (rack === '' || services.config().replicaSelectorClass !== rackAwareSelector) return null
  const { brokers } = services.metadata()
  if (brokers.get(services.nodeId)?.rack === rack) return null
  let best: { readonly id: BrokerId; readonly end: number } | null = null
  for (const { brokerId, logEndOffset, isFollowing } of leading.followers) {
    const broker = brokers.get(brokerId)
    const isThere = broker?.rack === rack && !broker.fenced && !broker.inControlledShutdown
    if (!isThere || !isFollowing || !leading.isr.includes(brokerId)) continue
    if (logEndOffset < fetchOffset) continue
    if (best === null || logEndOffset > best.end) best = { id: brokerId, end: logEndOffset }
  }
  return best?.id ?? null
}
