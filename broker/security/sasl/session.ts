// The log-in of one connection of a SASL listener, as a state machine: what may be asked in which
// state, the exchange under way, and until when the user may stay (KIP-152, KIP-368). Pure: time,
// nonces and credentials are given.

import type { SaslConfig, SaslMechanism } from '../../config/listener-sasl.ts'
import { SaslError, type SaslExchange } from './mechanism.ts'

export interface SaslSessionOptions {
  readonly config: () => SaslConfig
  readonly begin: (mechanism: SaslMechanism, config: SaslConfig) => SaslExchange
}

export type HandshakeResult =
  | { readonly type: 'agreed' }
  | { readonly type: 'unsupported' | 'out-of-turn' }

export type StepResult =
  | { readonly type: 'continues'; readonly reply: Buffer }
  /** `lifetimeMs` 0: no need to log in again. */
  | {
      readonly type: 'done'
      readonly reply: Buffer
      readonly user: string
      readonly lifetimeMs: number
    }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'out-of-turn' }

type State =
  /** Nobody yet. */
  | 'new'
  /** Tokens are frames of their own: after a handshake of version 0. */
  | 'raw-tokens'
  | 'exchange'
  | 'authenticated'
  /** A known user logs in again. */
  | 'exchange-again'
  | 'failed'

export class SaslSession {
  readonly #options: SaslSessionOptions
  #state: State = 'new'
  #mechanism: SaslMechanism | null = null
  #exchange: SaslExchange | null = null
  #user: string | null = null
  #expiresAtMs = Number.POSITIVE_INFINITY

  constructor(options: SaslSessionOptions) {
    this.#options = options
  }

  get takesRawTokens(): boolean {
    return this.#state === 'raw-tokens'
  }

  /** Whether requests other than those of the log-in may be served. */
  isAuthenticated(nowMs: number): boolean {
    return this.#state === 'authenticated' && nowMs < this.#expiresAtMs
  }

  mechanisms(): readonly SaslMechanism[] {
    return this.#options.config().mechanisms
  }

  handshake(mechanism: string, apiVersion: number): HandshakeResult {
    const config = this.#options.config()
    // Who never has to log in again may not, either, as in Kafka.
    const again = this.#state === 'authenticated' && this.#expiresAtMs < Number.POSITIVE_INFINITY
    if (this.#state !== 'new' && !again) return { type: 'out-of-turn' }
    const found = config.mechanisms.find((name) => name === mechanism)
    if (found === undefined || (again && found !== this.#mechanism)) {
      this.#state = 'failed'
      return { type: 'unsupported' }
    }
    this.#mechanism = found
    this.#exchange = this.#options.begin(found, config)
    if (again) this.#state = 'exchange-again'
    else this.#state = apiVersion === 0 ? 'raw-tokens' : 'exchange'
    return { type: 'agreed' }
  }

  step(token: Buffer, nowMs: number): StepResult {
    const exchange = this.#exchange
    if (exchange === null || this.#mechanism === null) return { type: 'out-of-turn' }
    try {
      const { reply, user } = exchange.step(token)
      if (user === null) return { type: 'continues', reply }
      return this.#succeed(reply, user, this.#mechanism, nowMs)
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      return this.#fail(error.message)
    }
  }

  #succeed(reply: Buffer, user: string, mechanism: SaslMechanism, nowMs: number): StepResult {
    if (this.#user !== null && this.#user !== user) {
      return this.#fail('Cannot change principals during re-authentication')
    }
    const lifetimeMs = this.#options.config().maxReauthMs.get(mechanism) ?? 0
    this.#user = user
    this.#exchange = null
    this.#state = 'authenticated'
    this.#expiresAtMs = lifetimeMs > 0 ? nowMs + lifetimeMs : Number.POSITIVE_INFINITY
    return { type: 'done', reply, user, lifetimeMs }
  }

  #fail(message: string): StepResult {
    this.#exchange = null
    this.#state = 'failed'
    return { type: 'failed', message }
  }
}
