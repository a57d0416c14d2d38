// AddRaftVoter (key 80), versions 0-1: makes a controller that runs and follows already a voter of
// the quorum (KIP-853). A voter is a node id with the id of its metadata directory: a wiped disk is
// another voter.
// Differs from Kafka: the listeners are where the controller speaks gRPC, as our quorum does not
// speak Kafka's protocol; the answer waits for the commit, also where version 1 asks for less.

import type { Endpoint } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler, RequestOf } from './handler.ts'
import { askController, errorFields } from './shared/ask-controller.ts'
import { otherCluster } from './shared/other-cluster.ts'

export const addRaftVoter: Handler<'addRaftVoter'> = async (request, services) => {
  const { clusterId, voterId, voterDirectoryId, timeoutMs } = request
  const refusal = otherCluster(clusterId, services)
  if (refusal !== null) return errorFields(refusal)
  const endpoints = request.listeners.map(endpointOf)
  const voter = { nodeId: voterId, directoryId: voterDirectoryId, endpoints }
  const asked = await askController(services, timeoutMs, () => services.controller.addVoter(voter))
  if (asked.type === 'refused') return errorFields(asked.outcome)
  return { errorCode: errorCodes.NONE, errorMessage: null }
}

/** The protocol of the request cannot say how a listener is secured. */
function endpointOf({
  name,
  host,
  port,
}: RequestOf<'addRaftVoter'>['listeners'][number]): Endpoint {
  return { listener: name, host, port, securityProtocol: 'PLAINTEXT' }
}
