// ExpireDelegationToken (key 40): ends a delegation token at once or at a set time. KIP-48.

import { message } from '../wire/message.ts'
import { bytes, field, int16, int32, int64, saturatedInt64 } from '../wire/types.ts'

export const expireDelegationTokenRequest = message(
  { name: 'ExpireDelegationTokenRequest', versions: '1-2', flexible: '2+' },
  {
    hmac: bytes,
    expiryTimePeriodMs: saturatedInt64,
  },
)

export const expireDelegationTokenResponse = message(
  { name: 'ExpireDelegationTokenResponse', versions: '1-2', flexible: '2+' },
  {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: field(int32),
  },
)
