// Guards of what makes, changes, removes and shows topics. A topic that the caller may not see is
// told in the same way whether it exists or not.

import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import type { ResponseOf } from '../../handlers/handler.ts'
import { operationsNotAsked } from '../acl.ts'
import type { Rights } from '../authorizer.ts'
import { type Guard, type GuardContext, split, topicNameOf } from '../guard.ts'

const topicDenied = {
  errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: errorByName('TOPIC_AUTHORIZATION_FAILED').text,
}
const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

export const metadata: Guard<'metadata'> = (request, rights, context) => {
  const asked = request.topics ?? []
  const [visible, hidden] = split(asked, (topic) => {
    const name = topicNameOf(topic, context)
    return name === null || rights.can('DESCRIBE', 'TOPIC', name)
  })
  const mayCreateAll = rights.canOnCluster('CREATE')
  const [topics, notMade] = split(visible, ({ name }) => {
    const isMissing = name !== null && name !== '' && !context.image.topicsByName.has(name)
    if (!isMissing || !request.allowAutoTopicCreation || mayCreateAll) return true
    return rights.can('CREATE', 'TOPIC', name)
  })
  const refused = [...hidden, ...notMade].map(({ name, topicId }) => {
    // A name that only belongs to an id is not told.
    const byId = topicId !== zeroUuid
    return {
      errorCode: byId ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.TOPIC_AUTHORIZATION_FAILED,
      name: byId ? null : name,
      topicId,
      partitions: [],
    }
  })
  const isAll = request.topics === null || (context.apiVersion === 0 && asked.length === 0)
  return {
    request: isAll ? request : { ...request, topics },
    complete: (response) => ({
      ...response,
      ...clusterOperations(response.clusterAuthorizedOperations, rights),
      topics: [...response.topics.filter((topic) => mayShow(topic, rights)), ...refused].map(
        (topic) => withOperations(topic, rights),
      ),
    }),
  }
}

type TopicMetadata = ResponseOf<'metadata'>['topics'][number]

function mayShow({ name }: TopicMetadata, rights: Rights): boolean {
  return name === null || name === undefined || rights.can('DESCRIBE', 'TOPIC', name)
}

function withOperations<
  T extends {
    readonly name?: string | null | undefined
    readonly topicAuthorizedOperations?: number | undefined
  },
>(topic: T, rights: Rights): T {
  const { name, topicAuthorizedOperations: wanted } = topic
  if (
    name === null ||
    name === undefined ||
    wanted === undefined ||
    wanted === operationsNotAsked
  ) {
    return topic
  }
  return { ...topic, topicAuthorizedOperations: rights.bits(wanted, 'TOPIC', name) }
}

export function clusterOperations(wanted: number | undefined, rights: Rights) {
  if (wanted === undefined || wanted === operationsNotAsked) return {}
  return { clusterAuthorizedOperations: rights.bits(wanted, 'CLUSTER', 'kafka-cluster') }
}

export const describeTopicPartitions: Guard<'describeTopicPartitions'> = (
  request,
  rights,
  { image },
) => {
  const all = request.topics.length === 0
  const [topics, hidden] = all
    ? [[...image.topicsByName.keys()].filter((name) => rights.can('DESCRIBE', 'TOPIC', name)), []]
    : split(
        request.topics.map(({ name }) => name),
        (name) => rights.can('DESCRIBE', 'TOPIC', name),
      )
  const refused = hidden.map((name) => ({
    errorCode: topicDenied.errorCode,
    name,
    topicId: zeroUuid,
    partitions: [],
  }))
  // An empty list would ask for every topic.
  if (topics.length === 0) return { response: { topics: refused } }
  return {
    request: { ...request, topics: topics.map((name) => ({ name })) },
    complete: (response) => ({
      ...response,
      topics: [...response.topics.map((topic) => withOperations(topic, rights)), ...refused],
    }),
  }
}

export const createTopics: Guard<'createTopics'> = (request, rights) => {
  const mayCreateAll = rights.canOnCluster('CREATE')
  const [topics, denied] = split(
    request.topics,
    ({ name }) => mayCreateAll || rights.can('CREATE', 'TOPIC', name),
  )
  const refused = denied.map(({ name }) => ({ name, ...topicDenied }))
  return {
    request: { ...request, topics },
    complete: (response) => ({
      ...response,
      topics: [...response.topics.map((topic) => withoutConfigs(topic, rights)), ...refused],
    }),
  }
}

/** What a new topic's configs are is for those who may describe them (KIP-525). */
function withoutConfigs(topic: ResponseOf<'createTopics'>['topics'][number], rights: Rights) {
  if (rights.can('DESCRIBE_CONFIGS', 'TOPIC', topic.name)) return topic
  return {
    ...topic,
    topicConfigErrorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
    numPartitions: -1,
    replicationFactor: -1,
    configs: null,
  }
}

export const deleteTopics: Guard<'deleteTopics'> = (request, rights, context) => {
  const byName = split(request.topicNames, (name) => rights.can('DELETE', 'TOPIC', name))
  const byEither = split(request.topics, (topic) => {
    const name = topicNameOf(topic, context)
    return name === null || rights.can('DELETE', 'TOPIC', name)
  })
  const refusedNames = byName[1].map((name) => ({ name, ...topicDenied }))
  const refused = byEither[1].map(({ name, topicId }) => ({
    name: visibleName({ name, topicId }, rights, context),
    topicId,
    ...topicDenied,
  }))
  return {
    request: { ...request, topics: byEither[0], topicNames: byName[0] },
    complete: (response) => ({
      ...response,
      responses: [...response.responses, ...refusedNames, ...refused],
    }),
  }
}

function visibleName(
  topic: { readonly name: string | null; readonly topicId: string },
  rights: Rights,
  context: GuardContext,
): string | null {
  if (topic.name !== null) return topic.name
  const name = topicNameOf(topic, context)
  return name !== null && rights.can('DESCRIBE', 'TOPIC', name) ? name : null
}

export const createPartitions: Guard<'createPartitions'> = (request, rights) => {
  const [topics, denied] = split(request.topics, ({ name }) => rights.can('ALTER', 'TOPIC', name))
  const refused = denied.map(({ name }) => ({ name, ...topicDenied }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, results: [...response.results, ...refused] }),
  }
}
