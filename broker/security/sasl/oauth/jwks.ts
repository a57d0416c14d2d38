// The keys of an issuer of tokens (JWKS, RFC 7517), kept between log-ins: fetched when they are
// first needed, when they are old, and when a token names one that is not there. Whoever may
// connect can send such tokens: what they bring about is bounded. One fetch is under way at a time.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters } from 'jose'
import type { OauthConfig } from '../../../config/listener-oauth.ts'
import { TokenError } from './bearer.ts'

type KeySet = ReturnType<typeof createLocalJWKSet>
type Key = Awaited<ReturnType<KeySet>>

/** Keys that could not be renewed for so long are nobody's any more. */
const staleKeysMaxMs = 24 * 3_600_000
/** Issuers have two to five, and Google's largest some ten. */
const keysMax = 100
/** As in Kafka: a longer one is no name. */
const keyIdLengthMax = 100

export interface JwksOptions {
  readonly config: Pick<OauthConfig, 'refreshMs' | 'retryBackoffMs' | 'retryBackoffMaxMs'>
  /** The document's text, bounded in size and time. */
  readonly fetch: () => Promise<string>
  readonly monotonicMs: () => number
  readonly onFetched: (result: { readonly keys: number } | { readonly error: unknown }) => void
}

export class Jwks {
  readonly #options: JwksOptions
  #keys: KeySet | null = null
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #failures = 0
  #fetching: Promise<void> | null = null

  constructor(options: JwksOptions) {
    this.#options = options
  }

  /** Rejects with a TokenError, or jose's error where no key or several would do. */
  async keyFor(header: JWTHeaderParameters): Promise<Key> {
    if ((header.kid?.length ?? 0) > keyIdLengthMax) {
      throw new TokenError('the token names its key by too long a name')
    }
    const { refreshMs, retryBackoffMaxMs } = this.#options.config
    if (this.#ageMs() >= refreshMs) await this.#renew(this.#pauseMs())
    try {
      return await this.#usable()(header)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      // The issuer may have a new key. Anybody can name one that there is not.
      if (!(await this.#renew(retryBackoffMaxMs))) throw error
      return await this.#usable()(header)
    }
  }

  #usable(): KeySet {
    if (this.#keys === null || this.#ageMs() >= Math.max(staleKeysMaxMs, this.#refreshMs())) {
      throw new TokenError('the keys of the issuer could not be fetched')
    }
    return this.#keys
  }

  #refreshMs(): number {
    return this.#options.config.refreshMs
  }

  #ageMs(): number {
    return this.#options.monotonicMs() - this.#fetchedAtMs
  }

  /** After a failure: longer each time. */
  #pauseMs(): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options.config
    if (this.#failures === 0) return 0
    return Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(30, this.#failures - 1))
  }

  /** Whether the keys were fetched just now; not where the last try was less than `pauseMs` ago. */
  async #renew(pauseMs: number): Promise<boolean> {
    const before = this.#fetchedAtMs
    if (this.#fetching === null) {
      if (this.#options.monotonicMs() - this.#triedAtMs < pauseMs) return false
      this.#triedAtMs = this.#options.monotonicMs()
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = null
      })
    }
    await this.#fetching
    return this.#fetchedAtMs !== before
  }

  async #fetch(): Promise<void> {
    const { fetch, monotonicMs, onFetched } = this.#options
    try {
      const { set, count } = parse(await fetch())
      this.#keys = set
      this.#fetchedAtMs = monotonicMs()
      this.#failures = 0
      onFetched({ keys: count })
    } catch (error) {
      this.#failures++
      onFetched({ error })
    }
  }
}

function parse(text: string): { set: KeySet; count: number } {
  const document: unknown = JSON.parse(text)
  const keys = (document as Partial<JSONWebKeySet> | null)?.keys
  if (!Array.isArray(keys)) throw new Error('the document has no list of keys')
  if (keys.length > keysMax) throw new Error(`the document has more than ${keysMax} keys`)
  // Those that are not for public signatures are left out; a secret one has no business here.
  const usable = keys.filter(({ kty, use }) => kty !== 'oct' && (use ?? 'sig') === 'sig')
  return { set: createLocalJWKSet({ keys: usable }), count: usable.length }
}
