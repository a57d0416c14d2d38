// One followed partition in one leader epoch, as a pure state: inputs in, effects out. It follows,
// cuts its log where the leader's goes another way, appends what comes, says how far it is. No log,
// clock, promise or network inside. Each `follow` has a number; what answers an older one is
// ignored, so that nothing late can be taken for news.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { baseOffset, batchHeaderBytes } from '@samsa/proto/record/batch'
import { assertNever } from '../assert.ts'
import type { EpochEndOffset } from '../log/partition-log.ts'
import type { FollowPosition } from './follow-check.ts'

/** What the state needs to see of the log; a PartitionLog is one. */
export interface FollowerLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly latestEpoch: number
  endOffsetForEpoch(epoch: number): EpochEndOffset
}

export type FollowerInput =
  /** The leader can be reached (again), and no write or cut of the log is under way. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  | {
      readonly type: 'data'
      readonly follow: number
      /** Whole batches; may be empty. */
      readonly records: Buffer
      readonly highWatermark: number
      readonly logStartOffset: number
    }
  | {
      readonly type: 'diverging'
      readonly follow: number
      readonly epoch: number
      readonly endOffset: number
    }
  | {
      readonly type: 'refused'
      readonly follow: number
      readonly error: KafkaErrorName
      /** The leader's; they matter for OFFSET_OUT_OF_RANGE. */
      readonly logStartOffset: number
      readonly logEndOffset: number
    }
  /** An append of this follow is in the log. */
  | { readonly type: 'written'; readonly follow: number }
  /** An append of this follow was refused or undone; nothing of it is in the log, nor under way. */
  | { readonly type: 'notWritten'; readonly follow: number }
  | { readonly type: 'truncated'; readonly follow: number }
  | { readonly type: 'notTruncated'; readonly follow: number }
  | { readonly type: 'retryDue'; readonly follow: number }

export type FollowerEffect =
  | ({
      readonly type: 'follow'
      readonly follow: number
      readonly logStartOffset: number
    } & FollowPosition)
  /** The leader need not send more for it. */
  | { readonly type: 'unfollow'; readonly follow: number }
  /** Answered by `written` or `notWritten`. Appends follow each other without waiting. */
  | { readonly type: 'append'; readonly follow: number; readonly records: Buffer }
  | { readonly type: 'progress'; readonly follow: number; readonly logEndOffset: number }
  | { readonly type: 'advanceHighWatermark'; readonly offset: number }
  /** The leader's log starts there: what is below goes. Needs no answer. */
  | { readonly type: 'advanceLogStart'; readonly offset: number }
  /** Answered by `truncated` or `notTruncated`, once no append is under way. */
  | { readonly type: 'truncate'; readonly follow: number; readonly offset: number }
  /** Everything goes; the log begins anew at the offset. Answered as `truncate` is. */
  | { readonly type: 'restart'; readonly follow: number; readonly offset: number }
  /** To be answered by `retryDue` after the time. */
  | { readonly type: 'retry'; readonly follow: number; readonly afterMs: number }

/** The leader is about to know, or just does not any more: the metadata is on its way. */
const retrySoonMs = 50
/** A disk that is full or bad: nothing hurries. */
const retryLateMs = 500

type Phase = 'disconnected' | 'following' | 'truncating' | 'waiting'

export class FollowerState {
  readonly leaderEpoch: number
  readonly #log: FollowerLog
  #phase: Phase = 'disconnected'
  #follow = 0
  #leaderHighWatermark = -1
  #leaderLogStart = -1
  /** Where to follow from while the log is empty, if that is not where it begins. */
  #startsAt = -1

  constructor(leaderEpoch: number, log: FollowerLog) {
    this.leaderEpoch = leaderEpoch
    this.#log = log
  }

  get phase(): Phase {
    return this.#phase
  }

  /** How far the leader said that it is committed; -1 before it said so. */
  get leaderHighWatermark(): number {
    return this.#leaderHighWatermark
  }

  /** The number of the present follow. */
  get follow(): number {
    return this.#follow
  }

  step(input: FollowerInput): FollowerEffect[] {
    if (input.type === 'connected') return this.#phase === 'disconnected' ? this.#begin() : []
    if (input.type === 'disconnected') {
      // A cut that is under way goes on; whoever connects again waits for it.
      this.#phase = 'disconnected'
      return []
    }
    if (input.follow !== this.#follow || this.#phase === 'disconnected') return []
    switch (input.type) {
      case 'data':
        return this.#onData(input)
      case 'diverging':
        return this.#onDiverging(input)
      case 'refused':
        return this.#onRefused(input)
      case 'written':
        return this.#onWritten()
      case 'notWritten':
        return this.#phase === 'following' ? this.#giveUp() : []
      case 'truncated':
        return this.#begin()
      case 'notTruncated':
        return this.#retry(retryLateMs)
      case 'retryDue':
        return this.#phase === 'waiting' ? this.#begin() : []
      default:
        return assertNever(input)
    }
  }

  #begin(): FollowerEffect[] {
    const { logStartOffset, latestEpoch: lastEpoch } = this.#log
    const { leaderEpoch } = this
    this.#phase = 'following'
    const follow = ++this.#follow
    const logEndOffset = this.#isEmpty
      ? Math.max(this.#log.logEndOffset, this.#startsAt)
      : this.#log.logEndOffset
    const position = { leaderEpoch, logEndOffset, lastEpoch, logStartOffset }
    return [{ type: 'follow', follow, ...position }]
  }

  get #isEmpty(): boolean {
    return this.#log.logEndOffset === this.#log.logStartOffset
  }

