// What decides about a topic's partitions: its min.insync.replicas and whether an unclean election
// is allowed, as the controller sees them. What single brokers are configured with does not count:
// a replica is eligible to lead (KIP-966) if the high watermark stood still without it, and a
// broker that wants more in-sync replicas than the controller thinks is on the safe side of that.

import type { TopicDefaults } from '../decision.ts'
import { eligibleLeaders, minInsyncReplicasUnset } from '../features.ts'
import { configOverrides, type MetadataImage } from '../image.ts'

export const minInsyncReplicasConfig = 'min.insync.replicas'
export const uncleanElectionConfig = 'unclean.leader.election.enable'

export interface TopicRules {
  readonly minInsyncReplicas: number
  readonly uncleanElection: boolean
  /** Whether replicas that left the ISR below min.insync.replicas are remembered (KIP-966). */
  readonly eligibleLeaders: boolean
}

export function hasEligibleLeaders(image: MetadataImage): boolean {
  return (image.features.get(eligibleLeaders.name) ?? 0) > 0
}

export function topicRules(
  image: MetadataImage,
  topicName: string,
  defaults: TopicDefaults,
): TopicRules {
  const overrides = configOverrides(image, 'topic', topicName)
  const cluster = configOverrides(image, 'broker', '')
  const config = (name: string) => overrides.get(name) ?? cluster.get(name)
  const unclean = config(uncleanElectionConfig)?.trim().toLowerCase()
  return {
    minInsyncReplicas: Number(config(minInsyncReplicasConfig) ?? minInsyncReplicasUnset),
    uncleanElection: unclean === undefined ? defaults.uncleanLeaderElection : unclean === 'true',
    eligibleLeaders: hasEligibleLeaders(image),
  }
}
