// When a certificate is made, trusted, used and renewed. Pure: what there is and the time in,
// what to do next out. A new authority is trusted first, by everybody and for a while, and signs
// only then: nobody is ever shown a certificate that it has not heard of.

import type { CertificateFacts } from './read.ts'

const dayMs = 86_400_000
/** Mounted Secrets are up to date everywhere after a minute or two (kubelet's sync and its cache). */
export const trustDelayMs = 5 * 60_000
/** A window is not waited for any longer when so little is left of the time for renewal. */
const urgentShare = 1 / 3

export interface AuthorityFacts {
  /** What signs; null: there is none that can be read. */
  readonly active: CertificateFacts | null
  /** What will sign; trusted already. */
  readonly next: CertificateFacts | null
  /** Since when `next` has been among what is trusted; null: it is not yet. */
  readonly nextTrustedMs: number | null
}

export interface RenewalPolicy {
  readonly renewalDays: number
  readonly isWindowOpen: boolean
  /** Somebody asks for a new authority now. */
  readonly isForced: boolean
}

export type AuthorityAction =
  | { readonly type: 'keep' }
  /** None is there, or what is there is over: nobody can be told first. */
  | { readonly type: 'make' }
  | { readonly type: 'make-next' }
  | { readonly type: 'promote' }
  | { readonly type: 'wait'; readonly what: string }

export function decideAuthority(
  { active, next, nextTrustedMs }: AuthorityFacts,
  { renewalDays, isWindowOpen, isForced }: RenewalPolicy,
  nowMs: number,
): AuthorityAction {
  if (active === null || active.untilMs <= nowMs) {
    return next !== null && next.untilMs > nowMs ? { type: 'promote' } : { type: 'make' }
  }
  if (next !== null) {
    const isKnown = nextTrustedMs !== null && nowMs - nextTrustedMs >= trustDelayMs
    if (isKnown) return { type: 'promote' }
    return { type: 'wait', what: 'the next authority is being made known' }
  }
  const leftMs = active.untilMs - nowMs
  if (!isForced && leftMs > renewalDays * dayMs) return { type: 'keep' }
  const isUrgent = leftMs < renewalDays * dayMs * urgentShare
  if (isWindowOpen || isUrgent || isForced) return { type: 'make-next' }
  return { type: 'wait', what: 'a renewal is due and waits for a window' }
}

export interface LeafPolicy extends RenewalPolicy {
  readonly hosts: readonly string[]
  readonly isSigned: boolean
  readonly isPair: boolean
}

/** Whether a certificate has to be made, and why; null when it is good. */
export function leafDue(
  leaf: CertificateFacts | null,
  { hosts, isSigned, isPair, renewalDays, isWindowOpen }: LeafPolicy,
  nowMs: number,
): string | null {
  if (leaf === null) return 'there is none'
  if (!isPair) return 'its key is of another'
  if (!isSigned) return 'the authority is a new one'
  if (hosts.some((host) => !leaf.hosts.includes(host))) return 'its names have changed'
  const leftMs = leaf.untilMs - nowMs
  if (leftMs > renewalDays * dayMs) return null
  const isUrgent = leftMs < renewalDays * dayMs * urgentShare
  return isWindowOpen || isUrgent ? 'it runs out' : null
}
