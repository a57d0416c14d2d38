// What a voter is at the moment, with what it needs for that and forgets afterwards.

import type { Leadership } from './leadership.ts'
import type { VoterId } from './types.ts'

export interface Candidacy {
  readonly type: 'preCandidate' | 'candidate'
  /** The leader asked this voter to stand, so leases do not count. */
  readonly isTransfer: boolean
  readonly votes: Map<VoterId, boolean>
}

export type Role =
  | { readonly type: 'follower' }
  | Candidacy
  | { readonly type: 'leader'; readonly office: Leadership }
