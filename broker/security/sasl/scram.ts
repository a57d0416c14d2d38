// SASL SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677; KIP-84), the server's side, by users
// and by delegation tokens (KIP-48). Pure: nonce, time and credentials are given. A user who does
// not exist goes through the same steps with made-up keys, so that the answer comes at the same
// point.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { invalidCredentials, SaslError, type SaslExchange, type SaslStep } from './mechanism.ts'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

export interface ScramKeys {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

/** The protocol's numbers, and what each mechanism demands. */
export const scramMechanisms: Readonly<
  Record<ScramMechanism, { number: number; hash: 'sha256' | 'sha512'; iterationsMin: number }>
> = {
  'SCRAM-SHA-256': { number: 1, hash: 'sha256', iterationsMin: 4096 },
  'SCRAM-SHA-512': { number: 2, hash: 'sha512', iterationsMin: 4096 },
}

/** Undefined for a number that stands for none. */
export function scramMechanismOf(number: number): ScramMechanism | undefined {
  if (number === 1) return 'SCRAM-SHA-256'
  return number === 2 ? 'SCRAM-SHA-512' : undefined
}

export interface ScramOptions {
  readonly mechanism: ScramMechanism
  readonly keysOf: (user: string) => ScramKeys | undefined
  /** Of a client that names a delegation token as its user (KIP-48). */
  readonly tokenOf: (tokenId: string) => Promise<TokenCredential | undefined>
  /** Wall time. */
  readonly nowMs: () => number
  /** Printable, without commas, new for each exchange. */
  readonly nonce: string
  /** Of this process: what made-up salts are derived from. */
  readonly secret: Buffer
}

/** What a delegation token is worth. */
export interface TokenCredential {
  readonly keys: ScramKeys
  /** Whom it logs in. */
  readonly user: string
  readonly expiresAtMs: number
}

/** `n,,` or `n,a=other,`, then the user and the client's nonce; extensions may follow. */
const clientFirstForm =
  /^([ny],(?:a=([^,]*))?,)((?:m=[^,]*,)?n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)((?:,.*)?))$/
/** The extension by which a client says that it logs in by a delegation token. */
const byToken = /(?:^|,)tokenauth=true(?:,|$)/i
const clientFinalForm =
  /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[^p].*)?),p=([A-Za-z0-9+/=]+)$/

interface Found {
  readonly keys: ScramKeys
  readonly user: string
  /** Null without a token. */
  readonly expiresAtMs: number | null
}

interface FirstRound {
  /** What the client calls itself. */
  readonly name: string
  readonly gs2Header: string
  readonly nonce: string
  readonly clientFirstBare: string
  readonly serverFirst: string
  readonly keys: ScramKeys
  /** Null for a user who does not exist. */
  readonly found: Found | null
}

export class ScramExchange implements SaslExchange {
  readonly #options: ScramOptions
  #first: FirstRound | null = null

  constructor(options: ScramOptions) {
    this.#options = options
  }

  step(token: Buffer): SaslStep | Promise<SaslStep> {
    const text = token.toString('utf8')
    return this.#first === null ? this.#begin(text) : this.#finish(text, this.#first)
  }

  #begin(text: string): SaslStep | Promise<SaslStep> {
    const match = clientFirstForm.exec(text)
    if (match === null) throw this.#malformed()
    const [, gs2Header = '', authorizationId = '', bare = '', saslName = ''] = match
    const [clientNonce = '', extensions = ''] = match.slice(5)
    const name = unescaped(saslName)
    if (name === null || bare.startsWith('m=')) throw this.#malformed()
    if (authorizationId !== '' && unescaped(authorizationId) !== name) throw this.#invalid()
    const asked = { name, gs2Header, clientFirstBare: bare }
    if (byToken.test(extensions)) {
      const token = this.#options.tokenOf(name)
      return token.then((found) => this.#challenge(found ?? null, clientNonce, asked))
    }
    const keys = this.#options.keysOf(name)
    const found = keys === undefined ? null : { keys, user: name, expiresAtMs: null }
    return this.#challenge(found, clientNonce, asked)
  }

  #challenge(
    found: Found | null,
    clientNonce: string,
    asked: Pick<FirstRound, 'name' | 'gs2Header' | 'clientFirstBare'>,
  ): SaslStep {
    const keys = found?.keys ?? this.#madeUpKeys(asked.name)
    const nonce = `${clientNonce}${this.#options.nonce}`
    const serverFirst = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`
    this.#first = { ...asked, nonce, serverFirst, keys, found }
    return { type: 'continues', reply: Buffer.from(serverFirst) }
  }

  #finish(text: string, first: FirstRound): SaslStep {
    const match = clientFinalForm.exec(text)
    if (match === null) throw this.#malformed()
    const [, withoutProof, binding = '', nonce, proofText = ''] = match
    const { hash, iterationsMin } = scramMechanisms[this.#options.mechanism]
    const message = `${first.clientFirstBare},${first.serverFirst},${withoutProof}`
    const { storedKey, serverKey, iterations } = first.keys
    const signature = createHmac(hash, storedKey).update(message).digest()
    const proof = Buffer.from(proofText, 'base64')
    const clientKey = Buffer.from(signature.map((byte, index) => byte ^ (proof[index] ?? 0)))
    const matches =
      proof.length === signature.length &&
      timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey)
    // The nonce is what ties the proof to this exchange (CVE-2024-56128).
    const isOurs = nonce === first.nonce
    const isBound = Buffer.from(binding, 'base64').toString('utf8') === first.gs2Header
    const isStrong = iterations >= iterationsMin
    const { found } = first
    if (!(matches && isOurs && isBound && isStrong) || found === null) throw this.#invalid()
    const verifier = createHmac(hash, serverKey).update(message).digest('base64')
    const reply = Buffer.from(`v=${verifier}`)
    const { user, expiresAtMs } = found
    const isByToken = expiresAtMs !== null
    const lifetimeMs = isByToken ? Math.max(0, expiresAtMs - this.#options.nowMs()) : null
    return { type: 'done', reply, user, lifetimeMs, isByToken }
  }

  /** The same for the same name, as a real user's would be. */
  #madeUpKeys(user: string): ScramKeys {
    const { mechanism, secret } = this.#options
    const { hash, iterationsMin } = scramMechanisms[mechanism]
    const derive = (what: string) => createHmac(hash, secret).update(`${what}:${user}`).digest()
    return {
      salt: derive('salt').subarray(0, 20),
      storedKey: derive('stored'),
      serverKey: derive('server'),
      iterations: iterationsMin,
    }
  }

  #invalid(): SaslError {
    return invalidCredentials(this.#options.mechanism)
  }

  #malformed(): SaslError {
    return new SaslError(`Invalid ${this.#options.mechanism} message`)
  }
}

/** `=2C` is a comma and `=3D` an equals sign; any other use of one is an error. */
function unescaped(saslName: string): string | null {
  if (saslName === '' || /=(?!2C|3D)/.test(saslName)) return null
  return saslName.replace(/=2C/g, ',').replace(/=3D/g, '=')
}

/** What is kept of a salted password (RFC 5802, section 3). */
export function scramKeysOf(
  mechanism: ScramMechanism,
  saltedPassword: Buffer,
): Pick<ScramKeys, 'storedKey' | 'serverKey'> {
  const { hash } = scramMechanisms[mechanism]
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest()
  return {
    storedKey: createHash(hash).update(clientKey).digest(),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest(),
  }
}
