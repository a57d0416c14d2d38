// TLS of one listener as the code uses it, from Kafka's ssl.* keys. Pure: opens no file and makes
// no context. What Node cannot do as asked (JKS, an old TLS version, an unknown cipher) is refused
// here, with what to do instead.

import type { ListenerValues } from './listener-values.ts'
import { ConfigError } from './value.ts'

/** Where key material is: in a file that may change, or in the configuration itself. */
export type PemSource =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'text'; readonly pem: string }

export type KeySource =
  /** A private key and its certificates, leaf first, in PEM. */
  | { readonly format: 'pem'; readonly source: PemSource; readonly password: string | null }
  | { readonly format: 'pkcs12'; readonly path: string; readonly password: string | null }

export type ClientAuth = 'none' | 'requested' | 'required'

export interface TlsConfig {
  readonly key: KeySource
  /** Null: nobody's certificate is trusted. */
  readonly trusted: PemSource | null
  readonly clientAuth: ClientAuth
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** In OpenSSL's form; null is Node's own choice. */
  readonly ciphers: string | null
  readonly principalMappingRules: string
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/**
 * Null when the listener names no key. Throws a ConfigError for what cannot be followed.
 */
export function readTlsConfig(values: ListenerValues): TlsConfig | null {
  const versions = readVersions(values)
  const key = readKey(values)
  const trusted = readTrusted(values)
  const clientAuth = readClientAuth(values)
  const ciphers = readCiphers(values)
  const principalMappingRules = values.string('ssl.principal.mapping.rules') ?? 'DEFAULT'
  if (key === null) return null
  if (clientAuth !== 'none' && trusted === null) {
    throw new ConfigError(
      `${values.keyOf('ssl.client.auth')}=${clientAuth} needs ssl.truststore.location or ` +
        'ssl.truststore.certificates: the certificates that clients are checked against',
    )
  }
  return { key, trusted, clientAuth, ...versions, ciphers, principalMappingRules }
}

const versions: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3']

function readVersions(values: ListenerValues): { minVersion: TlsVersion; maxVersion: TlsVersion } {
  const enabled = values.list('ssl.enabled.protocols')
  const other = enabled.find((name) => !versions.some((version) => version === name))
  if (other !== undefined) {
    throw new ConfigError(
      `${values.keyOf('ssl.enabled.protocols')} has ${other}; TLSv1.2 and TLSv1.3 are served`,
    )
  }
  const on = versions.filter((version) => enabled.length === 0 || enabled.includes(version))
  return { minVersion: on[0] ?? 'TLSv1.2', maxVersion: on.at(-1) ?? 'TLSv1.3' }
}

function readClientAuth(values: ListenerValues): ClientAuth {
  const text = values.string('ssl.client.auth')
  return text === 'required' || text === 'requested' ? text : 'none'
}

function readKey(values: ListenerValues): KeySource | null {
  const key = values.string('ssl.keystore.key')
  const chain = values.string('ssl.keystore.certificate.chain')
  const path = values.string('ssl.keystore.location')
  const type = (values.string('ssl.keystore.type') ?? 'JKS').toUpperCase()
  const storePassword = values.string('ssl.keystore.password')
  const keyPassword = values.string('ssl.key.password')
  if ((key === null) !== (chain === null)) {
    throw new ConfigError(
      'ssl.keystore.key and ssl.keystore.certificate.chain must be set together',
    )
  }
  if (key !== null && chain !== null) {
    if (path !== null) {
      throw new ConfigError('Both ssl.keystore.location and ssl.keystore.key are set: choose one')
    }
    const source = { type: 'text', pem: `${key}\n${chain}` } as const
    return { format: 'pem', source, password: keyPassword }
  }
  if (path === null) return null
  if (type === 'PEM') {
    return { format: 'pem', source: { type: 'file', path }, password: keyPassword }
  }
  if (type === 'PKCS12') return { format: 'pkcs12', path, password: storePassword }
  throw unreadable(values.keyOf('ssl.keystore.type'), type)
}

function readTrusted(values: ListenerValues): PemSource | null {
  const pem = values.string('ssl.truststore.certificates')
  const path = values.string('ssl.truststore.location')
  const type = (values.string('ssl.truststore.type') ?? 'JKS').toUpperCase()
  if (pem !== null && path !== null) {
    throw new ConfigError(
      'Both ssl.truststore.location and ssl.truststore.certificates are set: choose one',
    )
  }
  if (pem !== null) return { type: 'text', pem }
  if (path === null) return null
  if (type === 'PEM') return { type: 'file', path }
  throw unreadable(values.keyOf('ssl.truststore.type'), type)
}

function unreadable(key: string, type: string): ConfigError {
  return new ConfigError(
    `${key}=${type} cannot be read here. Export it to PEM (for JKS: keytool -importkeystore to ` +
      `PKCS12, then openssl pkcs12 -nodes) and set ${key}=PEM`,
  )
}

/** Java's names of the suites of TLS 1.2 that are worth having; those of 1.3 are the same. */
const opensslNames: ReadonlyMap<string, string> = new Map([
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256'],
  ['TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', 'DHE-RSA-AES256-GCM-SHA384'],
])
const tls13Suites: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]

function readCiphers(values: ListenerValues): string | null {
  const names = values.list('ssl.cipher.suites')
  if (names.length === 0) return null
  const suites = names.map((name) => {
    const suite = tls13Suites.includes(name) ? name : opensslNames.get(name)
    if (suite !== undefined) return suite
    const known = [...tls13Suites, ...opensslNames.keys()]
    throw new ConfigError(
      `${values.keyOf('ssl.cipher.suites')} has ${name}; served are ${known.join(', ')}`,
    )
  })
  return suites.join(':')
}
