// A partition while this node leads it, in one leader epoch: joins the pure state with the log, the
// waits for commits and the followers' feeds. Ends when the leadership does, and is not used again.

import type { BrokerId, PartitionImage } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../errors.ts'
import type {
  Append,
  AppendOptions,
  PartitionLog,
  PublishedBatches,
  TopicId,
} from '../log/partition-log.ts'
import { CommitWaits } from './commit-waits.ts'
import { checkFollow, type FollowAnswer, type FollowPosition } from './follow-check.ts'
import type { IsrMember, IsrProposal } from './isr-state.ts'
import { type FollowerProgress, LeaderState } from './leader-state.ts'
import type { PartitionContext } from './partition-context.ts'

/** What a leader's news go out by, to one follower. */
export interface FollowerFeed {
  readonly brokerId: BrokerId
  /** The log end, the high watermark or the log start moved. */
  onNews(): void
  /** Batches were written just now; their bytes are there during the call only. */
  onPublished?(batches: PublishedBatches): void
  /** Nothing more will come; the follower has to ask elsewhere, or again. */
  onEnd(error: KafkaErrorName): void
}

export interface LeadingOptions {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  readonly image: PartitionImage
  readonly log: PartitionLog
  readonly context: PartitionContext
  /** The log has more, or the high watermark moved. */
  readonly onWritten: (append: Promise<void>) => void
  readonly onAdvance: () => void
}

const none: FollowAnswer = { kind: 'refused', error: 'NOT_LEADER_OR_FOLLOWER' }

export class Leading {
  readonly topicId: TopicId
  readonly index: number
  readonly leaderEpoch: number
  readonly log: PartitionLog
  readonly #options: LeadingOptions
  readonly #context: PartitionContext
  readonly #state: LeaderState
  readonly #waits: CommitWaits
  readonly #feeds = new Map<BrokerId, FollowerFeed>()
  readonly #caughtUp = Promise.withResolvers<KafkaErrorName | null>()
  #image: PartitionImage
  #lastWritten: Promise<void> | null = null
  #ended: KafkaErrorName | null = null

