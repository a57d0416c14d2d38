// ConsumerGroupHeartbeat (key 68): joins, keeps up with and leaves a consumer group of the new
// protocol. KIP-848, regular expressions and ids made by the member, KIP-1082 (v1).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string, struct, uuid } from '../wire/types.ts'

export const consumerGroupHeartbeatRequest = message(
  { name: 'ConsumerGroupHeartbeatRequest', versions: '0-1', flexible: '0+' },
  {
    groupId: string,
    memberId: string,
    // 0 joins, -1 leaves, -2 leaves for a while with the place of the static member kept.
    memberEpoch: int32,
    instanceId: field(nullable(string), { default: null }),
    rackId: field(nullable(string), { default: null }),
    rebalanceTimeoutMs: field(int32, { default: -1 }),
    subscribedTopicNames: field(nullable(array(string)), { default: null }),
    subscribedTopicRegex: field(nullable(string), { since: 1, default: null }),
    serverAssignor: field(nullable(string), { default: null }),
    topicPartitions: field(
      nullable(
        array({
          topicId: uuid,
          partitions: array(int32),
        }),
      ),
      { default: null },
    ),
  },
)

export const consumerGroupHeartbeatResponse = message(
  { name: 'ConsumerGroupHeartbeatResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: field(nullable(string), { default: null }),
    memberId: field(nullable(string), { default: null }),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: field(
      nullable(
        struct({
          topicPartitions: array({
            topicId: uuid,
            partitions: array(int32),
          }),
        }),
      ),
      { default: null },
    ),
  },
)
