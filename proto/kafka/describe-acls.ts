// DescribeAcls (key 29): the access control entries that match a filter. KIP-140, KIP-290 pattern
// types (v1), KIP-373 user resources (v3).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const describeAclsRequest = message(
  { name: 'DescribeAclsRequest', versions: '1-3', flexible: '2+' },
  {
    // 1: any; 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user.
    resourceTypeFilter: int8,
    resourceNameFilter: nullable(string),
    // 1: any; 2: match; 3: literal; 4: prefixed.
    patternTypeFilter: field(int8, { default: 3 }),
    principalFilter: nullable(string),
    hostFilter: nullable(string),
    operation: int8,
    // 1: any; 2: deny; 3: allow.
    permissionType: int8,
  },
)

export const describeAclsResponse = message(
  { name: 'DescribeAclsResponse', versions: '1-3', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: field(int8, { default: 3 }),
      acls: array({
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
)
