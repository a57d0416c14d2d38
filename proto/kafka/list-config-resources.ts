// ListConfigResources (key 74): names of the resources that have configs. v0 lists client metrics
// only. KIP-714, KIP-1142 other types (v1).

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, string } from '../wire/types.ts'

export const listConfigResourcesRequest = message(
  { name: 'ListConfigResourcesRequest', versions: '0-1', flexible: '0+' },
  {
    resourceTypes: field(array(int8), { since: 1 }),
  },
)

export const listConfigResourcesResponse = message(
  { name: 'ListConfigResourcesResponse', versions: '0-1', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    configResources: array({
      resourceName: string,
      resourceType: field(int8, { since: 1, default: 16, ignorable: true }),
    }),
  },
)
