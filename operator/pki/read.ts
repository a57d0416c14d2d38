// What a certificate says of itself, by Node's own reader. Pure. Text that is none reads as null:
// Secrets are edited by people.

import { createPrivateKey, X509Certificate } from 'node:crypto'

export interface CertificateFacts {
  readonly fromMs: number
  readonly untilMs: number
  readonly commonName: string
  readonly hosts: readonly string[]
  readonly certificate: X509Certificate
}

export function readCertificate(pem: string | undefined): CertificateFacts | null {
  if (pem === undefined || pem === '') return null
  try {
    const certificate = new X509Certificate(pem)
    return {
      fromMs: Date.parse(certificate.validFrom),
      untilMs: Date.parse(certificate.validTo),
      commonName: /(?:^|[\n+])CN=([^\n+]*)/.exec(certificate.subject)?.[1] ?? '',
      hosts: hostsOf(certificate),
      certificate,
    }
  } catch {
    return null
  }
}

/** Whether a private key and a certificate belong together. */
export function isPair(certificate: CertificateFacts, key: string | undefined): boolean {
  try {
    return key !== undefined && certificate.certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

export function isSignedBy(leaf: CertificateFacts, authority: CertificateFacts): boolean {
  try {
    return leaf.certificate.verify(authority.certificate.publicKey)
  } catch {
    return false
  }
}

/** The certificates of a bundle, each as PEM. */
export function splitBundle(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

function hostsOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1] ?? [])
}
