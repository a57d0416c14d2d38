// AlterConfigs (key 33): replaces all configs of a resource. The older form; see
// IncrementalAlterConfigs. KIP-133.

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const alterConfigsRequest = message(
  { name: 'AlterConfigsRequest', versions: '0-2', flexible: '2+' },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: nullable(string),
      }),
    }),
    validateOnly: boolean,
  },
)

export const alterConfigsResponse = message(
  { name: 'AlterConfigsResponse', versions: '0-2', flexible: '2+' },
  {
    throttleTimeMs: field(int32),
    responses: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
    }),
  },
)
