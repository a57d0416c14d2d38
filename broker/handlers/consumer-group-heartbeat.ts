// ConsumerGroupHeartbeat (key 68), versions 0-1: a member joins, keeps up with and leaves a group
// of the consumer protocol (KIP-848); patterns of topics and ids made by members (KIP-1082, v1).
// Served while the feature group.version is finalized at 1. Differs from Kafka: patterns have 4,096
// characters at most; a group's epoch is not bumped when only racks of replicas change.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { servesConsumerGroups } from './shared/group-features.ts'

export const consumerGroupHeartbeat: Handler<'consumerGroupHeartbeat'> = (
  request,
  services,
  context,
) => {
  if (!servesConsumerGroups(services)) {
    return { errorCode: errorCodes.UNSUPPORTED_VERSION, memberEpoch: 0, heartbeatIntervalMs: 0 }
  }
  return services.groups.consumerHeartbeat(request, context)
}
