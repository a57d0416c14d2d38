// Guards of what concerns the whole cluster: one right on it, or a refusal of all that was asked.

import { errorByName, errorCodes } from '@samsa/proto/kafka/errors'
import type { Guard } from '../guard.ts'
import { clusterOperations } from './topics.ts'

const errorCode = errorCodes.CLUSTER_AUTHORIZATION_FAILED
const errorMessage = errorByName('CLUSTER_AUTHORIZATION_FAILED').text

export const describeCluster: Guard<'describeCluster'> = (request, rights) => ({
  request,
  complete: (response) => ({
    ...response,
    ...clusterOperations(response.clusterAuthorizedOperations, rights),
  }),
})

export const describeAcls: Guard<'describeAcls'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE')
    ? { request }
    : { response: { errorCode, errorMessage, resources: [] } }

export const createAcls: Guard<'createAcls'> = (request, rights) =>
  rights.canOnCluster('ALTER')
    ? { request }
    : { response: { results: request.creations.map(() => ({ errorCode, errorMessage })) } }

export const deleteAcls: Guard<'deleteAcls'> = (request, rights) => {
  if (rights.canOnCluster('ALTER')) return { request }
  const refusal = { errorCode, errorMessage, matchingAcls: [] }
  return { response: { filterResults: request.filters.map(() => refusal) } }
}

export const describeLogDirs: Guard<'describeLogDirs'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE') ? { request } : { response: { errorCode, results: [] } }

export const electLeaders: Guard<'electLeaders'> = (request, rights, { image }) => {
  if (rights.canOnCluster('ALTER')) return { request }
  const asked =
    request.topicPartitions ??
    [...image.topicsByName.values()].map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map((_, index) => index),
    }))
  const replicaElectionResults = asked.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
  }))
  return { response: { errorCode, replicaElectionResults } }
}

export const alterPartitionReassignments: Guard<'alterPartitionReassignments'> = (
  request,
  rights,
) =>
  rights.canOnCluster('ALTER')
    ? { request }
    : { response: { errorCode, errorMessage, responses: [] } }

export const listPartitionReassignments: Guard<'listPartitionReassignments'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE')
    ? { request }
    : { response: { errorCode, errorMessage, topics: [] } }

export const describeQuorum: Guard<'describeQuorum'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE')
    ? { request }
    : { response: { errorCode, errorMessage, topics: [], nodes: [] } }

export const updateFeatures: Guard<'updateFeatures'> = (request, rights) =>
  rights.canOnCluster('ALTER')
    ? { request }
    : { response: { errorCode, errorMessage, results: [] } }

/** Of requests that one right decides, and whose answer is only how it went. */
export const altersCluster: Guard<'unregisterBroker' | 'addRaftVoter' | 'removeRaftVoter'> = (
  request,
  rights,
) => (rights.canOnCluster('ALTER') ? { request } : { response: { errorCode, errorMessage } })

export const describeUserScramCredentials: Guard<'describeUserScramCredentials'> = (
  request,
  rights,
) =>
  rights.canOnCluster('DESCRIBE')
    ? { request }
    : { response: { errorCode, errorMessage, results: [] } }

export const alterUserScramCredentials: Guard<'alterUserScramCredentials'> = (request, rights) => {
  if (rights.canOnCluster('ALTER')) return { request }
  const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))
  const results = [...users].map((user) => ({ user, errorCode, errorMessage }))
  return { response: { results } }
}

export const listConfigResources: Guard<'listConfigResources'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE_CONFIGS')
    ? { request }
    : { response: { errorCode, configResources: [] } }

export const describeClientQuotas: Guard<'describeClientQuotas'> = (request, rights) =>
  rights.canOnCluster('DESCRIBE_CONFIGS')
    ? { request }
    : { response: { errorCode, errorMessage, entries: null } }

export const alterClientQuotas: Guard<'alterClientQuotas'> = (request, rights) => {
  if (rights.canOnCluster('ALTER_CONFIGS')) return { request }
  const entries = request.entries.map(({ entity }) => ({ errorCode, errorMessage, entity }))
  return { response: { entries } }
}
