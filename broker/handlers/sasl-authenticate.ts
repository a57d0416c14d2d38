// SaslAuthenticate (key 36), versions 0-2: one step of a SASL log-in. KIP-152, KIP-368 (v1: how
// long the session may last).
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

const nothing = Buffer.alloc(0)

export const saslAuthenticate: Handler<'saslAuthenticate'> = async (
  { authBytes },
  { logIn },
  { connection },
) => {
  const session = logIn.sessionOf(connection)
  const result =
    session === undefined ? undefined : await logIn.step(connection, session, authBytes)
  if (result === undefined || result.type === 'out-of-turn') {
    return {
      errorCode: errorCodes.ILLEGAL_SASL_STATE,
      errorMessage: 'SaslAuthenticate request received after successful authentication',
      authBytes: nothing,
    }
  }
  if (result.type === 'failed') {
    return {
      errorCode: errorCodes.SASL_AUTHENTICATION_FAILED,
      errorMessage: result.message,
      authBytes: nothing,
    }
  }
  return {
    errorCode: errorCodes.NONE,
    errorMessage: null,
    authBytes: result.reply,
    sessionLifetimeMs: result.type === 'done' ? result.lifetimeMs : 0,
  }
}
