// What the requests about delegation tokens share: who may send them at all, and principals as the
// protocol has them.

import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Services } from '../../services.ts'
import type { RequestContext } from '../handler.ts'

/** Hundred years: beyond are no dates. */
const lifetimeMaxMs = 100 * 365 * 86_400_000
export const noTime = -1

export interface Principal {
  readonly principalType: string
  readonly principalName: string
}

/** `User:alice` in two parts. */
export function principalParts(principal: string): Principal {
  const colon = principal.indexOf(':')
  return {
    principalType: principal.slice(0, colon),
    principalName: principal.slice(colon + 1),
  }
}

export function principalText({ principalType, principalName }: Principal): string {
  return `${principalType}:${principalName}`
}

/**
 * Why the caller may not ask about tokens; NONE where they may. As in Kafka: only who has shown who
 * they are, and not by a token, which could make its own successor for ever.
 */
export function tokenRequestError(
  services: Services,
  { connection, listener, principal }: RequestContext,
): number {
  const endpoint = services.config().listeners.find((one) => one.listener === listener)
  const protocol = endpoint?.securityProtocol ?? 'PLAINTEXT'
  const isKnown =
    protocol.startsWith('SASL') || (protocol === 'SSL' && principal !== 'User:ANONYMOUS')
  if (!isKnown || connection.isByToken) return errorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  return services.delegationTokens.areEnabled
    ? errorCodes.NONE
    : errorCodes.DELEGATION_TOKEN_AUTH_DISABLED
}

/** What a request asks for, where it asks, and no more than is configured. */
export function boundedMs(asked: number, configuredMs: number): number {
  const maxMs = Math.min(configuredMs, lifetimeMaxMs)
  return asked > 0 ? Math.min(asked, maxMs) : maxMs
}
