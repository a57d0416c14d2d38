// DescribeDelegationToken (key 41): the delegation tokens that the caller may see. KIP-48, KIP-373
// requesters (v3).

import { message } from '../wire/message.ts'
import { array, bytes, field, int16, int32, int64, nullable, string } from '../wire/types.ts'

export const describeDelegationTokenRequest = message(
  { name: 'DescribeDelegationTokenRequest', versions: '1-3', flexible: '2+' },
  {
    owners: nullable(
      array({
        principalType: string,
        principalName: string,
      }),
    ),
  },
)

export const describeDelegationTokenResponse = message(
  { name: 'DescribeDelegationTokenResponse', versions: '1-3', flexible: '2+' },
  {
    errorCode: int16,
    tokens: array({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: field(string, { since: 3, ignorable: true }),
      tokenRequesterPrincipalName: field(string, { since: 3, ignorable: true }),
      issueTimestamp: int64,
      expiryTimestamp: int64,
      maxTimestamp: int64,
      tokenId: string,
      hmac: bytes,
      renewers: array({
        principalType: string,
        principalName: string,
      }),
    }),
    throttleTimeMs: field(int32),
  },
)
