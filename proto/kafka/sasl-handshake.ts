// SaslHandshake (key 17): names the SASL mechanism that authentication will use. KIP-43; KIP-152:
// after v1 the tokens travel in SaslAuthenticate. Never flexible.

import { message } from '../wire/message.ts'
import { array, int16, string } from '../wire/types.ts'

export const saslHandshakeRequest = message(
  { name: 'SaslHandshakeRequest', versions: '0-1', flexible: 'none' },
  {
    mechanism: string,
  },
)

export const saslHandshakeResponse = message(
  { name: 'SaslHandshakeResponse', versions: '0-1', flexible: 'none' },
  {
    errorCode: int16,
    mechanisms: array(string),
  },
)
