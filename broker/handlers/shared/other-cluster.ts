// Requests to change the quorum name the cluster that they mean, so that one sent to the wrong
// place changes nothing.

import type { Outcome } from '@samsa/controller/requests'
import type { Services } from '../../services.ts'

/** Why the request is refused; null when it means this cluster, or whichever it reaches. */
export function otherCluster(clusterId: string | null, services: Services): Outcome | null {
  const own = services.metadata().clusterId
  if (clusterId === null || clusterId === own) return null
  const message = `The given id "${clusterId}" doesn't match the cluster id "${own}"`
  return { error: 'INCONSISTENT_CLUSTER_ID', message }
}
