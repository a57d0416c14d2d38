// What a voter is made of: who it is, what its storage found, and what of the world it may not
// reach for itself.

import type { RaftOptions } from './options.ts'
import type { Rules } from './rules.ts'
import type { RestoredState, VoterId } from './types.ts'

export interface VoterSetup {
  readonly id: VoterId
  readonly options: RaftOptions
  readonly restored: RestoredState
  readonly nowMs: number
  /** Uniform in [0, 1), and not the same in any two voters. */
  readonly random: () => number
  readonly checksum: (bytes: Buffer) => number
  /** Only a test brings its own. */
  readonly rules?: Rules
}
