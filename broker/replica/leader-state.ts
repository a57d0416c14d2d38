// One led partition in one leader epoch, as a pure state: how far each replica is, what is
// committed, who belongs into the ISR. Time and facts come in by calls; no log, clock, promise or
// network inside. The high watermark is the smallest log end among the maximal ISR, stands still
// while the ISR is smaller than min.insync.replicas (KIP-966), and never goes back.

import type { BrokerId, PartitionImage } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assert } from '../assert.ts'
import { type IsrMember, type IsrProposal, IsrState } from './isr-state.ts'

/** What the metadata says of brokers, at the moment of the call. */
export interface BrokersView {
  /** -1 for a broker that is not registered. */
  epochOf(brokerId: BrokerId): number
  /** Unfenced, and not about to stop. */
  isActive(brokerId: BrokerId): boolean
}

export interface LeaderStateOptions {
  readonly nodeId: BrokerId
  readonly image: PartitionImage
  readonly brokers: BrokersView
  /** replica.lag.time.max.ms, read at each use. */
  readonly lagTimeMaxMs: () => number
  /** min.insync.replicas of the topic, read at each use. */
  readonly minInsyncReplicas: () => number
  /** The log at the election: its end is where this epoch starts. */
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly nowMs: number
}

interface Follower {
  readonly id: BrokerId
  /** Of the registration that follows; -1 before it followed in this leader epoch. */
  brokerEpoch: number
  /** -1 before it followed in this leader epoch. */
  logEndOffset: number
  /** False once its stream broke. */
  isFollowing: boolean
  /** The last time that it had all that the leader had then. */
  caughtUpMs: number
  /** The leader's end when the follower was last heard of, and when that was. */
  endThen: number
  heardMs: number
}

/** How far a follower is, for metrics and requests that describe it. */
export interface FollowerProgress {
  readonly brokerId: BrokerId
  readonly logEndOffset: number
  readonly caughtUpMs: number
  readonly isFollowing: boolean
}

function newFollower(id: BrokerId, nowMs: number): Follower {
  const unknown = { brokerEpoch: -1, logEndOffset: -1, isFollowing: false, endThen: -1 }
  return { id, ...unknown, caughtUpMs: Number.NEGATIVE_INFINITY, heardMs: nowMs }
}

export class LeaderState {
  readonly leaderEpoch: number
  /** The log's end at the election. */
  readonly epochStartOffset: number
  readonly #options: LeaderStateOptions
  readonly #isr: IsrState
  readonly #followers = new Map<BrokerId, Follower>()
  #image: PartitionImage
  #logEndOffset: number
  #highWatermark: number