  #retry(afterMs: number): FollowerEffect[] {
    this.#phase = 'waiting'
    return [{ type: 'retry', follow: this.#follow, afterMs }]
  }

  #giveUp(): FollowerEffect[] {
    return [{ type: 'unfollow', follow: this.#follow }, ...this.#retry(retryLateMs)]
  }

  #onData(input: FollowerInput & { type: 'data' }): FollowerEffect[] {
    if (this.#phase !== 'following') return []
    this.#leaderHighWatermark = input.highWatermark
    this.#leaderLogStart = input.logStartOffset
    if (input.records.length === 0) return this.#catchUpWithLeader()
    const { logEndOffset } = this.#log
    // What is no batch at all is refused by the log.
    const isBatch = input.records.length >= batchHeaderBytes
    const first = isBatch ? baseOffset(input.records, 0) : logEndOffset
    if (first < logEndOffset && this.#isEmpty) {
      // The leader's log starts within its first batch. The batch is whole here, too: the log
      // begins where the batch does.
      this.#startsAt = logEndOffset
      return this.#cut('restart', first)
    }
    // The high watermark and the log start follow once the records are there.
    return [{ type: 'append', follow: this.#follow, records: input.records }]
  }

  #onWritten(): FollowerEffect[] {
    if (this.#phase !== 'following') return []
    const { logEndOffset } = this.#log
    const progress = { type: 'progress', follow: this.#follow, logEndOffset } as const
    return [progress, ...this.#catchUpWithLeader()]
  }

  /** What the leader committed is committed here, as far as it is here. */
  #catchUpWithLeader(): FollowerEffect[] {
    const log = this.#log
    const effects: FollowerEffect[] = []
    const highWatermark = Math.min(this.#leaderHighWatermark, log.logEndOffset)
    if (highWatermark > log.highWatermark) {
      effects.push({ type: 'advanceHighWatermark', offset: highWatermark })
    }
    const reached = Math.max(highWatermark, log.highWatermark)
    if (this.#leaderLogStart > log.logStartOffset && this.#leaderLogStart <= reached) {
      effects.push({ type: 'advanceLogStart', offset: this.#leaderLogStart })
    }
    return effects
  }

  #onDiverging({ epoch, endOffset }: FollowerInput & { type: 'diverging' }): FollowerEffect[] {
    if (this.#phase !== 'following') return []
    const log = this.#log
    const own = log.endOffsetForEpoch(epoch)
    // Where this log does not have the leader's epoch either, it is cut where its own last epoch
    // below ends, and the leader is asked again (KIP-279).
    const end = own.epoch === epoch ? Math.min(own.endOffset, endOffset) : own.endOffset
    const offset = own.epoch < 0 ? endOffset : end
    return this.#cut('truncate', Math.min(offset, log.logEndOffset))
  }

  #cut(type: 'truncate' | 'restart', offset: number): FollowerEffect[] {
    this.#phase = 'truncating'
    return [{ type, follow: this.#follow, offset }]
  }

  #onRefused(input: FollowerInput & { type: 'refused' }): FollowerEffect[] {
    if (this.#phase !== 'following') return []
    switch (input.error) {
      case 'OFFSET_OUT_OF_RANGE':
        return this.#onOutOfRange(input)
      case 'FENCED_LEADER_EPOCH':
      case 'UNKNOWN_LEADER_EPOCH':
      case 'NOT_LEADER_OR_FOLLOWER':
      case 'UNKNOWN_TOPIC_ID':
        return this.#retry(retrySoonMs)
      default:
        return this.#retry(retryLateMs)
    }
  }

  /**
   * The log ends before the leader's begins, or behind its end, or is of epochs that the leader has
   * forgotten: then nothing tells where the two part.
   */
  #onOutOfRange(leader: FollowerInput & { type: 'refused' }): FollowerEffect[] {
    const { logEndOffset, logStartOffset } = this.#log
    this.#startsAt = -1
    // What is of a known epoch may part from the leader's log before that ends, and within a batch.
    const isBehindEnd = leader.logEndOffset < logEndOffset && leader.logEndOffset >= logStartOffset
    if (isBehindEnd && this.#log.latestEpoch < 0) return this.#cut('truncate', leader.logEndOffset)
    return this.#cut('restart', leader.logStartOffset)
  }
}
