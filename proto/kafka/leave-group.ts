// LeaveGroup (key 13): members leave a classic group at once. KIP-345 several members, by instance
// id too (v3), KIP-800 reason (v5).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, nullable, string } from '../wire/types.ts'

export const leaveGroupRequest = message(
  { name: 'LeaveGroupRequest', versions: '0-5', flexible: '4+' },
  {
    groupId: string,
    memberId: field(string, { until: 2 }),
    members: field(
      array({
        memberId: string,
        groupInstanceId: field(nullable(string), { default: null }),
        reason: field(nullable(string), { since: 5, default: null, ignorable: true }),
      }),
      { since: 3 },
    ),
  },
)

export const leaveGroupResponse = message(
  { name: 'LeaveGroupResponse', versions: '0-5', flexible: '4+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    errorCode: int16,
    members: field(
      array({
        memberId: string,
        groupInstanceId: nullable(string),
        errorCode: int16,
      }),
      { since: 3 },
    ),
  },
)
