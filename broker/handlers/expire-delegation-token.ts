// ExpireDelegationToken (key 40), versions 1-2: ends a token after a time, or at once with a time
// below 0. KIP-48. Its owner and its renewers may. Who is logged in by it stays until the time that
// held when they logged in.
// Differs from Kafka: nothing known.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { askController } from './shared/ask-controller.ts'
import { noTime, tokenRequestError } from './shared/token-requests.ts'

const timeoutMs = 60_000

export const expireDelegationToken: Handler<'expireDelegationToken'> = async (
  { hmac, expiryTimePeriodMs },
  services,
  context,
) => {
  const failed = (errorCode: number) => ({ errorCode, expiryTimestampMs: noTime })
  const error = tokenRequestError(services, context)
  if (error !== errorCodes.NONE) return failed(error)
  const tokenId = services.delegationTokens.idOf(hmac)
  if (tokenId === undefined) return failed(errorCodes.DELEGATION_TOKEN_NOT_FOUND)
  const asked = await askController(services, timeoutMs, () =>
    services.controller.expireDelegationToken({
      tokenId,
      requester: context.principal,
      expiryPeriodMs: expiryTimePeriodMs,
    }),
  )
  if (asked.type === 'refused') return failed(errorCodes[asked.outcome.error])
  const { error: outcome, token } = asked.answer
  if (token === null) return failed(errorCodes[outcome])
  return {
    errorCode: errorCodes.NONE,
    expiryTimestampMs: expiryTimePeriodMs < 0 ? expiryTimePeriodMs : token.expiryTimestampMs,
  }
}
