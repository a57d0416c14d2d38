// A partition while this node follows its leader, in one leader epoch: joins the pure state with
// the log and the link to the leader's broker. Ends when the leadership moves, and is not used
// again.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { assertNever } from '../assert.ts'
import { BrokerError } from '../errors.ts'
import type { PartitionLog, TopicId } from '../log/partition-log.ts'
import { type FollowerEffect, type FollowerInput, FollowerState } from './follower-state.ts'
import type { PartitionContext } from './partition-context.ts'
import type { FollowRefusal, LeaderNews, LinkSubscriber, PeerLink } from './peer-link.ts'

export interface FollowingOptions {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  readonly leaderEpoch: number
  readonly log: PartitionLog
  readonly link: PeerLink
  readonly context: PartitionContext
  /** The log is being changed until this has settled. */
  readonly onChange: (change: Promise<void>) => void
  /** Resolves when nothing of the log is being changed. */
  readonly settled: () => Promise<void>
  readonly onAdvance: () => void
}

export class Following implements LinkSubscriber {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  readonly #options: FollowingOptions
  readonly #state: FollowerState
  #lastWritten: Promise<void> | null = null
  #retry: { cancel(): void } | null = null
  #isConnected = false
  /** Why the last records could not be taken over; null since others were. */
  #reported: string | null = null
  #hasEnded = false

  constructor(options: FollowingOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.#options = options
    this.#state = new FollowerState(options.leaderEpoch, options.log)
  }

  start(): void {
    this.#options.link.add(this)
  }

  /** Records that the leader has committed and this replica lacks; null before it is known. */
  get lagRecords(): number | null {
    const { leaderHighWatermark } = this.#state
    if (leaderHighWatermark < 0) return null
    return Math.max(0, leaderHighWatermark - this.#options.log.logEndOffset)
  }

  /** The log cannot be relied on: the leader is asked to do without it. */
  leave(): void {
    this.#options.link.leave?.(this, this.#state.follow)
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#retry?.cancel()
    this.#options.link.remove(this)
  }

  onConnected(): void {
    this.#isConnected = true
    this.#whenSettled(() => {
      if (this.#isConnected) this.#step({ type: 'connected' })
    })
  }

  onDisconnected(): void {
    this.#isConnected = false
    this.#step({ type: 'disconnected' })
  }

  onData(follow: number, news: LeaderNews): void {
    const { records, highWatermark, logStartOffset } = news
    this.#options.context.metrics.replicationBytesIn += records.length
    this.#step({ type: 'data', follow, records, highWatermark, logStartOffset })
  }

  onDiverging(follow: number, epoch: number, endOffset: number): void {
    this.#step({ type: 'diverging', follow, epoch, endOffset })
  }

  onRefused(follow: number, refusal: FollowRefusal): void {
    const { error, logStartOffset, logEndOffset } = refusal
    this.#note(error)
    this.#step({ type: 'refused', follow, error, logStartOffset, logEndOffset })
  }

  #note(error: KafkaErrorName): void {
    const { context, leaderEpoch } = this.#options
    const fields = { topic: this.topic, partition: this.index, leaderEpoch, error }
    context.events.debug(fields, 'the leader refused a follower')
  }

  #step(input: FollowerInput): void {
    if (this.#hasEnded) return
    for (const effect of this.#state.step(input)) this.#carryOut(effect)
  }

  #whenSettled(action: () => void): void {
    void this.#options.settled().then(() => {
      if (!this.#hasEnded) action()
    })
  }

  #carryOut(effect: FollowerEffect): void {
    const { link, log } = this.#options
    switch (effect.type) {
      case 'follow':
        link.follow(this, effect.follow, effect)
        break
      case 'unfollow':
        link.unfollow(this, effect.follow)
        break
      case 'progress':
        link.progress(this, effect.follow, effect.logEndOffset)
        break
      case 'append':
        this.#append(effect.follow, effect.records)
        break
      case 'advanceHighWatermark':
        log.updateHighWatermark(effect.offset)
        this.#options.onAdvance()
        break
      case 'advanceLogStart':
        // The next news of the leader try again what fails here.
        log.deleteRecords(effect.offset).catch((error: unknown) => this.#report(error))
        break
      case 'truncate':
      case 'restart':
        this.#cut(effect)
        break
      case 'retry':
        this.#retryLater(effect)
        break
      default:
        assertNever(effect)
    }
  }

  #append(follow: number, records: Buffer): void {
    const { log, onChange } = this.#options
    try {
      const { written } = log.appendAsFollower(records)
      this.#reported = null
      if (written === this.#lastWritten) return
      this.#lastWritten = written
      onChange(written)
      written.then(
        () => this.#step({ type: 'written', follow }),
        () => this.#notWritten(follow),
      )
    } catch (error) {
      this.#report(error)
      this.#notWritten(follow)
    }
  }

  /** Once what went before is in the log, or out of it. */
  #notWritten(follow: number): void {
    this.#whenSettled(() => this.#step({ type: 'notWritten', follow }))
  }

  #report(error: unknown): void {
    const { events, metrics } = this.#options.context
    const fields = { topic: this.topic, partition: this.index, error }
    const isCorrupt = error instanceof BrokerError && error.kafkaError === 'CORRUPT_MESSAGE'
    if (isCorrupt) metrics.corruptReplicated++
    // Asked for again and again while a disk is full: the log says so once.
    const kind = error instanceof BrokerError ? error.kafkaError : String(error)
    const severity = kind === this.#reported ? 'debug' : 'warn'
    this.#reported = kind
    events[severity](fields, 'what the leader sent could not be taken over; it is asked for again')
  }

  #cut({ type, follow, offset }: FollowerEffect & { type: 'truncate' | 'restart' }): void {
    const { log, context, leaderEpoch } = this.#options
    const { logEndOffset, highWatermark } = log
    const { topic, index: partition } = this
    const fields = { topic, partition, leaderEpoch, from: logEndOffset, to: offset, highWatermark }
    context.metrics.truncations++
    if (type === 'truncate' && offset >= highWatermark) {
      context.events.info(fields, 'the log is cut: the new leader does not have what follows')
    } else if (logEndOffset > log.logStartOffset) {
      // After an unclean election, or for a replica that was away longer than retention keeps data.
      context.events.warn(fields, 'the log is cut below what was committed: the leader lacks it')
    }
    // The log waits for its writes by itself.
    const cut = type === 'truncate' ? log.truncateTo(offset) : log.truncateFullyAndStartAt(offset)
    this.#options.onChange(cut)
    cut.then(
      () => {
        this.#options.onAdvance()
        this.#step({ type: 'truncated', follow })
      },
      (error: unknown) => {
        this.#report(error)
        this.#step({ type: 'notTruncated', follow })
      },
    )
  }

  #retryLater({ follow, afterMs }: FollowerEffect & { type: 'retry' }): void {
    this.#retry?.cancel()
    this.#retry = this.#options.context.timers.schedule(afterMs, () => {
      this.#whenSettled(() => this.#step({ type: 'retryDue', follow }))
    })
  }
}
