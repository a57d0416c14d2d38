// Makes the internal topics of a streams group: changelogs and repartition topics, in the name of
// the member whose heartbeat found them missing.

import type { NewTopic } from '@samsa/controller/requests'
import { clusterResource } from '../../authorization/acl.ts'
import { type Rights, rightsOf } from '../../authorization/authorizer.ts'
import type { InternalTopic } from '../../coordinator/group/streams/heartbeat-result.ts'
import type { Services } from '../../services.ts'
import type { RequestContext } from '../handler.ts'
import { askController } from './ask-controller.ts'

/** The answer to a heartbeat waits so long; the topics are made all the same. */
const waitMsMax = 500

/** Why they could not all be made; null where they were, or are about to be. */
export async function makeInternalTopics(
  services: Services,
  { principal, clientHost: host }: Pick<RequestContext, 'principal' | 'clientHost'>,
  missing: readonly InternalTopic[],
): Promise<string | null> {
  const authorizer = services.authorizer()
  if (authorizer !== null) {
    const denied = notAllowed(rightsOf(authorizer, { principal, host }), missing)
    if (denied.length > 0) return `Unauthorized to CREATE on topics ${denied.join(', ')}.`
  }
  const topics = missing.map(
    ({ name, partitionCount, replicationFactor, configs }): NewTopic => ({
      name,
      numPartitions: partitionCount,
      replicationFactor:
        replicationFactor === -1 ? services.config().defaultReplicationFactor : replicationFactor,
      assignments: [],
      configs: [...configs],
    }),
  )
  const asked = await askController(services, waitMsMax, () =>
    services.controller.createTopics({ topics, validateOnly: false }),
  )
  if (asked.type === 'refused') {
    const { error, message } = asked.outcome
    return error === 'REQUEST_TIMED_OUT' ? null : `Creation failed: ${message ?? error}.`
  }
  const failed = asked.answer.filter(
    ({ error }) => error !== 'NONE' && error !== 'TOPIC_ALREADY_EXISTS',
  )
  if (failed.length === 0) return null
  const reasons = failed.map(({ name, error, message }) => `${name} (${message ?? error})`)
  return `Creation failed: ${reasons.join(', ')}.`
}

function notAllowed(rights: Rights, topics: readonly InternalTopic[]): string[] {
  if (rights.can('CREATE', 'CLUSTER', clusterResource)) return []
  return topics.map(({ name }) => name).filter((name) => !rights.can('CREATE', 'TOPIC', name))
}
