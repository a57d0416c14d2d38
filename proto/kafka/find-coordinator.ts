// FindCoordinator (key 10): which broker coordinates a group, a transactional id or a share
// partition. KIP-98 key types (v1), KIP-699 several keys at once (v4), KIP-890 abortable errors
// (v5), KIP-932 share (v6).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const findCoordinatorRequest = message(
  { name: 'FindCoordinatorRequest', versions: '0-6', flexible: '3+' },
  {
    key: field(string, { until: 3 }),
    // 0: group; 1: transactional id; 2: share partition, its key "group:topicId:partition".
    keyType: field(int8, { since: 1 }),
    coordinatorKeys: field(array(string), { since: 4 }),
  },
)

export const findCoordinatorResponse = message(
  { name: 'FindCoordinatorResponse', versions: '0-6', flexible: '3+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    errorCode: field(int16, { until: 3 }),
    errorMessage: field(nullable(string), { since: 1, until: 3, ignorable: true }),
    nodeId: field(int32, { until: 3 }),
    host: field(string, { until: 3 }),
    port: field(int32, { until: 3 }),
    coordinators: field(
      array({
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: nullable(string),
      }),
      { since: 4 },
    ),
  },
)
