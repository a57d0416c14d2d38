// One partition as this node serves it: its log, and the role that the metadata gives this node, to
// lead it or to follow. Owns the change between roles, which waits until the log is at rest, and
// those who wait for records to become visible. The log owns the bytes.

import type { PartitionImage } from '@samsa/controller/image'
import { assert } from '../assert.ts'
import { BrokerError } from '../errors.ts'
import type { PartitionLog, TopicId } from '../log/partition-log.ts'
import { Following } from './following.ts'
import { Leading } from './leading.ts'
import type { PartitionContext } from './partition-context.ts'

/** Told when records become visible: `bytes` more of them, all below the high watermark now. */
export interface AdvanceListener {
  onAdvance(bytes: number): void
  /** The partition is no longer served here as before: waiting is pointless. */
  onUnavailable(): void
}

export interface PartitionIdentity {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
}

/** Called in the middle of changes: must not change the partition itself. */
export interface PartitionListener {
  onElected(partition: Partition): void
  onResigned(partition: Partition): void
}

const atRest = Promise.resolve()

export class Partition implements PartitionIdentity {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  readonly #context: PartitionContext
  readonly #listener: PartitionListener
  #opened: Promise<void> = atRest
  #log: PartitionLog | null = null
  #openError: Error | null = null
  #image: PartitionImage
  #isGone = false
  #leading: Leading | null = null
  #following: Following | null = null
  /** Counts changes of the role, so that one that waits notices a later one. */
  #roleChanges = 0
  #roleBegun: Promise<void> = atRest
  #isBeginning = false
  /** The latest change of the log's end. */
  #change: Promise<void> = atRest
  /** Where the log ended when its size was last looked at by those who wait for records. */
  #seenSizeBytes = 0
  readonly #listeners = new Set<AdvanceListener>()

  constructor(
    identity: PartitionIdentity,
    image: PartitionImage,
    context: PartitionContext,
    listener: PartitionListener,
  ) {
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.index = identity.index
    this.#image = image
    this.#context = context
    this.#listener = listener
  }

