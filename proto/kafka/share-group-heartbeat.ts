// ShareGroupHeartbeat (key 76): joins, keeps up with and leaves a share group. KIP-932.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string, struct, uuid } from '../wire/types.ts'

export const shareGroupHeartbeatRequest = message(
  { name: 'ShareGroupHeartbeatRequest', versions: '1', flexible: '0+' },
  {
    groupId: string,
    memberId: string,
    // 0 joins, -1 leaves.
    memberEpoch: int32,
    rackId: field(nullable(string), { default: null }),
    subscribedTopicNames: field(nullable(array(string)), { default: null }),
  },
)

export const shareGroupHeartbeatResponse = message(
  { name: 'ShareGroupHeartbeatResponse', versions: '1', flexible: '0+' },
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
