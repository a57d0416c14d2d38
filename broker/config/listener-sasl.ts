// SASL of one listener as the code uses it, from Kafka's sasl.* keys. Pure. JAAS is read for what
// the built-in log-in modules take; no Java class is loaded.

import { type JaasModule, parseJaas } from './jaas.ts'
import { type OauthConfig, readOauthConfig } from './listener-oauth.ts'
import type { ListenerValues } from './listener-values.ts'
import { ConfigError } from './value.ts'

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const
export type SaslMechanism = (typeof saslMechanisms)[number]

export interface SaslConfig {
  /** In the order they are told to clients. */
  readonly mechanisms: readonly SaslMechanism[]
  /** User to password, of `user_<name>` options: whom PLAIN lets in. */
  readonly plainUsers: ReadonlyMap<string, string>
  /** Null where OAUTHBEARER is not on offer. */
  readonly oauth: OauthConfig | null
  /** Largest message of a client that has not logged in. */
  readonly maxReceiveBytes: number
  /** A client must log in again within so long (KIP-368); 0 is never. By mechanism. */
  readonly maxReauthMs: ReadonlyMap<SaslMechanism, number>
}

/** Throws a ConfigError for what cannot be followed. */
export function readSaslConfig(values: ListenerValues): SaslConfig {
  const mechanisms = values
    .list('sasl.enabled.mechanisms')
    .map((name) => mechanism(name, values))
    .filter((one) => one !== null)
  return {
    mechanisms,
    plainUsers: readPlainUsers(values),
    oauth: readOauthConfig(
      values,
      mechanisms.includes('OAUTHBEARER'),
      modulesOf(values, 'OAUTHBEARER'),
    ),
    maxReceiveBytes: values.number('sasl.server.max.receive.size'),
    maxReauthMs: new Map(
      saslMechanisms.map((one) => [
        one,
        Number(values.forMechanism('connections.max.reauth.ms', one) ?? 0),
      ]),
    ),
  }
}

/** GSSAPI stands in Kafka's default, which asks nobody for Kerberos: it is left out. */
function mechanism(name: string, values: ListenerValues): SaslMechanism | null {
  const key = 'sasl.enabled.mechanisms'
  if (name === 'GSSAPI' && values.list(key).length === 1) return null
  const found = saslMechanisms.find((one) => one === name)
  if (found !== undefined) return found
  throw new ConfigError(`${values.keyOf(key)} has ${name}; served are ${saslMechanisms.join(', ')}`)
}

function modulesOf(values: ListenerValues, of: SaslMechanism): readonly JaasModule[] {
  const text = values.forMechanism('sasl.jaas.config', of)
  return text === null || text === '' ? [] : parseJaas(String(text))
}

function readPlainUsers(values: ListenerValues): ReadonlyMap<string, string> {
  const plain = modulesOf(values, 'PLAIN').find(({ name }) => name.endsWith('.PlainLoginModule'))
  return plain === undefined ? new Map() : usersOf(plain)
}

function usersOf({ options }: JaasModule): ReadonlyMap<string, string> {
  const users = new Map<string, string>()
  for (const [key, password] of options) {
    if (key.startsWith('user_')) users.set(key.slice('user_'.length), password)
  }
  return users
}
