// StreamsGroupDescribe (key 89), version 0: state, epochs, topology, members and tasks of groups of
// Kafka Streams (KIP-1071). Differs from Kafka: nothing known.

import { describeStreamsError } from '../coordinator/group/streams/describe.ts'
import type { Handler } from './handler.ts'
import { withGroupOperations } from './shared/authorized-operations.ts'
import { servesStreamsGroups } from './shared/group-features.ts'

export const streamsGroupDescribe: Handler<'streamsGroupDescribe'> = async (
  request,
  services,
  context,
) => {
  if (!servesStreamsGroups(services)) {
    const refused = request.groupIds.map((id) => describeStreamsError(id, 'UNSUPPORTED_VERSION'))
    return { groups: refused }
  }
  const described = await services.groups.describeStreamsGroups(request.groupIds, context)
  return { groups: withGroupOperations(described, request.includeAuthorizedOperations) }
}
