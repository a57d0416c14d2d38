// Which kinds of groups the cluster has agreed to serve, by its finalized features.

import { groupVersion, streamsVersion } from '@samsa/controller/features'
import type { Services } from '../../services.ts'

/** KIP-848 */
export function servesConsumerGroups(services: Pick<Services, 'metadata'>): boolean {
  return (services.metadata().features.get(groupVersion.name) ?? 0) >= 1
}

/** KIP-1071 */
export function servesStreamsGroups(services: Pick<Services, 'metadata'>): boolean {
  return (services.metadata().features.get(streamsVersion.name) ?? 0) >= 1
}
