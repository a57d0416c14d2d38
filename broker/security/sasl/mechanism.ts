// What a SASL mechanism is on the server's side: steps over tokens. Pure; each exchange is an
// object of its own.

/** Why a client is not let in. Says nothing that helps to guess: Kafka's own words. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
}

/** Through: who the client is. */
export interface SaslSuccess {
  readonly type: 'done'
  readonly reply: Buffer
  readonly user: string
  /** For how long what the client showed is valid from now on; null is for ever. */
  readonly lifetimeMs: number | null
  /** By a delegation token, which may not ask for another. */
  readonly isByToken?: boolean
}

export type SaslStep =
  | { readonly type: 'continues'; readonly reply: Buffer }
  /** The client has failed and is told so in the mechanism's own way, before the exchange ends. */
  | { readonly type: 'refused'; readonly reply: Buffer; readonly reason: string }
  | SaslSuccess

export interface SaslExchange {
  /** Throws a SaslError; the exchange is over then. */
  step(token: Buffer): SaslStep | Promise<SaslStep>
}

export function invalidCredentials(mechanism: string): SaslError {
  return new SaslError(
    `Authentication failed during authentication due to invalid credentials with SASL ` +
      `mechanism ${mechanism}`,
  )
}
