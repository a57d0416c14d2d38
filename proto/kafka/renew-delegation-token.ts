// RenewDelegationToken (key 39): extends the life of a delegation token. KIP-48.

import { message } from '../wire/message.ts'
import { bytes, field, int16, int32, int64, saturatedInt64 } from '../wire/types.ts'

export const renewDelegationTokenRequest = message(
  { name: 'RenewDelegationTokenRequest', versions: '1-2', flexible: '2+' },
  {
    hmac: bytes,
    renewPeriodMs: saturatedInt64,
  },
)

export const renewDelegationTokenResponse = message(
  { name: 'RenewDelegationTokenResponse', versions: '1-2', flexible: '2+' },
  {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: field(int32),
  },
)
