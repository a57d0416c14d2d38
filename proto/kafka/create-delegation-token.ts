// CreateDelegationToken (key 38): makes a token that authenticates as its owner. KIP-48, KIP-373
// tokens for other owners (v3).

import { message } from '../wire/message.ts'
import {
  array,
  bytes,
  field,
  int16,
  int32,
  int64,
  nullable,
  saturatedInt64,
  string,
} from '../wire/types.ts'

export const createDelegationTokenRequest = message(
  { name: 'CreateDelegationTokenRequest', versions: '1-3', flexible: '2+' },
  {
    ownerPrincipalType: field(nullable(string), { since: 3 }),
    ownerPrincipalName: field(nullable(string), { since: 3 }),
    renewers: array({
      principalType: string,
      principalName: string,
    }),
    maxLifetimeMs: saturatedInt64,
  },
)

export const createDelegationTokenResponse = message(
  { name: 'CreateDelegationTokenResponse', versions: '1-3', flexible: '2+' },
  {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: field(string, { since: 3, ignorable: true }),
    tokenRequesterPrincipalName: field(string, { since: 3, ignorable: true }),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: field(int32),
  },
)
