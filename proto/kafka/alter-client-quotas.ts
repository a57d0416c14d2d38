// AlterClientQuotas (key 49): sets and removes quotas of users, client ids and addresses. KIP-546,
// KIP-612 addresses.

import { message } from '../wire/message.ts'
import { array, boolean, field, float64, int16, int32, nullable, string } from '../wire/types.ts'

export const alterClientQuotasRequest = message(
  { name: 'AlterClientQuotasRequest', versions: '0-1', flexible: '1+' },
  {
    entries: array({
      entity: array({
        entityType: string,
        // Null: the default of the type.
        entityName: nullable(string),
      }),
      ops: array({
        key: string,
        value: float64,
        remove: boolean,
      }),
    }),
    validateOnly: boolean,
  },
)

export const alterClientQuotasResponse = message(
  { name: 'AlterClientQuotasResponse', versions: '0-1', flexible: '1+' },
  {
    throttleTimeMs: field(int32),
    entries: array({
      errorCode: int16,
      errorMessage: nullable(string),
      entity: array({
        entityType: string,
        entityName: nullable(string),
      }),
    }),
  },
)
