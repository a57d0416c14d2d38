// What a plan is made of and made for. Plain data: plans are computed from it and from nothing
// else.

import { CommandError } from '../errors.ts'

export interface PlanBroker {
  readonly id: number
  readonly rack: string | null
}

export interface PlanPartition {
  readonly topic: string
  readonly index: number
  /** The first is the preferred leader. */
  readonly replicas: readonly number[]
  /** Who leads now; -1 for none. */
  readonly leader: number
  /** Replicas that are in sync; all of them where this is not said. */
  readonly inSync?: readonly number[]
  readonly sizeBytes: number
}

export interface Move {
  readonly partition: PlanPartition
  readonly to: readonly number[]
}

/** What one broker has to carry. */
export interface BrokerLoad {
  readonly id: number
  readonly replicas: number
  readonly leaders: number
  readonly sizeBytes: number
  readonly leaderBytes: number
}

export interface Plan {
  readonly moves: readonly Move[]
  readonly before: readonly BrokerLoad[]
  readonly after: readonly BrokerLoad[]
  /** Bytes that are copied to a broker that does not have them. */
  readonly copiedBytes: number
}

/** No plan can do what was asked for. */
export class PlanError extends CommandError {
  override readonly name = 'PlanError'
}
