// ConsumerGroupDescribe (key 69), versions 0-1: state, epochs, members and assignments of groups of
// the consumer protocol (KIP-848), and by which protocol each member takes part (KIP-1099, v1).
// Differs from Kafka: nothing known.

import { describeError } from '../coordinator/group/consumer/describe.ts'
import type { Handler } from './handler.ts'
import { withGroupOperations } from './shared/authorized-operations.ts'
import { servesConsumerGroups } from './shared/group-features.ts'

export const consumerGroupDescribe: Handler<'consumerGroupDescribe'> = async (
  request,
  services,
  context,
) => {
  if (!servesConsumerGroups(services)) {
    const refused = request.groupIds.map((id) => describeError(id, 'UNSUPPORTED_VERSION'))
    return { groups: refused }
  }
  const described = await services.groups.describeConsumerGroups(request.groupIds, context)
  return { groups: withGroupOperations(described, request.includeAuthorizedOperations) }
}
