// CreateAcls (key 30): adds access control entries. KIP-140, KIP-290 pattern types (v1), KIP-373
// user resources (v3).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const createAclsRequest = message(
  { name: 'CreateAclsRequest', versions: '1-3', flexible: '2+' },
  {
    creations: array({
      // 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user.
      resourceType: int8,
      resourceName: string,
      resourcePatternType: field(int8, { default: 3 }),
      principal: string,
      host: string,
      operation: int8,
      // 2: deny; 3: allow.
      permissionType: int8,
    }),
  },
)

export const createAclsResponse = message(
  { name: 'CreateAclsResponse', versions: '1-3', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      errorCode: int16,
      errorMessage: nullable(string),
    }),
  },
)
