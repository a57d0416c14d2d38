// JoinGroup (key 11): enters a classic group and waits for its next generation. KIP-62 rebalance
// timeout (v1), KIP-394 member id before entry (v4), KIP-345 static members (v5), KIP-559 protocol
// in the response (v7), KIP-800 reason (v8), KIP-814 skipped assignment (v9).

import { message } from '../wire/message.ts'
import { array, boolean, bytes, field, int16, int32, nullable, string } from '../wire/types.ts'

export const joinGroupRequest = message(
  { name: 'JoinGroupRequest', versions: '0-9', flexible: '6+' },
  {
    groupId: string,
    sessionTimeoutMs: int32,
    // v0 has the session timeout in its place.
    rebalanceTimeoutMs: field(int32, { since: 1, default: -1, ignorable: true }),
    // Empty when the member has none yet; see MEMBER_ID_REQUIRED (KIP-394).
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 5, default: null }),
    protocolType: string,
    protocols: array({
      name: string,
      metadata: bytes,
    }),
    reason: field(nullable(string), { since: 8, default: null, ignorable: true }),
  },
)

export const joinGroupResponse = message(
  { name: 'JoinGroupResponse', versions: '0-9', flexible: '6+' },
  {
    throttleTimeMs: field(int32, { since: 2, ignorable: true }),
    errorCode: int16,
    generationId: field(int32, { default: -1 }),
    protocolType: field(nullable(string), { since: 7, default: null, ignorable: true }),
    protocolName: nullable(string, { since: 7 }),
    leader: string,
    skipAssignment: field(boolean, { since: 9 }),
    memberId: string,
    members: array({
      memberId: string,
      groupInstanceId: field(nullable(string), { since: 5, default: null, ignorable: true }),
      metadata: bytes,
    }),
  },
)
