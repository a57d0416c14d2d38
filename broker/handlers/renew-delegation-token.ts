// RenewDelegationToken (key 39), versions 1-2: extends a token's life, no further than its longest.
// KIP-48. Its owner and its renewers may.
// Differs from Kafka: where there are no tokens it says so, with DELEGATION_TOKEN_AUTH_DISABLED.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Handler } from './handler.ts'
import { askController } from './shared/ask-controller.ts'
import { boundedMs, noTime, tokenRequestError } from './shared/token-requests.ts'

const timeoutMs = 60_000

export const renewDelegationToken: Handler<'renewDelegationToken'> = async (
  { hmac, renewPeriodMs },
  services,
  context,
) => {
  const failed = (errorCode: number) => ({ errorCode, expiryTimestampMs: noTime })
  const error = tokenRequestError(services, context)
  if (error !== errorCodes.NONE) return failed(error)
  const tokenId = services.delegationTokens.idOf(hmac)
  if (tokenId === undefined) return failed(errorCodes.DELEGATION_TOKEN_NOT_FOUND)
  const { expiryTimeMs } = services.config().delegationTokens
  const asked = await askController(services, timeoutMs, () =>
    services.controller.renewDelegationToken({
      tokenId,
      requester: context.principal,
      renewPeriodMs: boundedMs(renewPeriodMs, expiryTimeMs),
    }),
  )
  if (asked.type === 'refused') return failed(errorCodes[asked.outcome.error])
  const { error: outcome, token } = asked.answer
  return {
    errorCode: errorCodes[outcome],
    expiryTimestampMs: token?.expiryTimestampMs ?? noTime,
  }
}
