// IncrementalAlterConfigs (key 44): sets, deletes, appends to and subtracts from single configs.
// KIP-339.

import { message } from '../wire/message.ts'
import { array, boolean, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const incrementalAlterConfigsRequest = message(
  { name: 'IncrementalAlterConfigsRequest', versions: '0-1', flexible: '1+' },
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        // 0: set; 1: delete; 2: append; 3: subtract.
        configOperation: int8,
        value: nullable(string),
      }),
    }),
    validateOnly: boolean,
  },
)

export const incrementalAlterConfigsResponse = message(
  { name: 'IncrementalAlterConfigsResponse', versions: '0-1', flexible: '1+' },
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
