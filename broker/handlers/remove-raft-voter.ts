// RemoveRaftVoter (key 81), version 0: takes a controller out of the voters of the quorum
// (KIP-853). The process goes on and follows.
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { errorFields, refusable } from './shared/ask-controller.ts'
import { otherCluster } from './shared/other-cluster.ts'

export const removeRaftVoter: Handler<'removeRaftVoter'> = async (request, services) => {
  const { clusterId, voterId, voterDirectoryId } = request
  const refusal = otherCluster(clusterId, services)
  if (refusal !== null) return errorFields(refusal)
  const voter = { nodeId: voterId, directoryId: voterDirectoryId }
  const asked = await refusable(services.controller.removeVoter(voter))
  if (asked.type === 'refused') return errorFields(asked.outcome)
  return { errorCode: errorCodes.NONE, errorMessage: null }
}
