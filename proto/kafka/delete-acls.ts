// DeleteAcls (key 31): removes the access control entries that match any of some filters. KIP-140,
// KIP-290 pattern types (v1), KIP-373 user resources (v3).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const deleteAclsRequest = message(
  { name: 'DeleteAclsRequest', versions: '1-3', flexible: '2+' },
  {
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: nullable(string),
      // 1: any; 2: match; 3: literal; 4: prefixed.
      patternTypeFilter: field(int8, { default: 3 }),
      principalFilter: nullable(string),
      hostFilter: nullable(string),
      operation: int8,
      permissionType: int8,
    }),
  },
)

export const deleteAclsResponse = message(
  { name: 'DeleteAclsResponse', versions: '1-3', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    filterResults: array({
      errorCode: int16,
      errorMessage: nullable(string),
      matchingAcls: array({
        errorCode: int16,
        errorMessage: nullable(string),
        resourceType: int8,
        resourceName: string,
        patternType: field(int8, { default: 3 }),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
)