  constructor(options: LeaderStateOptions) {
    const { image, nodeId, nowMs } = options
    assert(image.leader === nodeId, `broker ${nodeId} is not the leader`)
    this.leaderEpoch = image.leaderEpoch
    this.epochStartOffset = options.logEndOffset
    this.#options = options
    this.#image = image
    this.#isr = new IsrState(image)
    this.#logEndOffset = options.logEndOffset
    this.#highWatermark = options.highWatermark
    this.#setReplicas(image, nowMs)
    this.#advance(nowMs)
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** As committed by the controller. */
  get isr(): readonly BrokerId[] {
    return this.#isr.committed
  }

  get maximalIsr(): readonly BrokerId[] {
    return this.#isr.maximal
  }

  get pendingProposal(): IsrProposal | null {
    return this.#isr.pending
  }

  /** The smallest ISR that commits anything: min.insync.replicas, if there are so many replicas. */
  get isrSizeMin(): number {
    return Math.min(this.#options.minInsyncReplicas(), this.#image.replicas.length)
  }

  get isUnderMinIsr(): boolean {
    return this.#isr.committed.length < this.isrSizeMin
  }

  /** Whether everything is committed that was in the log at the election. */
  get isCaughtUp(): boolean {
    return this.#highWatermark >= this.epochStartOffset
  }

  *followers(): Generator<FollowerProgress> {
    for (const { id, logEndOffset, caughtUpMs, isFollowing } of this.#followers.values()) {
      yield { brokerId: id, logEndOffset, caughtUpMs, isFollowing }
    }
  }

  #setReplicas(image: PartitionImage, nowMs: number): void {
    const isrBefore = this.#image === image ? [] : this.#image.isr
    this.#image = image
    for (const id of this.#followers.keys()) {
      if (!image.replicas.includes(id)) this.#followers.delete(id)
    }
    for (const id of image.replicas) {
      if (id === this.#options.nodeId) continue
      const follower = this.#followers.get(id) ?? newFollower(id, nowMs)
      this.#followers.set(id, follower)
      // A new member of the ISR has the whole lag time to show up; others catch up first.
      if (image.isr.includes(id) && !isrBefore.includes(id)) follower.caughtUpMs = nowMs
    }
  }

  /** The leader's log has been written up to here. True when the high watermark moved. */
  appended(nowMs: number, logEndOffset: number): boolean {
    assert(logEndOffset >= this.#logEndOffset, 'a leader never truncates its log')
    for (const follower of this.#followers.values()) {
      if (follower.logEndOffset === this.#logEndOffset) follower.caughtUpMs = nowMs
    }
    this.#logEndOffset = logEndOffset
    return this.#advance(nowMs)
  }

  /**
   * A replica follows in this leader epoch from `logEndOffset` on: its log is known not to diverge
   * (follow-check.ts). True when the high watermark moved.
   */
  followed(nowMs: number, member: IsrMember, logEndOffset: number): boolean {
    const follower = this.#followers.get(member.brokerId)
    if (follower === undefined) return false
    follower.brokerEpoch = member.brokerEpoch
    follower.isFollowing = true
    return this.#heard(nowMs, follower, logEndOffset)
  }

  /** The replica that follows has written up to here. True when the high watermark moved. */
  progressed(nowMs: number, brokerId: BrokerId, logEndOffset: number): boolean {
    const follower = this.#followers.get(brokerId)
    if (follower === undefined || !follower.isFollowing) return false
    return this.#heard(nowMs, follower, logEndOffset)
  }

  #heard(nowMs: number, follower: Follower, logEndOffset: number): boolean {
    const has = logEndOffset
    if (has >= this.#logEndOffset) follower.caughtUpMs = nowMs
    // Under load it never has it all; what there was when it was last heard of will do.
    else if (has >= follower.endThen && follower.endThen >= 0) {
      follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.heardMs)
    }
    follower.logEndOffset = logEndOffset
    follower.endThen = this.#logEndOffset
    follower.heardMs = nowMs
    return this.#advance(nowMs)
  }

  /** Its stream broke, or it stopped following. It stays in the ISR until the lag time is over. */
  unfollowed(brokerId: BrokerId): void {
    const follower = this.#followers.get(brokerId)
    if (follower !== undefined) follower.isFollowing = false
  }

  /** Its log is damaged: it counts as lagging until it follows anew. */
  left(brokerId: BrokerId): void {
    const follower = this.#followers.get(brokerId)
    if (follower === undefined) return
    follower.isFollowing = false
    follower.logEndOffset = -1
    follower.caughtUpMs = Number.NEGATIVE_INFINITY
  }

  /** The metadata has news of the partition in the same leader epoch. True when HW moved. */
  updated(nowMs: number, image: PartitionImage): boolean {
    assert(image.leaderEpoch === this.leaderEpoch, 'another leader epoch needs another state')
    if (this.#isr.updated(image)) this.#setReplicas(image, nowMs)
    return this.#advance(nowMs)
  }

  /** Configs, brokers or time may have changed what is committed. True when HW moved. */
  reconsider(nowMs: number): boolean {
    return this.#advance(nowMs)
  }

  #advance(nowMs: number): boolean {
    if (this.isUnderMinIsr) return false
    let committed = this.#logEndOffset
    for (const follower of this.#followers.values()) {
      if (follower.logEndOffset >= committed) continue
      if (this.#isWaitedFor(nowMs, follower)) committed = follower.logEndOffset
    }
    if (committed <= this.#highWatermark) return false
    this.#highWatermark = committed
    return true
  }

  /**
   * Members of the ISR, and a replica that is about to become one: were it not waited for, the high
   * watermark of a busy partition would always be ahead of it, and it could never join.
   */
  #isWaitedFor(nowMs: number, follower: Follower): boolean {
    if (this.#isr.maximal.includes(follower.id)) return true
    return this.#mayJoin(follower) && this.#keepsUp(nowMs, follower)
  }

  #keepsUp(nowMs: number, { logEndOffset, caughtUpMs }: Follower): boolean {
    if (logEndOffset >= this.#logEndOffset) return true
    return nowMs - caughtUpMs <= this.#options.lagTimeMaxMs()
  }

  /** The controller would refuse others (KIP-841, KIP-903). */
  #mayJoin({ id, brokerEpoch, isFollowing }: Follower): boolean {
    const { brokers } = this.#options
    return isFollowing && brokers.isActive(id) && brokers.epochOf(id) === brokerEpoch
  }

  /** It has all that is committed, and all that was in the log at the election. */
  #isInSync({ logEndOffset }: Follower): boolean {
    return logEndOffset >= this.#highWatermark && logEndOffset >= this.epochStartOffset
  }

  /**
   * The change of the ISR to ask the controller for, or to ask for again; null when there is none.
   * To be called after a replica progressed, after news of the metadata, and now and then.
   */
  propose(nowMs: number): IsrProposal | null {
    const resent = this.#isr.resend(nowMs)
    if (resent !== null || !this.#isr.mayPropose(nowMs)) return resent
    const { committed } = this.#isr
    const wanted = committed.filter((id) => {
      const follower = this.#followers.get(id)
      return follower === undefined || this.#keepsUp(nowMs, follower)
    })
    let isNew = wanted.length < committed.length || this.#image.recovering
    for (const follower of this.#followers.values()) {
      if (committed.includes(follower.id)) continue
      if (!this.#isInSync(follower) || !this.#mayJoin(follower)) continue
      wanted.push(follower.id)
      isNew = true
    }
    if (!isNew) return null
    return this.#isr.propose(
      this.leaderEpoch,
      wanted.map((id) => this.#member(id)),
    )
  }

  #member(brokerId: BrokerId): IsrMember {
    const follower = this.#followers.get(brokerId)
    const known = follower?.brokerEpoch ?? -1
    return { brokerId, brokerEpoch: known >= 0 ? known : this.#options.brokers.epochOf(brokerId) }
  }

  /** What the controller said to a proposal. True when the high watermark moved. */
  answered(nowMs: number, proposal: IsrProposal, error: KafkaErrorName): boolean {
    this.#isr.answered(nowMs, proposal, error)
    return this.#advance(nowMs)
  }
}
