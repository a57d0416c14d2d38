// Heartbeat (key 12): keeps a member of a classic group alive and tells it of rebalances. KIP-345
// static members (v3).

import { message } from '../wire/message.ts'
import { field, int16, int32, nullable, string } from '../wire/types.ts'

export const heartbeatRequest = message(
  { name: 'HeartbeatRequest', versions: '0-4', flexible: '4+' },
  {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 3, default: null }),
  },
)

export const heartbeatResponse = message(
  { name: 'HeartbeatResponse', versions: '0-4', flexible: '4+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    errorCode: int16,
  },
)
