// Guards of configs: those of a topic or a group need rights on it, all others on the cluster.

import { errorByName, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Operation } from '../acl.ts'
import type { Rights } from '../authorizer.ts'
import { type Guard, split } from '../guard.ts'

/** The protocol's numbers of config resources. */
const topicResource = 2
const groupResource = 32

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

function may(operation: Operation, { resourceType, resourceName }: Resource, rights: Rights) {
  if (resourceType === topicResource) return rights.can(operation, 'TOPIC', resourceName)
  if (resourceType === groupResource) return rights.can(operation, 'GROUP', resourceName)
  return rights.canOnCluster(operation)
}

function refusal({ resourceType, resourceName }: Resource) {
  const byType: Readonly<Record<number, KafkaErrorName>> = {
    [topicResource]: 'TOPIC_AUTHORIZATION_FAILED',
    [groupResource]: 'GROUP_AUTHORIZATION_FAILED',
  }
  const { code, text } = errorByName(byType[resourceType] ?? 'CLUSTER_AUTHORIZATION_FAILED')
  return { resourceType, resourceName, errorCode: code, errorMessage: text }
}

export const describeConfigs: Guard<'describeConfigs'> = (request, rights) => {
  const [resources, denied] = split(request.resources, (resource) =>
    may('DESCRIBE_CONFIGS', resource, rights),
  )
  const refused = denied.map((resource) => ({ ...refusal(resource), configs: [] }))
  return {
    request: { ...request, resources },
    complete: (response) => ({ ...response, results: [...response.results, ...refused] }),
  }
}

export const alterConfigs: Guard<'alterConfigs'> = (request, rights) => {
  const [resources, denied] = split(request.resources, (resource) =>
    may('ALTER_CONFIGS', resource, rights),
  )
  return {
    request: { ...request, resources },
    complete: (response) => ({
      ...response,
      responses: [...response.responses, ...denied.map(refusal)],
    }),
  }
}

export const incrementalAlterConfigs: Guard<'incrementalAlterConfigs'> = (request, rights) => {
  const [resources, denied] = split(request.resources, (resource) =>
    may('ALTER_CONFIGS', resource, rights),
  )
  return {
    request: { ...request, resources },
    complete: (response) => ({
      ...response,
      responses: [...response.responses, ...denied.map(refusal)],
    }),
  }
}
