// How the client secures its connections: TLS and the log-in, as the code uses them. Where they
// come from is for command/client-config.ts.

import type { ConnectionOptions } from 'node:tls'

export const clientMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type ClientMechanism = (typeof clientMechanisms)[number]

export interface ClientLogIn {
  readonly mechanism: ClientMechanism
  readonly username: string
  readonly password: string
  /** The user is a delegation token's id, the password its HMAC (KIP-48). */
  readonly isToken: boolean
}

export interface ClientSecurity {
  /** What node:tls takes of keys and trust; null where nothing is encrypted. */
  readonly tls: ConnectionOptions | null
  /** Null where nobody logs in. */
  readonly logIn: ClientLogIn | null
}

export const noSecurity: ClientSecurity = { tls: null, logIn: null }
