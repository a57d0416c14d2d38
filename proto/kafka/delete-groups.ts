// DeleteGroups (key 42): deletes groups without members, and their offsets. KIP-229.

import { message } from '../wire/message.ts'
import { array, field, int16, int32, string } from '../wire/types.ts'

export const deleteGroupsRequest = message(
  { name: 'DeleteGroupsRequest', versions: '0-2', flexible: '2+' },
  {
    groupsNames: array(string),
  },
)

export const deleteGroupsResponse = message(
  { name: 'DeleteGroupsResponse', versions: '0-2', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      groupId: string,
      errorCode: int16,
    }),
  },
)
