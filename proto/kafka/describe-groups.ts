// DescribeGroups (key 15): state, protocol and members of classic groups. KIP-430 authorized
// operations (v3), KIP-345 static members (v4), KIP-1043 GROUP_ID_NOT_FOUND (v6).

import { message } from '../wire/message.ts'
import { array, boolean, bytes, field, int16, int32, nullable, string } from '../wire/types.ts'

export const describeGroupsRequest = message(
  { name: 'DescribeGroupsRequest', versions: '0-6', flexible: '5+' },
  {
    groups: array(string),
    includeAuthorizedOperations: field(boolean, { since: 3 }),
  },
)

export const describeGroupsResponse = message(
  { name: 'DescribeGroupsResponse', versions: '0-6', flexible: '5+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    groups: array({
      errorCode: int16,
      errorMessage: field(nullable(string), { since: 6, default: null }),
      groupId: string,
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: field(nullable(string), { since: 4, default: null, ignorable: true }),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: field(int32, { since: 3, default: -2_147_483_648 }),
    }),
  },
)
