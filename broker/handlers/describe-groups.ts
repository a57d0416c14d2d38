// DescribeGroups (key 15), versions 0-6: members and assignments of classic groups. A group that
// does not exist is Dead; from v6 on it is an error (KIP-1043). Differs from Kafka: nothing known.

import type { Handler } from './handler.ts'
import { withGroupOperations } from './shared/authorized-operations.ts'

export const describeGroups: Handler<'describeGroups'> = async (request, services, context) => {
  const described = await services.groups.describeGroups(request.groups, context)
  return { groups: withGroupOperations(described, request.includeAuthorizedOperations) }
}
