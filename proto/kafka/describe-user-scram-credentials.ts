// DescribeUserScramCredentials (key 50): which SCRAM credentials users have, never the secrets.
// KIP-554.

import { message } from '../wire/message.ts'
import { array, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const describeUserScramCredentialsRequest = message(
  { name: 'DescribeUserScramCredentialsRequest', versions: '0', flexible: '0+' },
  {
    users: nullable(
      array({
        name: string,
      }),
    ),
  },
)

export const describeUserScramCredentialsResponse = message(
  { name: 'DescribeUserScramCredentialsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    errorCode: int16,
    errorMessage: nullable(string),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: nullable(string),
      credentialInfos: array({
        // 1: SCRAM-SHA-256; 2: SCRAM-SHA-512.
        mechanism: int8,
        iterations: int32,
      }),
    }),
  },
)
