// DescribeClientQuotas (key 48): the quotas of users, client ids and addresses that match a
// filter. KIP-546, KIP-612 addresses.

import { message } from '../wire/message.ts'
import {
  array,
  boolean,
  field,
  float64,
  int8,
  int16,
  int32,
  nullable,
  string,
} from '../wire/types.ts'

export const describeClientQuotasRequest = message(
  { name: 'DescribeClientQuotasRequest', versions: '0-1', flexible: '1+' },
  {
    components: array({
      entityType: string,
      // 0: this name; 1: the default of the type; 2: any name, or the default.
      matchType: int8,
      match: nullable(string),
    }),
    strict: boolean,
  },
)

export const describeClientQuotasResponse = message(
  { name: 'DescribeClientQuotasResponse', versions: '0-1', flexible: '1+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
    entries: nullable(
      array({
        entity: array({
          entityType: string,
          entityName: nullable(string),
        }),
        values: array({
          key: string,
          value: float64,
        }),
      }),
    ),
  },
)
