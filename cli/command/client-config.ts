// Reads --command-config FILE: how to connect, in the names of Kafka's clients. Passwords are in
// that file and never on the command line; no error shows a value.

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { parseJaas } from '@samsa/broker/config/jaas'
import { parseProperties } from '@samsa/broker/config/properties'
import {
  type ClientLogIn,
  type ClientSecurity,
  clientMechanisms,
  noSecurity,
} from '../client/security.ts'
import { UsageError } from '../errors.ts'

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
/** What is about security and has an effect; other keys of a client's file are not ours to judge. */
const known = new Set([
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
  'sasl.username',
  'sasl.password',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
])

type Settings = ReadonlyMap<string, string>

/** Plain connections without a file. Throws a UsageError that says what to write. */
export function readClientConfig(path: string | undefined): ClientSecurity {
  if (path === undefined) return noSecurity
  const settings = new Map<string, string>()
  for (const { key, value } of parseProperties(textOf(path, '--command-config'))) {
    if (/^(security|sasl|ssl)\./.test(key) && !known.has(key)) {
      throw new UsageError(`${path}: ${key} is not known here; take it out, or comment it`)
    }
    settings.set(key, value)
  }
  const given = settings.get('security.protocol') ?? 'PLAINTEXT'
  const protocol = protocols.find((one) => one === given.toUpperCase())
  if (protocol === undefined) {
    throw new UsageError(`${path}: security.protocol is one of ${protocols.join(', ')}`)
  }
  return {
    tls: protocol.endsWith('SSL') ? readTls(settings, path) : null,
    logIn: protocol.startsWith('SASL') ? readLogIn(settings, path) : null,
  }
}

function textOf(path: string, what: string): string {
  return bytesOf(path, what).toString('utf8')
}

function bytesOf(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as Error).message}`)
  }
}

function readTls(settings: Settings, path: string): ConnectionOptions {
  const algorithm = settings.get('ssl.endpoint.identification.algorithm') ?? 'https'
  return {
    ...readTrusted(settings, path),
    ...readKey(settings, path),
    ...(algorithm === '' ? { checkServerIdentity: () => undefined } : {}),
  }
}

/** Without any, the authorities that Node brings along, as in Java. */
function readTrusted(settings: Settings, path: string): ConnectionOptions {
  const location = settings.get('ssl.truststore.location')
  const ca =
    location === undefined
      ? settings.get('ssl.truststore.certificates')
      : textOf(location, 'ssl.truststore.location')
  if (ca === undefined) return {}
  if (ca.includes('-----BEGIN CERTIFICATE-----')) return { ca }
  throw new UsageError(
    `${path}: the trusted certificates are not in PEM form; 'keytool -exportcert -rfc' writes it`,
  )
}

function readKey(settings: Settings, path: string): ConnectionOptions {
  const location = settings.get('ssl.keystore.location')
  const password = settings.get('ssl.key.password') ?? settings.get('ssl.keystore.password')
  const passphrase = password === undefined ? {} : { passphrase: password }
  if (location === undefined) {
    const key = settings.get('ssl.keystore.key')
    const cert = settings.get('ssl.keystore.certificate.chain')
    if (key === undefined && cert === undefined) return {}
    if (key !== undefined && cert !== undefined) return { key, cert, ...passphrase }
    throw new UsageError(
      `${path}: ssl.keystore.key and ssl.keystore.certificate.chain must be set together`,
    )
  }
  const type = (settings.get('ssl.keystore.type') ?? 'JKS').toUpperCase()
  const bytes = bytesOf(location, 'ssl.keystore.location')
  if (type === 'PEM') return { key: bytes, cert: bytes, ...passphrase }
  if (type === 'PKCS12') return { pfx: bytes, ...passphrase }
  throw new UsageError(
    `${path}: ssl.keystore.type=${type} cannot be read here: set PEM or PKCS12, and convert the ` +
      "file with 'keytool -importkeystore -deststoretype pkcs12'",
  )
}

function readLogIn(settings: Settings, path: string): ClientLogIn {
  const given = settings.get('sasl.mechanism')
  const mechanism = clientMechanisms.find((one) => one === given)
  if (mechanism === undefined) {
    throw new UsageError(`${path}: sasl.mechanism is one of ${clientMechanisms.join(', ')}`)
  }
  const options = parseJaas(settings.get('sasl.jaas.config') ?? '')[0]?.options
  const username = options?.get('username') ?? settings.get('sasl.username')
  const password = options?.get('password') ?? settings.get('sasl.password')
  if (username === undefined || password === undefined) {
    throw new UsageError(
      `${path}: who logs in is not said: set username and password in sasl.jaas.config, or ` +
        'sasl.username and sasl.password',
    )
  }
  const isToken = options?.get('tokenauth')?.toLowerCase() === 'true'
  return { mechanism, username, password, isToken }
}
