// Guards of the data path: Produce, Fetch, and what tells of offsets in partitions.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { type Guard, split, topicNameOf, UnansweredRefusal } from '../guard.ts'

export const produce: Guard<'produce'> = (request, rights, context) => {
  const { transactionalId, topicData } = request
  const mayTransact =
    transactionalId === null || rights.can('WRITE', 'TRANSACTIONAL_ID', transactionalId)
  const [allowed, denied] = split(topicData, (topic) => {
    const name = topicNameOf(topic, context)
    return mayTransact && (name === null || rights.can('WRITE', 'TOPIC', name))
  })
  if (denied.length === 0) return { request }
  if (request.acks === 0) throw new UnansweredRefusal('a record was produced without the right to')
  const errorCode = mayTransact
    ? errorCodes.TOPIC_AUTHORIZATION_FAILED
    : errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  const refused = denied.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
  }))
  if (allowed.length === 0) return { response: { responses: refused } }
  return {
    request: { ...request, topicData: allowed },
    complete: (response) => ({ ...response, responses: [...response.responses, ...refused] }),
  }
}

export const fetch: Guard<'fetch'> = (request, rights, context) => {
  // Whoever says that they are a replica must be a node (CVE-2018-1288).
  const isReplica = request.replicaId >= 0 || request.replicaState.replicaId >= 0
  const mayReplicate = isReplica && rights.canOnCluster('CLUSTER_ACTION')
  const [allowed, denied] = split(request.topics, (topic) => {
    if (isReplica) return mayReplicate
    const name = topicNameOf({ name: topic.topic, topicId: topic.topicId }, context)
    return name === null || rights.can('READ', 'TOPIC', name)
  })
  if (denied.length === 0) return { request }
  const refused = denied.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
      highWatermark: -1,
      abortedTransactions: null,
      records: null,
    })),
  }))
  if (allowed.length === 0) {
    return { response: { errorCode: errorCodes.NONE, responses: refused } }
  }
  return {
    request: { ...request, topics: allowed },
    complete: (response) => ({ ...response, responses: [...response.responses, ...refused] }),
  }
}

export const listOffsets: Guard<'listOffsets'> = (request, rights) => {
  const [topics, denied] = split(request.topics, ({ name }) =>
    rights.can('DESCRIBE', 'TOPIC', name),
  )
  const refused = denied.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
    })),
  }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

export const offsetForLeaderEpoch: Guard<'offsetForLeaderEpoch'> = (request, rights) => {
  const mayReplicate = rights.canOnCluster('CLUSTER_ACTION')
  const [topics, denied] = split(
    request.topics,
    ({ topic }) => mayReplicate || rights.can('DESCRIBE', 'TOPIC', topic),
  )
  const refused = denied.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition }) => ({
      partition,
      errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
    })),
  }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

export const deleteRecords: Guard<'deleteRecords'> = (request, rights) => {
  const [topics, denied] = split(request.topics, ({ name }) => rights.can('DELETE', 'TOPIC', name))
  const refused = denied.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      lowWatermark: -1,
      errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
    })),
  }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

export const describeProducers: Guard<'describeProducers'> = (request, rights) => {
  const [topics, denied] = split(request.topics, ({ name }) => rights.can('READ', 'TOPIC', name))
  const refused = denied.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      errorCode: errorCodes.TOPIC_AUTHORIZATION_FAILED,
      activeProducers: [],
    })),
  }))
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}
