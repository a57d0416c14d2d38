// Which kinds of groups the cluster has agreed to serve, by its finalized features.

import { groupVersion } from '@samsa/controller/features'
import type { Services } from '../../services.ts'

/** KIP-848 */
export function servesConsumerGroups(services: Pick<Services, 'metadata'>): boolean {
  return (services.metadata().features.get(groupVersion.name) ?? 0) >= 1
}
