// DescribeCluster (key 60), versions 0-2: cluster id, controller and brokers (KIP-700), on request
// also those that are fenced (KIP-1073, v2). Only brokers are told of here: a client that wants
// controllers (KIP-919) is at the wrong door. Differs from Kafka: controllerId is the active
// controller if that is a broker too, where Kafka names any broker.

import type { BrokerImage } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { operationsNotAsked } from '../authorization/acl.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { allClusterOperations } from './shared/authorized-operations.ts'
import { endpointOf, ListenerView } from './shared/topic-view.ts'

const endpointTypes = { broker: 1, controller: 2 } as const

export const describeCluster: Handler<'describeCluster'> = (request, services, { listener }) => {
  const image = services.metadata()
  const refusal = endpointTypeProblem(request, image.clusterId)
  if (refusal !== null) return refusal
  const brokers = [...image.brokers.values()].filter(
    ({ fenced }) => !fenced || request.includeFencedBrokers,
  )
  return {
    errorCode: errorCodes.NONE,
    clusterId: image.clusterId,
    controllerId: new ListenerView(image, listener).controllerId(),
    brokers: brokers.flatMap((broker) => brokerOf(broker, listener)),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? allClusterOperations
      : operationsNotAsked,
  }
}

function endpointTypeProblem(
  { endpointType }: RequestOf<'describeCluster'>,
  clusterId: string,
): ResponseOf<'describeCluster'> | null {
  const refusal = { clusterId, controllerId: -1, brokers: [] }
  switch (endpointType) {
    case endpointTypes.broker:
      return null
    case endpointTypes.controller:
      return {
        ...refusal,
        errorCode: errorCodes.MISMATCHED_ENDPOINT_TYPE,
        errorMessage:
          'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
      }
    default:
      return {
        ...refusal,
        errorCode: errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: `Unsupported endpoint type ${endpointType}`,
      }
  }
}

/** Nothing for a broker that cannot be reached by the listener. */
function brokerOf(broker: BrokerImage, listener: string) {
  const endpoint = endpointOf(broker, listener)
  if (endpoint === undefined) return []
  const { host, port } = endpoint
  return [{ brokerId: broker.id, host, port, rack: broker.rack, isFenced: broker.fenced }]
}
