// The log-ins of all connections of SASL listeners: gives each its session, with the credentials of
// the metadata and of the configuration, and holds it to the limits that strangers have.

import { randomBytes } from 'node:crypto'
import type { MetadataImage } from '@samsa/controller/image'
import { scramKey } from '@samsa/controller/security'
import { assert } from '../../assert.ts'
import type { Clock, Timers } from '../../clock.ts'
import type { OauthConfig } from '../../config/listener-oauth.ts'
import type { SaslConfig, SaslMechanism } from '../../config/listener-sasl.ts'
import type { Connection } from '../../network/connection.ts'
import type { DelegationTokens } from './delegation-tokens.ts'
import type { SaslExchange } from './mechanism.ts'
import { BearerExchange, type TokenVerifier } from './oauth/bearer.ts'
import { PlainExchange } from './plain.ts'
import { ScramExchange, scramMechanisms } from './scram.ts'
import { SaslSession, type StepResult } from './session.ts'

/** Who has not logged in by then is not going to: a client takes a few round trips. */
const logInTimeoutMs = 30_000
const nonceBytes = 24

export interface LogInOptions {
  /** Of a listener as it is now; null where it asks for none. */
  readonly config: (listener: string) => SaslConfig | null
  readonly image: () => MetadataImage
  /** Of a listener that offers OAUTHBEARER. */
  readonly tokenVerifier: (listener: string, config: OauthConfig) => TokenVerifier
  readonly delegationTokens: DelegationTokens
  readonly frameBytesMax: number
  /** How long a failure takes to be told, so that guessing is slow. */
  readonly failureDelayMs: () => number
  readonly clock: Clock
  readonly timers: Timers
  /** With the reason of a failure, which is for our log and not for the client. */
  readonly onResult: (connection: Connection, failure: string | null) => void
}

export class LogIn {
  readonly #options: LogInOptions
  readonly #sessions = new WeakMap<Connection, SaslSession>()
  readonly #secret = randomBytes(32)

  constructor(options: LogInOptions) {
    this.#options = options
  }

  /** Before the connection's first frame. */
  onOpened(connection: Connection): void {
    const { config, timers } = this.#options
    const first = config(connection.listener)
    if (first === null) return
    const session = new SaslSession({
      config: () => config(connection.listener) ?? first,
      begin: (mechanism, sasl) => this.#begin(connection.listener, mechanism, sasl),
    })
    this.#sessions.set(connection, session)
    connection.limitFrames(Math.min(first.maxReceiveBytes, this.#options.frameBytesMax))
    const timer = timers.schedule(logInTimeoutMs, () => {
      if (!session.isAuthenticated(this.#nowMs())) connection.close(null)
    })
    connection.signal.addEventListener('abort', () => timer.cancel(), { once: true })
  }

  /** Undefined on a listener that asks nobody to log in. */
  sessionOf(connection: Connection): SaslSession | undefined {
    return this.#sessions.get(connection)
  }

  /** Whether the connection may ask for anything but a log-in. */
  isOpen(connection: Connection): boolean {
    return this.#sessions.get(connection)?.isAuthenticated(this.#nowMs()) ?? true
  }

  /** One token of the connection's exchange. A failure comes late, and is the connection's last. */
  async step(connection: Connection, session: SaslSession, token: Buffer): Promise<StepResult> {
    const result = await session.step(token, () => this.#nowMs())
    if (result.type === 'done') {
      connection.principal = `User:${result.user}`
      connection.isByToken = result.isByToken
      connection.limitFrames(this.#options.frameBytesMax)
      this.#options.onResult(connection, null)
    } else if (result.type === 'refused') {
      this.#options.onResult(connection, result.reason)
      await this.#delay(connection)
    } else if (result.type === 'failed') {
      this.#options.onResult(connection, result.message)
      await this.#delay(connection)
      connection.drain()
    }
    return result
  }

  #delay({ signal }: Connection): Promise<void> {
    const delayMs = this.#options.failureDelayMs()
    return new Promise((resolve) => {
      const timer = this.#options.timers.schedule(delayMs, resolve)
      const stop = () => {
        timer.cancel()
        resolve()
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  #begin(listener: string, mechanism: SaslMechanism, sasl: SaslConfig): SaslExchange {
    const { plainUsers, oauth } = sasl
    if (mechanism === 'PLAIN') return new PlainExchange((user) => plainUsers.get(user))
    if (mechanism === 'OAUTHBEARER') {
      assert(oauth !== null, 'OAUTHBEARER is on offer with its settings only')
      const verify = this.#options.tokenVerifier(listener, oauth)
      return new BearerExchange(verify, this.#options.clock.nowMs)
    }
    const { number } = scramMechanisms[mechanism]
    return new ScramExchange({
      mechanism,
      keysOf: (name) =>
        this.#options.image().scramCredentials.get(scramKey({ name, mechanism: number })),
      tokenOf: (tokenId) => this.#options.delegationTokens.credentialOf(tokenId, mechanism),
      nowMs: this.#options.clock.nowMs,
      nonce: randomBytes(nonceBytes).toString('base64url'),
      secret: this.#secret,
    })
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs()
  }
}
