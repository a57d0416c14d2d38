// Metadata (key 3), versions 0-13: which brokers and topics there are, and who leads each
// partition. Version 0: an empty list is all topics; from 1 on null is, and an empty list is none.
// KIP-516 topics by id (v12), KIP-430 authorized operations. A missing topic is made if the request
// and auto.create.topics.enable allow it; it is there when the client asks again, as in Kafka.
// Differs from Kafka: controllerId is the active controller if that is a broker too, where Kafka
// names any broker.

import type { TopicImage } from '@samsa/controller/image'
import { topicNameProblem } from '@samsa/controller/topic-names'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { operationsNotAsked } from '../authorization/acl.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { allClusterOperations, allTopicOperations } from './shared/authorized-operations.ts'
import { autoCreateTopics } from './shared/auto-create.ts'
import { ListenerView, missingTopicFields, topicFields } from './shared/topic-view.ts'

type Request = RequestOf<'metadata'>
type Topic = ResponseOf<'metadata'>['topics'][number]
type Partition = Topic['partitions'][number]

/** The first version whose requests may name topics by id. */
const topicIdsSince = 12

export const metadata: Handler<'metadata'> = async (
  request,
  services,
  { apiVersion, listener },
) => {
  const { topics } = request
  const image = services.metadata()
  const view = new ListenerView(image, listener)
  const wantsAll = topics === null || (apiVersion === 0 && topics.length === 0)
  const asTopic = topicBuilder(view, request, apiVersion)
  if (wantsAll) {
    return response(view, request, [...image.topicsByName.values()].map(asTopic))
  }
  if (apiVersion < topicIdsSince && topics.some(({ name }) => name === null)) {
    return response(
      view,
      request,
      topics.map(() => withoutName(errorCodes.INVALID_REQUEST)),
    )
  }
  // Once an id is given, names are not looked at.
  const ids = new Set(topics.map(({ topicId }) => topicId).filter((id) => id !== zeroUuid))
  if (ids.size > 0 && apiVersion >= topicIdsSince) {
    const found = [...ids].map((id) => {
      const topic = image.topicsById.get(id)
      return topic === undefined ? withoutName(errorCodes.UNKNOWN_TOPIC_ID, id) : asTopic(topic)
    })
    return response(view, request, found)
  }
  const names = new Set(topics.map(({ name }) => name))
  await createMissing(services, request, names)
  const found = [...names].map((name) => {
    if (name === null) return withoutName(errorCodes.INVALID_REQUEST)
    const topic = image.topicsByName.get(name)
    return topic === undefined ? missing(name, request) : asTopic(topic)
  })
  return response(view, request, found)
}

function response(view: ListenerView, request: Request, topics: Topic[]): ResponseOf<'metadata'> {
  return {
    brokers: view.aliveBrokers().map(({ broker, endpoint }) => ({
      nodeId: broker.id,
      host: endpoint.host,
      port: endpoint.port,
      rack: broker.rack,
    })),
    clusterId: view.image.clusterId,
    controllerId: view.controllerId(),
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? allClusterOperations
      : operationsNotAsked,
  }
}

function topicBuilder(
  view: ListenerView,
  request: Request,
  apiVersion: number,
): (topic: TopicImage) => Topic {
  const topicAuthorizedOperations = topicOperations(request)
  const partition =
    apiVersion === 0 ? firstVersionPartition(view) : partitionBuilder(view, apiVersion)
  return (topic) => ({
    ...topicFields(topic),
    partitions: topic.partitions.map(partition),
    topicAuthorizedOperations,
  })
}

/** Before version 6 a leader without the listener is as good as none (KIP-302). */
function partitionBuilder(view: ListenerView, apiVersion: number) {
  return (image: TopicImage['partitions'][number]): Partition => {
    const partition = view.partition(image)
    return apiVersion < 6 && partition.errorCode === errorCodes.LISTENER_NOT_FOUND
      ? { ...partition, errorCode: errorCodes.LEADER_NOT_AVAILABLE }
      : partition
  }
}

/** Version 0 names only brokers that are alive, and says so where that leaves any out. */
function firstVersionPartition(view: ListenerView) {
  const build = partitionBuilder(view, 0)
  return (image: TopicImage['partitions'][number]): Partition => {
    const partition = build(image)
    const replicaNodes = view.alive(image.replicas)
    const isrNodes = view.alive(image.isr)
    const incomplete =
      replicaNodes.length < image.replicas.length || isrNodes.length < image.isr.length
    const errorCode =
      partition.errorCode === errorCodes.NONE && incomplete
        ? errorCodes.REPLICA_NOT_AVAILABLE
        : partition.errorCode
    return { ...partition, errorCode, replicaNodes, isrNodes }
  }
}

function topicOperations(request: Request): number {
  return request.includeTopicAuthorizedOperations ? allTopicOperations : operationsNotAsked
}

function missing(name: string, request: Request): Topic {
  return {
    ...missingTopicFields(name),
    partitions: [],
    topicAuthorizedOperations: topicOperations(request),
  }
}

/**
 * Only versions that may name topics by id can leave the name out; the others say it as an empty
 * one.
 */
function withoutName(errorCode: number, topicId = zeroUuid): Topic {
  const name = topicId === zeroUuid ? '' : null
  return { errorCode, name, topicId, isInternal: false, partitions: [] }
}

/**
 * The answer does not have them yet, as in Kafka. It waits for them all the same: a client that
 * asks again finds them, and one that asks for ever more is held back.
 */
async function createMissing(
  services: Services,
  request: Request,
  names: ReadonlySet<string | null>,
): Promise<void> {
  if (!request.allowAutoTopicCreation || !services.config().autoCreateTopicsEnable) return
  const { topicsByName } = services.metadata()
  const creatable = [...names].filter(
    (name): name is string =>
      name !== null && !topicsByName.has(name) && topicNameProblem(name) === null,
  )
  // If it is refused, the client's next request tries it again.
  if (creatable.length > 0) await autoCreateTopics(services, creatable)
}
