// SaslHandshake (key 17), versions 0-1: names the SASL mechanism of the log-in that follows.
// KIP-43; KIP-152: after version 1 the tokens travel in SaslAuthenticate, after version 0 they are
// frames of their own.
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'

export const saslHandshake: Handler<'saslHandshake'> = ({ mechanism }, services, context) => {
  const session = services.logIn.sessionOf(context.connection)
  const result = session?.handshake(mechanism, context.apiVersion)
  if (session === undefined || result === undefined || result.type === 'out-of-turn') {
    return { errorCode: errorCodes.ILLEGAL_SASL_STATE, mechanisms: [] }
  }
  if (result.type === 'agreed') {
    return { errorCode: errorCodes.NONE, mechanisms: [...session.mechanisms()] }
  }
  // The client may read what there is, and has to connect anew to use it.
  context.connection.drain()
  return {
    errorCode: errorCodes.UNSUPPORTED_SASL_MECHANISM,
    mechanisms: [...session.mechanisms()],
  }
}
