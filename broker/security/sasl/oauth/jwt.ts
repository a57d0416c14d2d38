// Verifies the JSON Web Tokens (RFC 7519) of OAUTHBEARER as Kafka's broker does (KIP-768): a
// signature by a key of the issuer, its times, issuer and audience; and reads who it is about.
// Signatures and claims are the business of jose. Follow RFC 8725: the algorithms are ours to
// choose, never the token's, and of a header only alg and kid count.

import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import type { OauthConfig } from '../../../config/listener-oauth.ts'
import { TokenError, type TokenVerifier } from './bearer.ts'
import type { Jwks } from './jwks.ts'

/** With public keys only: no `none`, and no HMAC, whose key a forger would take from the set. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
/** Longer ones are no names. */
const userLengthMax = 1024
/** Times beyond are no dates, and make no sound lifetime: the year 9999. */
const expirySecondsMax = 253_402_300_799

export function makeTokenVerifier(
  config: OauthConfig,
  jwks: Jwks,
  nowMs: () => number,
): TokenVerifier {
  const { expectedIssuer, expectedAudience, clockSkewSeconds, subClaim } = config
  const claims = {
    algorithms,
    clockTolerance: clockSkewSeconds,
    requiredClaims: ['exp', 'iat', subClaim],
    ...(expectedIssuer === null ? {} : { issuer: expectedIssuer }),
    ...(expectedAudience.length === 0 ? {} : { audience: [...expectedAudience] }),
  }
  const keyFor = (header: JWTHeaderParameters) => jwks.keyFor(header)
  return async (token) => {
    try {
      const options = { ...claims, currentDate: new Date(nowMs()) }
      const { payload } = await jwtVerify(token, keyFor, options)
      return read(payload, config)
    } catch (error) {
      if (error instanceof TokenError) throw error
      if (error instanceof errors.JOSEError) throw new TokenError(reasonOf(error))
      // Of node:crypto: a key of the set that cannot be used.
      throw new TokenError('the token could not be verified', { cause: error })
    }
  }
}

function read(
  payload: JWTPayload,
  { expectedAudience, scopeClaim, subClaim }: OauthConfig,
): { user: string; expiresAtMs: number } {
  // RFC 7519, section 4.1.3: whoever a token is for, it is not us.
  if (payload.aud !== undefined && expectedAudience.length === 0) {
    throw new TokenError('the token is for an audience, and no expected.audience is configured')
  }
  const user = payload[subClaim]
  if (typeof user !== 'string' || user.trim() === '' || user.length > userLengthMax) {
    throw new TokenError(`the claim ${subClaim} is not the name of a user`)
  }
  const scope = payload[scopeClaim]
  const isScope =
    scope === undefined ||
    typeof scope === 'string' ||
    (Array.isArray(scope) && scope.every((one) => typeof one === 'string' && one !== ''))
  if (!isScope)
    throw new TokenError(`the claim ${scopeClaim} is neither a text nor a list of texts`)
  const { exp = 0 } = payload
  if (exp > expirySecondsMax) throw new TokenError('the token is valid beyond all times')
  return { user: user.trim(), expiresAtMs: exp * 1000 }
}

/** jose's messages name claims and rules, and no values. */
function reasonOf({ code, message }: errors.JOSEError): string {
  return `${message} (${code})`
}
