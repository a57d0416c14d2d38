// What a SASL mechanism is on the server's side: steps over tokens. Pure; each exchange is an
// object of its own.

/** Why a client is not let in. Says nothing that helps to guess: Kafka's own words. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
}

export interface SaslStep {
  readonly reply: Buffer
  /** The user, once the exchange is through. */
  readonly user: string | null
}

export interface SaslExchange {
  /** Throws a SaslError; the exchange is over then. */
  step(token: Buffer): SaslStep
}

export function invalidCredentials(mechanism: string): SaslError {
  return new SaslError(
    `Authentication failed during authentication due to invalid credentials with SASL ` +
      `mechanism ${mechanism}`,
  )
}
