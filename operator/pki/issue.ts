// Makes keys and certificates: authorities, and what they sign. P-256 with SHA-256 throughout. The
// one file that knows the X.509 library, which is loaded before it is needed. Reads no clock: times
// are given.

import { webcrypto } from 'node:crypto'

export interface KeyPair {
  /** PEM, one certificate. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Validity {
  readonly fromMs: number
  readonly untilMs: number
}

export interface LeafRequest extends Validity {
  readonly commonName: string
  /** Host names and IP addresses that it is for; none for a client. */
  readonly hosts: readonly string[]
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** Clocks of others may be behind ours. */
const skewMs = 5 * 60_000
const serverAuth = '1.3.6.1.5.5.7.3.1'
const clientAuth = '1.3.6.1.5.5.7.3.2'

type Library = typeof import('@peculiar/x509')
let loading: Promise<Library> | undefined

/**
 * Loads the library. It takes a moment in which nothing else is done: better before anything waits
 * for this process than while it has to renew its lease.
 */
export async function prepareIssuing(): Promise<void> {
  await library()
}

function library(): Promise<Library> {
  loading ??= (async () => {
    await import('reflect-metadata')
    const x509 = await import('@peculiar/x509')
    x509.cryptoProvider.set(webcrypto)
    return x509
  })()
  return loading
}

/** A self-signed authority, which signs no other authorities. */
export async function makeAuthority(commonName: string, validity: Validity): Promise<KeyPair> {
  const x509 = await library()
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ O: ['samsa.io'] }, { CN: [commonName] }],
    ...period(validity),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pairOf(certificate.toString('pem'), keys)
}

/** Signed by `authority`; never valid for longer than the authority itself. */
export async function makeLeaf(
  authority: KeyPair & { readonly untilMs: number },
  request: LeafRequest,
): Promise<KeyPair> {
  const x509 = await library()
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await newKeys()
  const { fromMs, untilMs, commonName, hosts } = request
  const usages = hosts.length === 0 ? [clientAuth] : [serverAuth, clientAuth]
  const names = hosts.map(
    (host) => ({ type: isAddress(host) ? 'ip' : 'dns', value: host }) as const,
  )
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    // The whole name is the principal of a user.
    subject: [{ CN: [commonName] }],
    issuer: issuer.subject,
    ...period({ fromMs, untilMs: Math.min(untilMs, authority.untilMs) }),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  return pairOf(certificate.toString('pem'), keys)
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function pairOf(certificate: string, keys: webcrypto.CryptoKeyPair): Promise<KeyPair> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { certificate: `${certificate.trim()}\n`, key: pem('PRIVATE KEY', der) }
}

function importKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** 127 random bits: positive, and never the same twice. */
function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01
  return Buffer.from(bytes).toString('hex')
}

function period({ fromMs, untilMs }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(fromMs - skewMs), notAfter: new Date(untilMs) }
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$/.test(host) || host.includes(':')
}
