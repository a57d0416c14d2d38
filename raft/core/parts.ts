// What the parts of a voter share: its name, its numbers, its rules, its log and its way out.

import type { Durability } from './durability.ts'
import type { RaftLog } from './log.ts'
import type { RaftOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import type { Rules } from './rules.ts'
import type { VoterId } from './types.ts'

export interface VoterParts {
  readonly id: VoterId
  readonly options: RaftOptions
  readonly rules: Rules
  readonly log: RaftLog
  readonly durability: Durability
  readonly outbox: Outbox
}