  /** The log is on its way; once more where it could not be opened before. */
  open(opening: Promise<PartitionLog>): void {
    this.#openError = null
    this.#opened = opening.then(
      (log) => {
        this.#log = log
      },
      (error: Error) => {
        this.#openError = error
      },
    )
    this.#changeRole()
  }

  /** Resolves once the log is open or known to be out of order; never rejects. */
  get opened(): Promise<void> {
    return this.#opened
  }

  /** Resolves once the role has begun that the present image gives; never rejects. */
  get ready(): Promise<void> {
    return this.#roleBegun
  }

  get image(): PartitionImage {
    return this.#image
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get isLeader(): boolean {
    return !this.#isGone && this.#image.leader === this.#context.nodeId
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** The leadership in the present leader epoch; null while it has not begun, or is elsewhere. */
  get leading(): Leading | null {
    return this.#leading
  }

  /** Whether the role that the image gives is still to begin. */
  get isBeginning(): boolean {
    return this.#isBeginning
  }

  get following(): Following | null {
    return this.#following
  }

  /** Null until opened, and while it cannot be. */
  get log(): PartitionLog | null {
    return this.#log
  }

  get openError(): Error | null {
    return this.#openError
  }

  get online(): boolean {
    return this.#log?.online ?? false
  }

  /** The open log; waits for it right after the partition was made. */
  openLog(): PartitionLog | Promise<PartitionLog> {
    return this.#log ?? this.#opened.then(() => this.#logOrThrow())
  }

  #logOrThrow(): PartitionLog {
    if (this.#log !== null) return this.#log
    const reason = this.#openError?.message ?? 'not open'
    throw new BrokerError(
      'KAFKA_STORAGE_ERROR',
      `the log of ${this.topic}-${this.index} cannot be used: ${reason}`,
      { cause: this.#openError },
    )
  }

  /** The leadership; waits for its beginning right after the election. Throws where it is not here. */
  lead(): Leading | Promise<Leading> {
    return this.#leading ?? this.#roleBegun.then(() => this.#leadingOrThrow())
  }

  #leadingOrThrow(): Leading {
    if (this.#leading !== null) return this.#leading
    if (this.isLeader) this.#logOrThrow()
    throw new BrokerError('NOT_LEADER_OR_FOLLOWER', `not the leader of ${this.topic}-${this.index}`)
  }

  update(image: PartitionImage): void {
    assert(image.index === this.index, 'another partition is given')
    const before = this.#image
    if (image === before) return
    this.#image = image
    const sameRole = image.leaderEpoch === before.leaderEpoch && image.leader === before.leader
    if (sameRole) this.#leading?.updated(image)
    else this.#changeRole()
  }

  /** The metadata knows this process now: its role may begin. */
  begin(): void {
    if (this.#leading === null && this.#following === null) this.#changeRole()
  }

  /** The partition is deleted, or has no replica here any more. */
  drop(): void {
    this.#isGone = true
    this.#changeRole()
  }

  /** The log is damaged, and about to be replaced: it is used no more. */
  closeLog(reason: Error): void {
    this.#log = null
    this.#openError = reason
    this.#changeRole()
  }

  /** The log's directory failed. */
  fail(): void {
    this.#leading?.end('KAFKA_STORAGE_ERROR')
    this.#following?.end()
    this.#leaveWaiters()
  }

  /** Ends the role at once; the next one begins when the log is at rest. */
  #changeRole(): void {
    const change = ++this.#roleChanges
    this.#following?.end()
    this.#following = null
    const leading = this.#leading
    this.#leading = null
    leading?.end('NOT_LEADER_OR_FOLLOWER')
    if (leading !== null && !this.isLeader) this.#listener.onResigned(this)
    this.#leaveWaiters()
    this.#isBeginning = true
    this.#roleBegun = this.#beginRole(change)
  }

  async #beginRole(change: number): Promise<void> {
    await this.#opened
    await this.#settled()
    if (change !== this.#roleChanges) return
    this.#isBeginning = false
    const log = this.#log
    if (log === null || this.#isGone || !this.#context.isRegistered()) return
    this.#seenSizeBytes = log.sizeBytes
    const { leader } = this.#image
    if (leader === this.#context.nodeId) this.#beginToLead(log)
    else if (leader >= 0) this.#beginToFollow(log)
  }

  #beginToLead(log: PartitionLog): void {
    const { topic, topicId, index } = this
    this.#leading = new Leading({
      topic,
      topicId,
      index,
      image: this.#image,
      log,
      context: this.#context,
      onWritten: (written) => this.#noteChange(written),
      onAdvance: () => this.#onAdvance(log),
    })
    this.#listener.onElected(this)
  }

  #beginToFollow(log: PartitionLog): void {
    const { topic, topicId, index } = this
    const { leader, leaderEpoch } = this.#image
    this.#following = new Following({
      topic,
      topicId,
      index,
      leaderEpoch,
      log,
      link: this.#context.links.linkTo(leader),
      context: this.#context,
      onChange: (change) => this.#noteChange(change),
      settled: () => this.#settled(),
      onAdvance: () => this.#onAdvance(log),
    })
    this.#following.start()
  }

  #noteChange(change: Promise<void>): void {
    this.#change = change
  }

  /** Resolves when no write or cut of the log is under way. */
  async #settled(): Promise<void> {
    for (let change: Promise<void> | null = null; change !== this.#change; ) {
      change = this.#change
      // Whoever made the change hears of its failure.
      await change.catch(() => undefined)
    }
  }

  /** What became visible is about what the log grew by. */
  #onAdvance(log: PartitionLog): void {
    const grown = log.sizeBytes - this.#seenSizeBytes
    this.#seenSizeBytes = log.sizeBytes
    // Retention makes a log smaller meanwhile: then nobody knows, and nobody is left waiting.
    const bytes = grown > 0 ? grown : Number.MAX_SAFE_INTEGER
    for (const listener of this.#listeners) listener.onAdvance(bytes)
  }

  #leaveWaiters(): void {
    for (const listener of this.#listeners) listener.onUnavailable()
  }

  /** The error that a request with this epoch gets (KIP-320), or null; -1 asks for no check. */
  epochError(currentLeaderEpoch: number): 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH' | null {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return null
    return currentLeaderEpoch < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
  }

  listen(listener: AdvanceListener): void {
    this.#listeners.add(listener)
  }

  unlisten(listener: AdvanceListener): void {
    this.#listeners.delete(listener)
  }
}
