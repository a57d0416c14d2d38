// Delegation tokens (KIP-48, KIP-373) as the controller decides and replays them: who made one for
// whom, who may renew it, and until when. The secret that goes with a token follows from its id and
// a key that only brokers' configurations hold: it never comes here.

import { type Decision, outcomeOf, Refusal } from './decision.ts'
import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { DelegationToken, MetadataImage } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import type {
  CreateDelegationToken,
  DelegationTokenResult,
  ExpireDelegationToken,
  RenewDelegationToken,
} from './requests.ts'

/** Whoever can log in may make some: a requester's share, and what all may have. */
const tokensOfRequesterMax = 1_000
const tokensMax = 50_000
const renewersMax = 100
/** Of one sweep: the rest is for the next. */
const removedAtOnceMax = 5_000

export function createDelegationToken(
  image: MetadataImage,
  request: CreateDelegationToken,
  { nowMs, newUuid }: { readonly nowMs: number; readonly newUuid: () => string },
): Decision<DelegationTokenResult> {
  return decided(() => {
    const { owner, requester, renewers, maxLifetimeMs, renewPeriodMs } = request
    if (renewers.length > renewersMax) {
      throw new Refusal('INVALID_REQUEST', `A token has ${renewersMax} renewers at most`)
    }
    const tokens = [...image.delegationTokens.values()]
    const ofRequester = tokens.filter((token) => token.requester === requester).length
    if (tokens.length >= tokensMax || ofRequester >= tokensOfRequesterMax) {
      throw new Refusal('POLICY_VIOLATION', 'There are too many delegation tokens')
    }
    const maxTimestampMs = nowMs + maxLifetimeMs
    const expiryTimestampMs = Math.min(maxTimestampMs, nowMs + renewPeriodMs)
    return {
      tokenId: newUuid(),
      owner,
      requester,
      renewers,
      issueTimestampMs: nowMs,
      maxTimestampMs,
      expiryTimestampMs,
    }
  })
}

export function renewDelegationToken(
  image: MetadataImage,
  { tokenId, requester, renewPeriodMs }: RenewDelegationToken,
  nowMs: number,
): Decision<DelegationTokenResult> {
  return decided(() => {
    const token = usable(image, tokenId, requester, nowMs)
    return { ...token, expiryTimestampMs: Math.min(token.maxTimestampMs, nowMs + renewPeriodMs) }
  })
}

/** A period below 0 removes the token at once. */
export function expireDelegationToken(
  image: MetadataImage,
  { tokenId, requester, expiryPeriodMs }: ExpireDelegationToken,
  nowMs: number,
): Decision<DelegationTokenResult> {
  if (expiryPeriodMs >= 0) {
    const renewPeriodMs = expiryPeriodMs
    return renewDelegationToken(image, { tokenId, requester, renewPeriodMs }, nowMs)
  }
  const found = decided(() => usable(image, tokenId, requester, nowMs))
  if (found.records.length === 0) return found
  return { records: [{ type: 'removeDelegationToken', tokenId }], response: found.response }
}

/** Removes what has ended; says how many. */
export function removeExpiredTokens(image: MetadataImage, nowMs: number): Decision<number> {
  const ended = [...image.delegationTokens.values()]
    .filter((token) => hasEnded(token, nowMs))
    .slice(0, removedAtOnceMax)
  const records = ended.map(
    ({ tokenId }): NewRecord => ({ type: 'removeDelegationToken', tokenId }),
  )
  return { records, response: records.length }
}

export function hasEnded(
  { maxTimestampMs, expiryTimestampMs }: DelegationToken,
  nowMs: number,
): boolean {
  return maxTimestampMs < nowMs || expiryTimestampMs < nowMs
}

function usable(
  image: MetadataImage,
  tokenId: string,
  requester: string,
  nowMs: number,
): DelegationToken {
  const token = image.delegationTokens.get(tokenId)
  if (token === undefined) throw new Refusal('DELEGATION_TOKEN_NOT_FOUND', null)
  if (hasEnded(token, nowMs)) throw new Refusal('DELEGATION_TOKEN_EXPIRED', null)
  if (token.owner !== requester && !token.renewers.includes(requester)) {
    throw new Refusal('DELEGATION_TOKEN_OWNER_MISMATCH', null)
  }
  return token
}

function decided(make: () => DelegationToken): Decision<DelegationTokenResult> {
  let token: DelegationToken | null = null
  const outcome = outcomeOf(() => {
    token = make()
  })
  const records = token === null ? [] : [delegationTokenRecord(token)]
  return { records, response: { ...outcome, token } }
}

export function replayDelegationToken(
  draft: MetadataDraft,
  record: RecordOf<'delegationToken'>,
): void {
  const { type: _, ...token } = record
  draft.delegationTokens.set(token.tokenId, token)
}

export function replayRemoveDelegationToken(
  draft: MetadataDraft,
  { tokenId }: RecordOf<'removeDelegationToken'>,
): void {
  if (draft.delegationTokens.get(tokenId) === undefined) {
    throw new MetadataRecordError(`delegation token ${tokenId} is removed, but there is none`)
  }
  draft.delegationTokens.delete(tokenId)
}

export function delegationTokenRecord(token: DelegationToken): NewRecord {
  return { type: 'delegationToken', ...token, renewers: [...token.renewers] }
}
