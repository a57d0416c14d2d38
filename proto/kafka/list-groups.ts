// ListGroups (key 16): the groups that this broker coordinates. KIP-518 filter by state (v4),
// KIP-848 filter by type (v5).

import { message } from '../wire/message.ts'
import { array, field, int16, int32, string } from '../wire/types.ts'

export const listGroupsRequest = message(
  { name: 'ListGroupsRequest', versions: '0-5', flexible: '3+' },
  {
    statesFilter: field(array(string), { since: 4 }),
    typesFilter: field(array(string), { since: 5 }),
  },
)

export const listGroupsResponse = message(
  { name: 'ListGroupsResponse', versions: '0-5', flexible: '3+' },
  {
    throttleTimeMs: field(int32, { since: 1, ignorable: true }),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: field(string, { since: 4, ignorable: true }),
      groupType: field(string, { since: 5, ignorable: true }),
    }),
  },
)
