// Guards of transactions.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { type Guard, split } from '../guard.ts'

const errorCode = errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
const topicErrorCode = errorCodes.TOPIC_AUTHORIZATION_FAILED
const groupErrorCode = errorCodes.GROUP_AUTHORIZATION_FAILED

export const initProducerId: Guard<'initProducerId'> = (request, rights) => {
  const { transactionalId } = request
  const may =
    transactionalId === null
      ? rights.canOnCluster('IDEMPOTENT_WRITE') || rights.canOnAny('WRITE', 'TOPIC')
      : rights.can('WRITE', 'TRANSACTIONAL_ID', transactionalId)
  if (may) return { request }
  const code = transactionalId === null ? errorCodes.CLUSTER_AUTHORIZATION_FAILED : errorCode
  return { response: { errorCode: code, producerId: -1, producerEpoch: -1 } }
}

export const addPartitionsToTxn: Guard<'addPartitionsToTxn'> = (
  request,
  rights,
  { apiVersion },
) => {
  if (apiVersion >= 4) {
    // Batches of transactions are asked for by nodes only.
    if (rights.canOnCluster('CLUSTER_ACTION')) return { request }
    const code = errorCodes.CLUSTER_AUTHORIZATION_FAILED
    return {
      response: { errorCode: code, resultsByTransaction: [], resultsByTopicV3AndBelow: [] },
    }
  }
  const topics = request.v3AndBelowTopics
  const mayTransact = rights.can('WRITE', 'TRANSACTIONAL_ID', request.v3AndBelowTransactionalId)
  const deniedTopics = topics.filter(({ name }) => !rights.can('WRITE', 'TOPIC', name))
  if (mayTransact && deniedTopics.length === 0) return { request }
  // All or none: the others were not attempted.
  const codeOf = (topic: (typeof topics)[number]) => {
    if (!mayTransact) return errorCode
    return deniedTopics.includes(topic) ? topicErrorCode : errorCodes.OPERATION_NOT_ATTEMPTED
  }
  return {
    response: {
      resultsByTransaction: [],
      resultsByTopicV3AndBelow: topics.map((topic) => ({
        name: topic.name,
        resultsByPartition: topic.partitions.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode: codeOf(topic),
        })),
      })),
    },
  }
}

export const addOffsetsToTxn: Guard<'addOffsetsToTxn'> = (request, rights) => {
  if (!rights.can('WRITE', 'TRANSACTIONAL_ID', request.transactionalId)) {
    return { response: { errorCode } }
  }
  return rights.can('READ', 'GROUP', request.groupId)
    ? { request }
    : { response: { errorCode: groupErrorCode } }
}

export const endTxn: Guard<'endTxn'> = (request, rights) =>
  rights.can('WRITE', 'TRANSACTIONAL_ID', request.transactionalId)
    ? { request }
    : { response: { errorCode } }

export const txnOffsetCommit: Guard<'txnOffsetCommit'> = (request, rights) => {
  const mayTransact = rights.can('WRITE', 'TRANSACTIONAL_ID', request.transactionalId)
  const mayCommit = rights.can('READ', 'GROUP', request.groupId)
  const [topics, denied] = split(
    request.topics,
    ({ name }) => mayTransact && mayCommit && rights.can('READ', 'TOPIC', name),
  )
  let code: number = topicErrorCode
  if (!mayTransact) code = errorCode
  else if (!mayCommit) code = groupErrorCode
  const refused = denied.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
  }))
  if (topics.length === 0 && denied.length > 0) return { response: { topics: refused } }
  return {
    request: { ...request, topics },
    complete: (response) => ({ ...response, topics: [...response.topics, ...refused] }),
  }
}

/** Markers end other people's transactions: for nodes, and for those who may alter the cluster. */
export const writeTxnMarkers: Guard<'writeTxnMarkers'> = (request, rights) => {
  if (rights.canOnCluster('CLUSTER_ACTION') || rights.canOnCluster('ALTER')) return { request }
  const code = errorCodes.CLUSTER_AUTHORIZATION_FAILED
  return {
    response: {
      markers: request.markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: code,
          })),
        })),
      })),
    },
  }
}

export const describeTransactions: Guard<'describeTransactions'> = (request, rights) => {
  const [transactionalIds, denied] = split(request.transactionalIds, (id) =>
    rights.can('DESCRIBE', 'TRANSACTIONAL_ID', id),
  )
  const refused = denied.map((transactionalId) => ({
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }))
  return {
    request: { ...request, transactionalIds },
    complete: (response) => ({
      ...response,
      transactionStates: [
        ...response.transactionStates.map((state) => ({
          ...state,
          topics: state.topics.filter(({ topic }) => rights.can('DESCRIBE', 'TOPIC', topic)),
        })),
        ...refused,
      ],
    }),
  }
}

export const listTransactions: Guard<'listTransactions'> = (request, rights) => ({
  request,
  complete: (response) => ({
    ...response,
    transactionStates: response.transactionStates.filter(({ transactionalId }) =>
      rights.can('DESCRIBE', 'TRANSACTIONAL_ID', transactionalId),
    ),
  }),
})
