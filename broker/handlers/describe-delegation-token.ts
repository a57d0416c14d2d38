// DescribeDelegationToken (key 41), versions 1-3: the tokens that the caller owns or may renew, and
// those that rights let them see: DESCRIBE on the token, or DESCRIBE_TOKENS on its owner. KIP-48,
// KIP-373 (v3: who made them).
// Differs from Kafka: nothing known.

import type { DelegationToken } from '@samsa/controller/image'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { rightsOf } from '../authorization/authorizer.ts'
import type { Handler } from './handler.ts'
import { principalParts, principalText, tokenRequestError } from './shared/token-requests.ts'

export const describeDelegationToken: Handler<'describeDelegationToken'> = (
  request,
  services,
  context,
) => {
  const errorCode = tokenRequestError(services, context)
  if (errorCode !== errorCodes.NONE) return { errorCode, tokens: [] }
  const { principal, clientHost: host } = context
  const authorizer = services.authorizer()
  const rights = authorizer === null ? null : rightsOf(authorizer, { principal, host })
  const wanted = request.owners?.map(principalText) ?? null
  const mayBeSeen = (token: DelegationToken) =>
    concerns(token, principal) ||
    rights === null ||
    rights.can('DESCRIBE', 'DELEGATION_TOKEN', token.tokenId) ||
    rights.can('DESCRIBE_TOKENS', 'USER', token.owner)
  const tokens = [...services.delegationTokens.all()]
    .filter((token) => wanted === null || wanted.some((owner) => concerns(token, owner)))
    .filter(mayBeSeen)
    .map((token) => described(token, services.delegationTokens.hmacOf(token.tokenId)))
  return { errorCode, tokens }
}

function concerns({ owner, renewers }: DelegationToken, principal: string): boolean {
  return owner === principal || renewers.includes(principal)
}

function described(token: DelegationToken, hmac: Buffer) {
  const requester = principalParts(token.requester)
  return {
    ...principalParts(token.owner),
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.principalName,
    issueTimestamp: token.issueTimestampMs,
    expiryTimestamp: token.expiryTimestampMs,
    maxTimestamp: token.maxTimestampMs,
    tokenId: token.tokenId,
    hmac,
    renewers: token.renewers.map(principalParts),
  }
}