  constructor(options: LeadingOptions) {
    const { image, log, context, topic } = options
    this.topicId = options.topicId
    this.index = options.index
    this.leaderEpoch = image.leaderEpoch
    this.log = log
    this.#options = options
    this.#context = context
    this.#image = image
    this.#waits = new CommitWaits(context.timeouts)
    log.assignEpochStart(image.leaderEpoch)
    this.#state = new LeaderState({
      nodeId: context.nodeId,
      image,
      brokers: context.brokers,
      lagTimeMaxMs: () => context.lagTimeMaxMs(),
      minInsyncReplicas: () => context.minInsyncReplicas(topic),
      logEndOffset: log.logEndOffset,
      highWatermark: log.highWatermark,
      nowMs: context.clock.monotonicMs(),
    })
    this.#onAdvance()
    this.#proposeIsr()
  }

  get isr(): readonly BrokerId[] {
    return this.#state.isr
  }

  get isrSizeMin(): number {
    return this.#state.isrSizeMin
  }

  get isUnderMinIsr(): boolean {
    return this.#state.isUnderMinIsr
  }

  /** Whether everything is committed that was in the log at the election. */
  get isCaughtUp(): boolean {
    return this.#state.isCaughtUp
  }

  get followers(): Iterable<FollowerProgress> {
    return this.#state.followers()
  }

  /** Resolves with null once it has caught up, else with the error that ended it. */
  whenCaughtUp(): Promise<KafkaErrorName | null> {
    return this.#caughtUp.promise
  }

  /** Throws BrokerErrors as PartitionLog.append does. */
  append(
    batch: Buffer,
    origin: AppendOptions['origin'],
    checks: Omit<AppendOptions, 'leaderEpoch' | 'origin'> = {},
  ): Append {
    if (this.#ended !== null) throw new BrokerError(this.#ended, 'the leadership has ended')
    const { leaderEpoch } = this
    const append = this.log.append(batch, { ...checks, leaderEpoch, origin })
    if (append.duplicate || append.written === this.#lastWritten) return append
    this.#lastWritten = append.written
    this.#options.onWritten(append.written)
    append.written.then(this.#onWritten, this.#onWritten)
    return append
  }

  readonly #onPublished = (batches: PublishedBatches): void => {
    for (const feed of this.#feeds.values()) feed.onPublished?.(batches)
  }

  readonly #onWritten = (): void => {
    if (this.#ended !== null || this.log.logEndOffset <= this.#state.logEndOffset) return
    const nowMs = this.#context.clock.monotonicMs()
    if (this.#state.appended(nowMs, this.log.logEndOffset)) this.#onAdvance()
    this.#tellFeeds()
  }

  /**
   * Null where the append is committed already; else resolves with null once it is, or with the
   * error that ended the wait. To be asked once the append is written.
   */
  committed(
    append: Pick<Append, 'lastOffset'>,
    timeoutMs: number,
  ): Promise<KafkaErrorName | null> | null {
    if (append.lastOffset < this.#state.highWatermark) return null
    if (this.#ended !== null) return Promise.resolve(this.#ended)
    return this.#waits.add(append.lastOffset, timeoutMs)
  }

  /** A follower asks for what comes after its log end. One feed a follower: the latest. */
  follow(feed: FollowerFeed, member: IsrMember, position: FollowPosition): FollowAnswer {
    if (this.#ended !== null) return none
    if (!this.#image.replicas.includes(member.brokerId)) return none
    if (!this.log.online) return { kind: 'refused', error: 'KAFKA_STORAGE_ERROR' }
    const { leaderEpoch, log } = this
    const answer = checkFollow(
      {
        leaderEpoch,
        logStartOffset: log.logStartOffset,
        logEndOffset: log.logEndOffset,
        endOffsetForEpoch: (epoch) => log.endOffsetForEpoch(epoch),
      },
      position,
    )
    if (answer.kind !== 'accepted') return answer
    this.#feeds.set(member.brokerId, feed)
    log.onPublished = this.#onPublished
    const nowMs = this.#context.clock.monotonicMs()
    this.#after(this.#state.followed(nowMs, member, position.logEndOffset))
    return answer
  }

  progressed(feed: FollowerFeed, logEndOffset: number): void {
    if (this.#ended !== null || this.#feeds.get(feed.brokerId) !== feed) return
    const nowMs = this.#context.clock.monotonicMs()
    this.#after(this.#state.progressed(nowMs, feed.brokerId, logEndOffset))
  }

  unfollow(feed: FollowerFeed): void {
    if (this.#feeds.get(feed.brokerId) !== feed) return
    this.#feeds.delete(feed.brokerId)
    if (this.#feeds.size === 0) this.log.onPublished = null
    this.#state.unfollowed(feed.brokerId)
  }

  /** The follower wants to leave the ISR. */
  left(feed: FollowerFeed): void {
    if (this.#ended !== null || this.#feeds.get(feed.brokerId) !== feed) return
    this.#state.left(feed.brokerId)
    this.#proposeIsr()
  }

  /** News of the partition in the same leader epoch. */
  updated(image: PartitionImage): void {
    const { metrics, clock } = this.#context
    const before = this.#state.isr.length
    const isNews = image.partitionEpoch > this.#image.partitionEpoch
    this.#image = image
    const moved = this.#state.updated(clock.monotonicMs(), image)
    if (isNews && this.#state.isr.length < before) metrics.isrShrinks++
    if (isNews && this.#state.isr.length > before) metrics.isrExpands++
    for (const [id, feed] of this.#feeds) {
      if (image.replicas.includes(id)) continue
      this.unfollow(feed)
      feed.onEnd('NOT_LEADER_OR_FOLLOWER')
    }
    this.#after(moved)
  }

  /** Now and then: what time alone changes. */
  tick(): void {
    if (this.#image.replicas.length === 1) return
    if (this.#state.reconsider(this.#context.clock.monotonicMs())) this.#advanced()
    this.#proposeIsr()
  }

  answered(proposal: IsrProposal, error: KafkaErrorName): void {
    if (this.#ended !== null) return
    if (error !== 'NONE') this.#context.metrics.failedIsrUpdates++
    const moved = this.#state.answered(this.#context.clock.monotonicMs(), proposal, error)
    if (moved) this.#advanced()
  }

  #after(moved: boolean): void {
    if (moved) this.#advanced()
    if (this.#state.isr.length < this.#image.replicas.length) this.#proposeIsr()
  }

  #proposeIsr(): void {
    if (this.#image.replicas.length === 1 && !this.#image.recovering) return
    const proposal = this.#state.propose(this.#context.clock.monotonicMs())
    if (proposal !== null) this.#context.askForIsr(this, proposal)
  }

  #advanced(): void {
    this.#onAdvance()
    this.#tellFeeds()
  }

  #onAdvance(): void {
    const { highWatermark } = this.#state
    if (highWatermark > this.log.highWatermark) this.log.updateHighWatermark(highWatermark)
    const tooFew = this.#state.isUnderMinIsr ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' : null
    this.#waits.advance(highWatermark, tooFew)
    if (this.#state.isCaughtUp) this.#caughtUp.resolve(null)
    this.#options.onAdvance()
  }

  /** Also after the log start moved. */
  #tellFeeds(): void {
    for (const feed of this.#feeds.values()) feed.onNews()
  }

  /** The log start moved: followers drop what is below. */
  logStartMoved(): void {
    this.#tellFeeds()
  }

  end(error: KafkaErrorName): void {
    if (this.#ended !== null) return
    this.#ended = error
    this.#waits.end(error)
    this.#caughtUp.resolve(error)
    this.log.onPublished = null
    const feeds = [...this.#feeds.values()]
    this.#feeds.clear()
    for (const feed of feeds) feed.onEnd(error)
  }
}
