// The in-sync replicas of a led partition: what is committed, and the one change that the leader
// has asked the controller for. Pure. Until a change is known to be refused its additions count as
// members (KIP-497): the controller may have taken them in already and could elect one of them.

import type { BrokerId, PartitionImage } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'

export interface IsrMember {
  readonly brokerId: BrokerId
  /** Of the registration that the replica caught up in (KIP-903); -1 when not known. */
  readonly brokerEpoch: number
}

/** One AlterPartition: the whole new ISR, based on `partitionEpoch`. */
export interface IsrProposal {
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly newIsr: readonly IsrMember[]
}

/** A refused change is not asked for again before this has passed. */
const refusedBackoffMs = 200
/** A change whose fate is not known is asked for again after this. */
const resendBackoffMs = 100

interface Pending {
  readonly proposal: IsrProposal
  /** When to send it again; null while it is under way or the metadata will tell. */
  resendAtMs: number | null
}

export class IsrState {
  #partitionEpoch: number
  #committed: readonly BrokerId[]
  #maximal: readonly BrokerId[]
  #pending: Pending | null = null
  #backoffUntilMs = Number.NEGATIVE_INFINITY

  constructor(image: PartitionImage) {
    this.#partitionEpoch = image.partitionEpoch
    this.#committed = image.isr
    this.#maximal = image.isr
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  get committed(): readonly BrokerId[] {
    return this.#committed
  }

  /** Everyone who may be in the ISR now. Nothing is committed that one of them lacks. */
  get maximal(): readonly BrokerId[] {
    return this.#maximal
  }

  /** The change that is asked for and not decided. */
  get pending(): IsrProposal | null {
    return this.#pending?.proposal ?? null
  }

  /** What the metadata says; true where it is news. It settles whatever was pending. */
  updated(image: PartitionImage): boolean {
    if (image.partitionEpoch <= this.#partitionEpoch) return false
    this.#partitionEpoch = image.partitionEpoch
    this.#settle(image.isr)
    return true
  }

  #settle(isr: readonly BrokerId[]): void {
    this.#committed = isr
    this.#maximal = isr
    this.#pending = null
  }

  mayPropose(nowMs: number): boolean {
    return this.#pending === null && nowMs >= this.#backoffUntilMs
  }

  propose(leaderEpoch: number, newIsr: readonly IsrMember[]): IsrProposal {
    const proposal = { leaderEpoch, partitionEpoch: this.#partitionEpoch, newIsr }
    this.#pending = { proposal, resendAtMs: null }
    const added = newIsr.map(({ brokerId }) => brokerId)
    this.#maximal = [...new Set([...this.#committed, ...added])]
    return proposal
  }

  /** The pending change, if it is time to ask for it again. */
  resend(nowMs: number): IsrProposal | null {
    const pending = this.#pending
    if (pending === null || pending.resendAtMs === null || nowMs < pending.resendAtMs) return null
    pending.resendAtMs = null
    return pending.proposal
  }

  answered(nowMs: number, proposal: IsrProposal, error: KafkaErrorName): void {
    const pending = this.#pending
    if (pending?.proposal !== proposal) return
    switch (error) {
      case 'OPERATION_NOT_ATTEMPTED':
      case 'INELIGIBLE_REPLICA':
        // Certainly not done, and never will be: it is based on an epoch that nobody else uses.
        this.#settle(this.#committed)
        this.#backoffUntilMs = nowMs + refusedBackoffMs
        break
      case 'NONE':
      case 'INVALID_UPDATE_VERSION':
      case 'FENCED_LEADER_EPOCH':
      case 'NEW_LEADER_ELECTED':
      case 'UNKNOWN_TOPIC_OR_PARTITION':
      case 'UNKNOWN_TOPIC_ID':
      case 'INVALID_REQUEST':
        // The metadata tells what came of it: it is committed, or other news are.
        break
      default:
        // Not known whether it was done: the same again is harmless, its partition epoch sees to
        // that.
        pending.resendAtMs = nowMs + resendBackoffMs
    }
  }
}
