// What goes with a delegation token and is stored nowhere (KIP-48): its HMAC, which is both how it
// is named when it is renewed and the password that it logs in with, by SCRAM. Made of the token's
// id and `delegation.token.secret.key`, which all brokers share. Knows no rights.

import { createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { DelegationToken, MetadataImage } from '@samsa/controller/image'
import { type ScramMechanism, scramKeysOf, scramMechanisms, type TokenCredential } from './scram.ts'

const derive = promisify(pbkdf2)
const saltBytes = 20

export interface DelegationTokensOptions {
  /** Null: there are no tokens. */
  readonly secretKey: string | null
  readonly image: () => MetadataImage
  readonly nowMs: () => number
}

export class DelegationTokens {
  readonly #options: DelegationTokensOptions
  #indexed: MetadataImage['delegationTokens'] | null = null
  /** Of the tokens of #indexed: id to HMAC, and HMAC to id, in base64. */
  #hmacs = new Map<string, string>()
  #ids = new Map<string, string>()

  constructor(options: DelegationTokensOptions) {
    this.#options = options
  }

  get areEnabled(): boolean {
    return this.#options.secretKey !== null
  }

  all(): Iterable<DelegationToken> {
    return this.#options.image().delegationTokens.values()
  }

  hmacOf(tokenId: string): Buffer {
    return createHmac('sha512', this.#options.secretKey ?? '')
      .update(tokenId)
      .digest()
  }

  /** The id of the token with this HMAC; undefined where there is none. */
  idOf(hmac: Uint8Array): string | undefined {
    if (!this.areEnabled) return undefined
    this.#index()
    return this.#ids.get(Buffer.from(hmac).toString('base64'))
  }

  /** What a client that logs in by a token is held to; undefined where it is not valid. */
  async credentialOf(
    tokenId: string,
    mechanism: ScramMechanism,
  ): Promise<TokenCredential | undefined> {
    const token = this.#options.image().delegationTokens.get(tokenId)
    if (token === undefined || !this.areEnabled) return undefined
    const expiresAtMs = Math.min(token.expiryTimestampMs, token.maxTimestampMs)
    if (expiresAtMs <= this.#options.nowMs()) return undefined
    const { hash, iterationsMin: iterations } = scramMechanisms[mechanism]
    const salt = randomBytes(saltBytes)
    const password = this.hmacOf(tokenId).toString('base64')
    const salted = await derive(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
    const keys = { ...scramKeysOf(mechanism, salted), salt, iterations }
    return { keys, user: token.owner.slice(token.owner.indexOf(':') + 1), expiresAtMs }
  }

  /** HMACs are made once for each token. */
  #index(): void {
    const tokens = this.#options.image().delegationTokens
    if (tokens === this.#indexed) return
    const hmacs = new Map<string, string>()
    for (const id of tokens.keys()) {
      hmacs.set(id, this.#hmacs.get(id) ?? this.hmacOf(id).toString('base64'))
    }
    this.#indexed = tokens
    this.#hmacs = hmacs
    this.#ids = new Map([...hmacs].map(([id, hmac]) => [hmac, id]))
  }
}
