// One partition as this node serves it: who leads, how far it is replicated, who waits for it. Owns
// the high watermark's advance and the waiters; the log owns the bytes. A single replica's high
// watermark is its log end; with followers it will be the smallest end among the in-sync replicas.

import type { BrokerId, PartitionImage } from '@samsa/controller/image'
import { assert } from '../assert.ts'
import { BrokerError } from '../errors.ts'
import type { Append, AppendOptions, PartitionLog, TopicId } from '../log/partition-log.ts'

/** Told when records become visible: `bytes` more of them, all below the high watermark now. */
export interface AdvanceListener {
  onAdvance(bytes: number): void
  /** The partition is no longer led here: waiting is pointless. */
  onUnavailable(): void
}

export interface PartitionIdentity {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
}

export class Partition implements PartitionIdentity {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  /** Resolves once the log is open or known to be out of order; never rejects. */
  readonly opened: Promise<void>
  readonly #nodeId: BrokerId
  #log: PartitionLog | null = null
  #openError: Error | null = null
  #image: PartitionImage
  #isDeleted = false
  #lastWritten: Promise<void> | null = null
  #unpublishedBytes = 0
  readonly #listeners = new Set<AdvanceListener>()

  constructor(
    identity: PartitionIdentity,
    image: PartitionImage,
    nodeId: BrokerId,
    opening: Promise<PartitionLog>,
  ) {
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.index = identity.index
    this.#image = image
    this.#nodeId = nodeId
    this.opened = opening.then(
      (log) => {
        this.#log = log
        this.#publish()
      },
      (error: Error) => {
        this.#openError = error
      },
    )
  }

  get image(): PartitionImage {
    return this.#image
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get isLeader(): boolean {
    return !this.#isDeleted && this.#image.leader === this.#nodeId
  }

  /** Null until opened, and for good if it could not be. */
  get log(): PartitionLog | null {
    return this.#log
  }

  get online(): boolean {
    return this.#log?.online ?? false
  }

  /** The open log; waits for it right after the partition was made. */
  openLog(): PartitionLog | Promise<PartitionLog> {
    return this.#log ?? this.opened.then(() => this.#logOrThrow())
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

  update(image: PartitionImage): void {
    assert(image.index === this.index, 'another partition is given')
    const wasLeader = this.isLeader
    this.#image = image
    if (wasLeader && !this.isLeader) this.#leaveWaiters()
  }

  delete(): void {
    this.#isDeleted = true
    this.#leaveWaiters()
  }

  #leaveWaiters(): void {
    for (const listener of this.#listeners) listener.onUnavailable()
  }

  /** The error that a request with this epoch gets (KIP-320), or null; -1 asks for no check. */
  epochError(currentLeaderEpoch: number): 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH' | null {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return null
    return currentLeaderEpoch < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
  }

  /**
   * Appends as leader; the returned append's `written` also means that the high watermark has taken
   * it in, as this node is the only replica. Throws BrokerErrors as PartitionLog.append does.
   */
  append(log: PartitionLog, batch: Buffer, origin: AppendOptions['origin']): Append {
    if (!this.isLeader) {
      throw new BrokerError(
        'NOT_LEADER_OR_FOLLOWER',
        `not the leader of ${this.topic}-${this.index}`,
      )
    }
    const append = log.append(batch, { leaderEpoch: this.leaderEpoch, origin })
    if (append.duplicate) return append
    this.#unpublishedBytes += batch.length
    if (append.written !== this.#lastWritten) {
      this.#lastWritten = append.written
      append.written.then(
        () => this.#publish(),
        () => this.#publish(),
      )
    }
    return append
  }

  /** Moves the high watermark to what is written, and tells who waits. */
  #publish(): void {
    const log = this.#log
    if (log === null || log.logEndOffset <= log.highWatermark) return
    log.updateHighWatermark(log.logEndOffset)
    const bytes = this.#unpublishedBytes
    this.#unpublishedBytes = 0
    for (const listener of this.#listeners) listener.onAdvance(bytes)
  }

  listen(listener: AdvanceListener): void {
    this.#listeners.add(listener)
  }

  unlisten(listener: AdvanceListener): void {
    this.#listeners.delete(listener)
  }
}
