// SaslAuthenticate (key 36): one step of a SASL exchange. KIP-152, KIP-368 lifetime of the session
// (v1).

import { message } from '../wire/message.ts'
import { bytes, field, int16, int64, nullable, string } from '../wire/types.ts'

export const saslAuthenticateRequest = message(
  { name: 'SaslAuthenticateRequest', versions: '0-2', flexible: '2+' },
  {
    authBytes: bytes,
  },
)

export const saslAuthenticateResponse = message(
  { name: 'SaslAuthenticateResponse', versions: '0-2', flexible: '2+' },
  {
    errorCode: int16,
    errorMessage: nullable(string),
    authBytes: bytes,
    // 0: no need to authenticate again.
    sessionLifetimeMs: field(int64, { since: 1, ignorable: true }),
  },
)
