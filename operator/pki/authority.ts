// An authority as it stands in Secrets. `<cluster>-<role>-ca` has the keys and is for the operator
// alone: ca.crt and ca.key sign; next.crt and next.key will; `<cluster>-<role>-ca-cert` has ca.crt,
// everything that is to be trusted, for whoever mounts it. Pure.

import type { AuthorityFacts } from './decide.ts'
import { isPair, readCertificate, splitBundle } from './read.ts'

export type SecretData = Readonly<Record<string, string>>

export const trustedSince = 'samsa.io/trusted-since'

export function authorityFacts(
  keys: SecretData | null,
  bundle: SecretData | null,
  annotations: Readonly<Record<string, string>>,
): AuthorityFacts {
  const one = (name: string) => {
    const facts = readCertificate(keys?.[`${name}.crt`])
    return facts !== null && isPair(facts, keys?.[`${name}.key`]) ? facts : null
  }
  const next = one('next')
  const trusted = splitBundle(bundle?.['ca.crt'] ?? '')
  const isTrusted = trusted.some((pem) => pem.trim() === (keys?.['next.crt'] ?? '').trim())
  const since = Date.parse(annotations[trustedSince] ?? '')
  const nextTrustedMs = isTrusted && Number.isFinite(since) ? since : null
  return { active: one('ca'), next, nextTrustedMs }
}

/** All that is to be trusted: what signs, what will, and what signed before and is not over yet. */
export function bundleOf(keys: SecretData, before: SecretData | null, nowMs: number): string {
  const wanted = [keys['ca.crt'], keys['next.crt'], ...splitBundle(before?.['ca.crt'] ?? '')]
  const kept = new Set<string>()
  for (const pem of wanted) {
    const facts = readCertificate(pem)
    if (pem !== undefined && facts !== null && facts.untilMs > nowMs) kept.add(pem.trim())
  }
  return [...kept].map((pem) => `${pem}\n`).join('')
}

export function encoded(data: SecretData): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  )
}

export function decoded(data: SecretData | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([name, text]) => [
      name,
      Buffer.from(text, 'base64').toString('utf8'),
    ]),
  )
}
