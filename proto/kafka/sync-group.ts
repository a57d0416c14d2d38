// SyncGroup (key 14): the leader of a generation hands in the assignment, every member gets its
// part. KIP-345 static members (v3), KIP-559 protocol type and name (v5).

import { message } from '../wire/message.ts'
import { array, bytes, field, int16, int32, nullable, string } from '../wire/types.ts'

export const syncGroupRequest = message(
  { name: 'SyncGroupRequest', versions: '0-5', flexible: '4+' },
  {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: field(nullable(string), { since: 3, default: null }),
    protocolType: field(nullable(string), { since: 5, default: null, ignorable: true }),
    protocolName: field(nullable(string), { since: 5, default: null, ignorable: true }),
    assignments: array({
      memberId: string,
      assignment: bytes,
    }),
  },
)

export const syncGroupResponse = message(
  { name: 'SyncGroupResponse', versions: '0-5', flexible: '4+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    errorCode: int16,
    protocolType: field(nullable(string), { since: 5, default: null, ignorable: true }),
    protocolName: field(nullable(string), { since: 5, default: null, ignorable: true }),
    assignment: bytes,
  },
)
