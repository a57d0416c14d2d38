// One follower of one led partition: how far it has been sent, and what it has not acknowledged.

import type { BrokerId } from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { PublishedBatches } from '../log/partition-log.ts'
import type { FollowerFeed } from '../replica/leading.ts'
import type { DataFields } from './data-piece.ts'
import type { PartitionChannel } from './partition-channel.ts'

/** The stream that a feed's messages leave by. */
export interface FeedStream {
  readonly brokerId: BrokerId
  push(piece: Buffer): void
  /** Whether the follower may be sent more before it acknowledges; if not, it is told later. */
  hasRoom(feed: Feed): boolean
  noteSent(feed: Feed, bytes: number): void
  noteAcknowledged(bytes: number): void
  onFeedDropped(feed: Feed): void
  /** The follower is to be told. */
  onFeedEnded(feed: Feed, error: KafkaErrorName): void
}

interface Unacknowledged {
  readonly endOffset: number
  readonly bytes: number
}

export class Feed implements FollowerFeed {
  readonly slot: number
  readonly channel: PartitionChannel
  readonly isThrottled: boolean
  readonly #stream: FeedStream
  /** Where to read on. */
  nextOffset: number
  isReading = false
  #isDropped = false
  #sentHighWatermark = -1
  #sentLogStart = -1
  #unacknowledged: Unacknowledged[] = []

  constructor(
    stream: FeedStream,
    channel: PartitionChannel,
    start: { readonly slot: number; readonly nextOffset: number; readonly isThrottled: boolean },
  ) {
    this.#stream = stream
    this.channel = channel
    this.slot = start.slot
    this.nextOffset = start.nextOffset
    this.isThrottled = start.isThrottled
  }

  get brokerId(): BrokerId {
    return this.#stream.brokerId
  }

  onNews(): void {
    this.channel.wake()
  }

  onPublished(batches: PublishedBatches): void {
    this.channel.sendPublished(this, batches)
  }

  /** The leadership is over. */
  onEnd(error: KafkaErrorName): void {
    this.end(error)
  }

  end(error: KafkaErrorName): void {
    if (this.#isDropped) return
    this.drop()
    this.#stream.onFeedEnded(this, error)
  }

  /** Nothing more is sent; what is under way counts no more. */
  drop(): void {
    if (this.#isDropped) return
    this.#isDropped = true
    this.channel.remove(this)
    this.channel.leading.unfollow(this)
    const bytes = this.#unacknowledged.reduce((sum, each) => sum + each.bytes, 0)
    this.#unacknowledged = []
    if (bytes > 0) this.#stream.noteAcknowledged(bytes)
    this.#stream.onFeedDropped(this)
  }

  hasRoom(): boolean {
    return this.#stream.hasRoom(this)
  }

  isNews(highWatermark: number, logStartOffset: number): boolean {
    return highWatermark !== this.#sentHighWatermark || logStartOffset !== this.#sentLogStart
  }

  send(piece: Buffer, { highWatermark, logStartOffset }: DataFields): void {
    this.#sentHighWatermark = highWatermark
    this.#sentLogStart = logStartOffset
    this.#stream.push(piece)
  }

  sendRecords(piece: Buffer, fields: DataFields, sent: { nextOffset: number; bytes: number }) {
    this.nextOffset = sent.nextOffset
    this.#unacknowledged.push({ endOffset: sent.nextOffset, bytes: sent.bytes })
    this.#stream.noteSent(this, sent.bytes)
    this.send(piece, fields)
  }

  /** The follower has written up to here. */
  acknowledged(logEndOffset: number): void {
    let bytes = 0
    let count = 0
    for (const each of this.#unacknowledged) {
      if (each.endOffset > logEndOffset) break
      bytes += each.bytes
      count++
    }
    if (count === 0) return
    this.#unacknowledged.splice(0, count)
    this.#stream.noteAcknowledged(bytes)
  }
}
