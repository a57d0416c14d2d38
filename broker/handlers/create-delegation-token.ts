// CreateDelegationToken (key 38), versions 1-3: makes a token that logs in as its owner, by SCRAM.
// KIP-48; KIP-373 (v3): for another owner, with the right CREATE_TOKENS on that user.
// Differs from Kafka: an owner is a user (INVALID_PRINCIPAL_TYPE), since one logs in as a user;
// there are 1,000 tokens of a requester and 50,000 in all at most (POLICY_VIOLATION).

import { errorCodes } from '@samsa/proto/kafka/errors'
import { rightsOf } from '../authorization/authorizer.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestContext, RequestOf } from './handler.ts'
import { askController } from './shared/ask-controller.ts'
import {
  boundedMs,
  noTime,
  principalParts,
  principalText,
  tokenRequestError,
} from './shared/token-requests.ts'

const timeoutMs = 60_000
const userType = 'User'

export const createDelegationToken: Handler<'createDelegationToken'> = async (
  request,
  services,
  context,
) => {
  const owner = ownerOf(request, context)
  const requester = principalParts(context.principal)
  const names = {
    ...principalParts(owner),
    tokenRequesterPrincipalType: requester.principalType,
    tokenRequesterPrincipalName: requester.principalName,
  }
  const failed = (errorCode: number) => ({ ...names, ...nothing, errorCode })
  const error = refusal(request, owner, services, context)
  if (error !== errorCodes.NONE) return failed(error)
  const { maxLifetimeMs, expiryTimeMs } = services.config().delegationTokens
  const asked = await askController(services, timeoutMs, () =>
    services.controller.createDelegationToken({
      owner,
      requester: context.principal,
      renewers: request.renewers.map(principalText),
      maxLifetimeMs: boundedMs(request.maxLifetimeMs, maxLifetimeMs),
      renewPeriodMs: boundedMs(0, expiryTimeMs),
    }),
  )
  if (asked.type === 'refused') return failed(errorCodes[asked.outcome.error])
  const { token } = asked.answer
  if (token === null) return failed(errorCodes[asked.answer.error])
  const { tokenId, issueTimestampMs, expiryTimestampMs, maxTimestampMs } = token
  const hmac = services.delegationTokens.hmacOf(tokenId)
  const times = { issueTimestampMs, expiryTimestampMs, maxTimestampMs }
  return { ...names, ...times, errorCode: errorCodes.NONE, tokenId, hmac }
}

const nothing = {
  issueTimestampMs: noTime,
  expiryTimestampMs: noTime,
  maxTimestampMs: noTime,
  tokenId: '',
  hmac: Buffer.alloc(0),
}

function ownerOf(
  { ownerPrincipalType, ownerPrincipalName }: RequestOf<'createDelegationToken'>,
  { principal }: RequestContext,
): string {
  return ownerPrincipalName === null || ownerPrincipalName === ''
    ? principal
    : `${ownerPrincipalType}:${ownerPrincipalName}`
}

function refusal(
  { renewers }: RequestOf<'createDelegationToken'>,
  owner: string,
  services: Services,
  context: RequestContext,
): number {
  const error = tokenRequestError(services, context)
  if (error === errorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED) return error
  const { principal, clientHost: host } = context
  const authorizer = services.authorizer()
  if (owner !== principal && authorizer !== null) {
    const rights = rightsOf(authorizer, { principal, host })
    if (!rights.can('CREATE_TOKENS', 'USER', owner)) {
      return errorCodes.DELEGATION_TOKEN_AUTHORIZATION_FAILED
    }
  }
  const types = [...renewers, principalParts(owner)].map(({ principalType }) => principalType)
  if (types.some((type) => type !== userType)) return errorCodes.INVALID_PRINCIPAL_TYPE
  return error
}
