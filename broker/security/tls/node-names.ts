// Which nodes a certificate names: `samsa-node-<node.id>` as a DNS name of it, or as its common
// name. Pure. One that names nobody belongs to no node, whoever signed it.

import type { X509Certificate } from 'node:crypto'

const prefix = 'samsa-node-'

export function nodeName(nodeId: number): string {
  return `${prefix}${nodeId}`
}

/**
 * The texts only propose: whether a name is in the certificate, and no part of a longer one, is
 * OpenSSL's to say.
 */
export function nodeIdsOf(certificate: X509Certificate): ReadonlySet<number> {
  const { subject, subjectAltName } = certificate
  const ids = new Set<number>()
  for (const [, digits = ''] of `${subject}\n${subjectAltName}`.matchAll(
    /samsa-node-(\d{1,10})/gi,
  )) {
    const id = Number(digits)
    const options = { subject: 'always', wildcards: false } as const
    if (certificate.checkHost(nodeName(id), options) !== undefined) ids.add(id)
  }
  return ids
}
