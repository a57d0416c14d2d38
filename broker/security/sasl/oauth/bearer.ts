// SASL OAUTHBEARER (RFC 7628, KIP-255): one message with a bearer token. A token that is not taken
// is answered with a JSON status, and the client's next message ends the exchange. Pure; what a
// token is worth is told by the verifier.

import { SaslError, type SaslExchange, type SaslStep } from '../mechanism.ts'

export interface VerifiedToken {
  readonly user: string
  /** Until when, on the wall clock. */
  readonly expiresAtMs: number
}

/** Why a token is not taken: for our own log, never for the client. Holds nothing of the token. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
}

/** Rejects with a TokenError. */
export type TokenVerifier = (token: string) => Promise<VerifiedToken>

/** Then key=value pairs, each ended by a separator, and one separator more. */
const headerForm = /^n,(?:a=([^,]*))?,$/
const pairForm = /^[A-Za-z]+=[\x20-\x7e\r\n\t]*$/
const separator = '\x01'
/** RFC 6750. */
const bearerForm = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i
const endOfFailure = 0x01
/** A token with hundreds of groups has some 20 KiB. */
const tokenLengthMax = 65_536

export class BearerExchange implements SaslExchange {
  readonly #verify: TokenVerifier
  readonly #nowMs: () => number
  #refused = false

  constructor(verify: TokenVerifier, nowMs: () => number) {
    this.#verify = verify
    this.#nowMs = nowMs
  }

  async step(message: Buffer): Promise<SaslStep> {
    if (this.#refused) {
      const isEnd = message.length === 1 && message[0] === endOfFailure
      throw new SaslError(isEnd ? status : 'Invalid OAUTHBEARER message')
    }
    const { authorizationId, token } = parse(message)
    try {
      const { user, expiresAtMs } = await this.#verify(token)
      // Speaking for somebody else is nobody's right.
      if (authorizationId !== '' && authorizationId !== user) {
        throw new SaslError(
          'Authentication failed: Client requested an authorization id ' +
            "that is different from the token's principal name",
        )
      }
      const lifetimeMs = Math.max(0, expiresAtMs - this.#nowMs())
      return { type: 'done', reply: Buffer.alloc(0), user, lifetimeMs }
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      this.#refused = true
      return { type: 'refused', reply: Buffer.from(status), reason: error.message }
    }
  }
}

const status = '{"status":"invalid_token"}'

function parse(message: Buffer): { authorizationId: string; token: string } {
  const invalid = new SaslError('Invalid OAUTHBEARER message')
  const parts = message.toString('utf8').split(separator)
  const header = headerForm.exec(parts[0] ?? '')
  const pairs = parts.slice(1, -2)
  const isEnded = parts.length >= 3 && parts.slice(-2).every((part) => part === '')
  if (header === null || !isEnded || !pairs.every((pair) => pairForm.test(pair))) throw invalid
  const { 1: authorizationId = '' } = header
  const values = pairs.filter((pair) => pair.startsWith('auth='))
  const token = bearerForm.exec(values[0]?.slice('auth='.length) ?? '')?.[1]
  if (values.length !== 1 || token === undefined || token.length > tokenLengthMax) throw invalid
  const name = authorizationId.replace(/=2C/g, ',').replace(/=3D/g, '=')
  return { authorizationId: name, token }
}
