// The log-in of one connection of a SASL listener, as a state machine: what may be asked in which
// state, the exchange under way, and until when the user may stay (KIP-152, KIP-368). Pure: time,
// nonces, credentials and the verification of tokens are given. One step is under way at a time:
// a connection's requests are worked on one by one.

import type { SaslConfig, SaslMechanism } from '../../config/listener-sasl.ts'
import { SaslError, type SaslExchange, type SaslSuccess } from './mechanism.ts'

export interface SaslSessionOptions {
  readonly config: () => SaslConfig
  readonly begin: (mechanism: SaslMechanism, config: SaslConfig) => SaslExchange
}

export type HandshakeResult =
  | { readonly type: 'agreed' }
  | { readonly type: 'unsupported' | 'out-of-turn' }

export type StepResult =
  | { readonly type: 'continues'; readonly reply: Buffer }
  /** Has failed, and is told so before the exchange ends. */
  | { readonly type: 'refused'; readonly reply: Buffer; readonly reason: string }
  /** `lifetimeMs` 0: no need to log in again. */
  | {
      readonly type: 'done'
      readonly reply: Buffer
      readonly user: string
      readonly lifetimeMs: number
      readonly isByToken: boolean
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

  /** The time is asked for when the exchange is through, which may take a while. */
  async step(token: Buffer, nowMs: () => number): Promise<StepResult> {
    const exchange = this.#exchange
    if (exchange === null || this.#mechanism === null) return { type: 'out-of-turn' }
    try {
      const step = await exchange.step(token)
      return step.type === 'done' ? this.#succeed(step, this.#mechanism, nowMs()) : step
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      return this.#fail(error.message)
    }
  }

  #succeed(success: SaslSuccess, mechanism: SaslMechanism, nowMs: number): StepResult {
    const { reply, user } = success
    if (this.#user !== null && this.#user !== user) {
      return this.#fail('Cannot change principals during re-authentication')
    }
    const lifetimeMs = this.#lifetimeMs(success, mechanism)
    this.#user = user
    this.#exchange = null
    this.#state = 'authenticated'
    this.#expiresAtMs = lifetimeMs === null ? Number.POSITIVE_INFINITY : nowMs + lifetimeMs
    const { isByToken = false } = success
    return { type: 'done', reply, user, lifetimeMs: lifetimeMs ?? 0, isByToken }
  }

  /** The shorter of what the listener and the credential allow; null where neither sets a limit. */
  #lifetimeMs({ lifetimeMs }: SaslSuccess, mechanism: SaslMechanism): number | null {
    const maxMs = this.#options.config().maxReauthMs.get(mechanism) ?? 0
    if (maxMs <= 0) return lifetimeMs
    return Math.min(maxMs, lifetimeMs ?? maxMs)
  }

  #fail(message: string): StepResult {
    this.#exchange = null
    this.#state = 'failed'
    return { type: 'failed', message }
  }
}
