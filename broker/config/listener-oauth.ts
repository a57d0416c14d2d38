// OAUTHBEARER of one listener as the code uses it, from Kafka's sasl.oauthbearer.* keys (KIP-768).
// Pure. Only signed tokens are taken, so that a source of keys is a must; what it may be is told by
// a list of its own, as by Kafka's system property org.apache.kafka.sasl.oauthbearer.allowed.urls.

import type { JaasModule } from './jaas.ts'
import type { ListenerValues } from './listener-values.ts'
import { ConfigError } from './value.ts'

export interface OauthConfig {
  /** https:, http: of this very machine, or file:. */
  readonly jwksUrl: string
  /** PEM file of the authorities that the issuer's server is trusted by; null: Node's own. */
  readonly trustedPath: string | null
  /** Keys older than this are fetched again before they are used. */
  readonly refreshMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** Null where any will do. */
  readonly expectedIssuer: string | null
  /** Of which a token names one; where this is empty, it may name none. */
  readonly expectedAudience: readonly string[]
  readonly clockSkewSeconds: number
  readonly scopeClaim: string
  readonly subClaim: string
}

const mechanism = 'OAUTHBEARER'
const key = (name: string) => `sasl.oauthbearer.${name}`
export const allowedUrlsKey = 'samsa.sasl.oauthbearer.allowed.urls'
const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Throws a ConfigError for what cannot be followed; null where the mechanism is not on offer. */
export function readOauthConfig(
  values: ListenerValues,
  isOffered: boolean,
  modules: readonly JaasModule[],
): OauthConfig | null {
  const text = (name: string) => {
    const value = values.forMechanism(key(name), mechanism)
    return value === null || value === '' ? null : String(value)
  }
  const number = (name: string) => Number(values.forMechanism(key(name), mechanism) ?? 0)
  const audience = values.forMechanism(key('expected.audience'), mechanism)
  const allowed = values.list(allowedUrlsKey)
  const jwksUrl = text('jwks.endpoint.url')
  // All are asked for in any case: see ListenerValues.
  const rest = {
    trustedPath: trustedPathOf(modules),
    refreshMs: number('jwks.endpoint.refresh.ms'),
    retryBackoffMs: number('jwks.endpoint.retry.backoff.ms'),
    retryBackoffMaxMs: number('jwks.endpoint.retry.backoff.max.ms'),
    expectedIssuer: text('expected.issuer'),
    expectedAudience: audience !== null && typeof audience === 'object' ? audience : [],
    clockSkewSeconds: number('clock.skew.seconds'),
    scopeClaim: text('scope.claim.name') ?? 'scope',
    subClaim: text('sub.claim.name') ?? 'sub',
  }
  if (!isOffered) return null
  if (jwksUrl === null) {
    throw new ConfigError(
      `OAUTHBEARER needs the keys of who issues the tokens: set ${key('jwks.endpoint.url')}; ` +
        'tokens without a signature are not taken',
    )
  }
  checkUrl(jwksUrl, allowed)
  return { jwksUrl, ...rest }
}

function checkUrl(url: string, allowed: readonly string[]): void {
  const name = key('jwks.endpoint.url')
  if (!URL.canParse(url)) throw new ConfigError(`${name}=${url} is not a URL`)
  if (!allowed.includes(url)) {
    throw new ConfigError(
      `${name}=${url} is not in ${allowedUrlsKey}: add it there, letter by letter, if it is to ` +
        'be fetched',
    )
  }
  const { protocol, hostname, username } = new URL(url)
  if (username !== '') throw new ConfigError(`${name} must not hold a user or a password`)
  if (protocol === 'https:' || protocol === 'file:') return
  if (protocol === 'http:' && loopback.has(hostname)) return
  throw new ConfigError(
    `${name}=${url} would fetch keys unprotected: use https:, or file:; http: is for this ` +
      'machine only',
  )
}

/** Of the log-in module's options, as in Kafka; PEM is what is read. */
function trustedPathOf(modules: readonly JaasModule[]): string | null {
  const found = modules.find(({ name }) => name.endsWith('.OAuthBearerLoginModule'))
  const path = found?.options.get('ssl.truststore.location')
  if (found === undefined || path === undefined) return null
  const type = found.options.get('ssl.truststore.type')
  if (type?.toUpperCase() === 'PEM') return path
  throw new ConfigError(
    'The truststore of OAUTHBEARER is read in PEM form only: set ssl.truststore.type=PEM beside ' +
      'ssl.truststore.location in its sasl.jaas.config',
  )
}
