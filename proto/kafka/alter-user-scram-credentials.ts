// AlterUserScramCredentials (key 51): sets and deletes SCRAM credentials of users. The client
// salts the passwords, so none crosses the wire. KIP-554.

import { message } from '../wire/message.ts'
import { array, bytes, field, int8, int16, int32, nullable, string } from '../wire/types.ts'

export const alterUserScramCredentialsRequest = message(
  { name: 'AlterUserScramCredentialsRequest', versions: '0', flexible: '0+' },
  {
    deletions: array({
      name: string,
      // 1: SCRAM-SHA-256; 2: SCRAM-SHA-512.
      mechanism: int8,
    }),
    upsertions: array({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  },
)

export const alterUserScramCredentialsResponse = message(
  { name: 'AlterUserScramCredentialsResponse', versions: '0', flexible: '0+' },
  {
    throttleTimeMs: field(int32),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: nullable(string),
    }),
  },
)
