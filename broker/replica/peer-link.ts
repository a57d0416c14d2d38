// What a followed partition asks of the connection to its leader's broker, and what it is told by
// it. The transport behind it keeps the order of messages in both directions.

import type { BrokerId } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { TopicId } from '../log/partition-log.ts'
import type { FollowPosition } from './follow-check.ts'

/** A followed partition, as the link to its leader sees it. `follow` numbers are the partition's. */
export interface LinkSubscriber {
  readonly topic: string
  readonly topicId: TopicId
  readonly index: number
  onConnected(): void
  onDisconnected(): void
  onData(follow: number, news: LeaderNews): void
  onDiverging(follow: number, epoch: number, endOffset: number): void
  onRefused(follow: number, refusal: FollowRefusal): void
}

export interface LeaderNews {
  /** Whole batches, a view of the received message; may be empty. */
  readonly records: Buffer
  readonly highWatermark: number
  readonly logStartOffset: number
}

export interface FollowRefusal {
  readonly error: KafkaErrorName
  /** The leader's. */
  readonly logStartOffset: number
  readonly logEndOffset: number
}

export interface FollowStart extends FollowPosition {
  readonly logStartOffset: number
}

/** The connection to one broker, shared by all partitions that it leads. */
export interface PeerLink {
  /** Tells the subscriber at once, or as soon as there is a connection. */
  add(subscriber: LinkSubscriber): void
  remove(subscriber: LinkSubscriber): void
  follow(subscriber: LinkSubscriber, follow: number, start: FollowStart): void
  unfollow(subscriber: LinkSubscriber, follow: number): void
  progress(subscriber: LinkSubscriber, follow: number, logEndOffset: number): void
  /** The replica cannot be relied on: the leader takes it out of the ISR. */
  leave?(subscriber: LinkSubscriber, follow: number): void
}

export interface PeerLinks {
  linkTo(brokerId: BrokerId): PeerLink
}
