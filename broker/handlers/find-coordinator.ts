// FindCoordinator (key 10), versions 0-6: which broker keeps a group, or a
// transactional id (key type 1). Several keys at once from v4
// on, each with its own error (KIP-699). The first request makes
// `__consumer_offsets` or `__transaction_state`.
// Differs from Kafka: the request that makes the topic is answered once it is there, not with
// COORDINATOR_NOT_AVAILABLE; coordinators of share groups (key type 2) are not served:
// INVALID_REQUEST, which no client retries.

import type { MetadataImage } from '@samsa/controller/image'
import { offsetsTopic, transactionTopic } from '@samsa/controller/topic-names'
import { errorByName, errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestContext } from './handler.ts'
import { errorText } from './shared/ask-controller.ts'
import { autoCreateTopics } from './shared/auto-create.ts'
import { endpointOf } from './shared/topic-view.ts'

const groupKeyType = 0
const transactionKeyType = 1
const batchedSince = 4

interface Found {
  readonly errorCode: number
  readonly errorMessage: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export const findCoordinator: Handler<'findCoordinator'> = async (request, services, context) => {
  const isBatched = context.apiVersion >= batchedSince
  const keys = isBatched ? request.coordinatorKeys : [request.key]
  const find = await finder(request.keyType, services, context)
  const coordinators = keys.map((key) => ({ key, ...find(key) }))
  const [only] = coordinators
  if (isBatched || only === undefined) return { coordinators }
  const { key: _, ...found } = only
  // Kafka names the absence of an error here, and only here.
  return found.errorCode === errorCodes.NONE ? { ...found, errorMessage: 'NONE' } : found
}

/** What answers for each key; decided once for all of them. */
async function finder(
  keyType: number,
  services: Services,
  context: RequestContext,
): Promise<(key: string) => Found> {
  if (keyType !== groupKeyType && keyType !== transactionKeyType) {
    return () => notFound('INVALID_REQUEST', `Coordinators of type ${keyType} are not served.`)
  }
  const keptIn = keyType === groupKeyType ? offsetsTopic : transactionTopic
  const problem = await topicProblem(keptIn, services)
  if (problem !== null) return () => notFound('COORDINATOR_NOT_AVAILABLE', problem)
  const image = services.metadata()
  const coordinator = keyType === groupKeyType ? services.groups : services.transactions
  return (key) => keeperOf(keptIn, coordinator.partitionFor(key), image, context)
}

function notFound(error: KafkaErrorName, message: string): Found {
  return { errorCode: errorCodes[error], errorMessage: message, nodeId: -1, host: '', port: -1 }
}

/** The broker that leads the partition, where this listener's clients reach it. */
function keeperOf(
  name: string,
  index: number,
  image: MetadataImage,
  { listener }: RequestContext,
): Found {
  const topic = image.topicsByName.get(name)
  const partition = topic?.partitions.find((candidate) => candidate.index === index)
  const broker = partition === undefined ? undefined : image.brokers.get(partition.leader)
  const endpoint = broker === undefined ? undefined : endpointOf(broker, listener)
  if (broker === undefined || broker.fenced || endpoint === undefined) {
    const error = 'COORDINATOR_NOT_AVAILABLE'
    return notFound(error, errorByName(error).text)
  }
  const { host, port } = endpoint
  return { errorCode: errorCodes.NONE, errorMessage: '', nodeId: broker.id, host, port }
}

/** Makes the topic where there is none; a sentence when that cannot be done. */
async function topicProblem(name: string, services: Services): Promise<string | null> {
  if (services.metadata().topicsByName.has(name)) return null
  const asked = await autoCreateTopics(services, [name])
  const outcome = asked.type === 'refused' ? asked.outcome : asked.answer[0]
  if (outcome === undefined || outcome.error === 'NONE') return null
  // Another request of the same moment was quicker.
  return outcome.error === 'TOPIC_ALREADY_EXISTS' ? null : errorText(outcome)
}
