// The leader's end of a stream from one follower's broker: its subscriptions, and what goes out to
// it. What gathers in one turn of the event loop leaves as one message; bytes that the follower has
// not acknowledged are bounded.

import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { BrokerId } from '@samsa/controller/image'
import {
  type FollowerEvent,
  type FollowerMessage,
  type FollowStart,
  type Hello,
  LeaderMessage,
  type LeaderMessageInit,
} from '@samsa/proto/grpc/gen/replication'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { Feed, type FeedStream } from './feed.ts'
import type { PartitionChannel } from './partition-channel.ts'
import type { Throttle } from './throttle.ts'

/**
 * Record bytes under way to one broker. A gigabit link with 10 ms of round trip holds 1.2 MB; a
 * follower's disk may hold up more.
 */
const unacknowledgedBytesMax = 8 * 1024 * 1024
/** Pieces joined to one message; larger ones leave alone, as joining copies. */
const joinedBytesMax = 64 * 1024

export type FollowerCall = ServerDuplexStream<FollowerMessage, Buffer>

/** What a stream needs of the server that it belongs to. */
export interface StreamHost {
  /** The channel of a partition that is led here, or why there is none; may have to wait. */
  channelOf(start: FollowStart): PartitionChannel | KafkaErrorName | Promise<void>
  add(feed: Feed): void
  dropIfUnused(channel: PartitionChannel): void
  /** Whether this node's sending of the partition is limited. */
  isThrottled(channel: PartitionChannel): boolean
  isInSync(channel: PartitionChannel, brokerId: BrokerId): boolean
  readonly throttle: Throttle
}

export class FollowerStream implements FeedStream {
  readonly brokerId: BrokerId
  readonly #brokerEpoch: number
  readonly #call: FollowerCall
  readonly #host: StreamHost
  readonly #bySlot = new Map<number, Feed>()
  /** Channels with feeds that found no room. */
  readonly #blocked = new Set<PartitionChannel>()
  readonly #ownThrottle: Throttle
  #pieces: Buffer[] = []
  #isFlushDue = false
  #isDraining = false
  #unacknowledgedBytes = 0
  #isClosed = false

  constructor(call: FollowerCall, hello: Hello, host: StreamHost, ownThrottle: Throttle) {
    this.#call = call
    this.#host = host
    this.brokerId = hello.brokerId
    this.#brokerEpoch = hello.brokerEpoch
    this.#ownThrottle = ownThrottle
    call.on('drain', () => {
      this.#isDraining = false
      this.#flush()
    })
  }

  onEvent(event: FollowerEvent): void {
    if (this.#isClosed) return
    if (event.event === 'follow') this.#follow(event.follow)
    else if (event.event === 'unfollow') this.#bySlot.get(event.unfollow)?.drop()
    else if (event.event === 'leave') {
      const feed = this.#bySlot.get(event.leave)
      feed?.channel.leading.left(feed)
    } else if (event.event === 'progress') {
      const feed = this.#bySlot.get(event.progress.slot)
      if (feed === undefined) return
      feed.acknowledged(event.progress.logEndOffset)
      feed.channel.leading.progressed(feed, event.progress.logEndOffset)
    }
  }

  #follow(start: FollowStart): void {
    const channel = this.#host.channelOf(start)
    if (channel instanceof Promise) {
      // The leadership is beginning.
      void channel.then(() => {
        if (!this.#isClosed) this.#follow(start)
      })
      return
    }
    if (typeof channel === 'string') return this.#refuse(start.slot, channel, null)
    const { slot, leaderEpoch, logEndOffset, lastEpoch, throttled: isThrottled } = start
    const feed = new Feed(this, channel, { slot, nextOffset: logEndOffset, isThrottled })
    const member = { brokerId: this.brokerId, brokerEpoch: this.#brokerEpoch }
    this.#bySlot.get(start.slot)?.drop()
    // The follower has given up its former subscription of the partition, if there is one.
    channel.feedOf(this.brokerId)?.drop()
    const answer = channel.leading.follow(feed, member, { leaderEpoch, logEndOffset, lastEpoch })
    switch (answer.kind) {
      case 'accepted':
        this.#pushMessage({ events: [{ accepted: { slot, channel: channel.id } }] })
        this.#bySlot.set(slot, feed)
        this.#host.add(feed)
        break
      case 'diverging': {
        const { epoch, endOffset } = answer
        this.#pushMessage({ events: [{ diverging: { slot, epoch, endOffset } }] })
        break
      }
      default:
        this.#refuse(slot, answer.error, channel)
    }
    this.#host.dropIfUnused(channel)
  }

  #refuse(slot: number, error: KafkaErrorName, channel: PartitionChannel | null): void {
    const logStartOffset = channel?.leading.log.logStartOffset ?? 0
    const logEndOffset = channel?.leading.log.logEndOffset ?? 0
    const refused = { slot, error: errorCodes[error], logStartOffset, logEndOffset }
    this.#pushMessage({ events: [{ refused }] })
  }

  onFeedDropped(feed: Feed): void {
    this.#bySlot.delete(feed.slot)
    this.#host.dropIfUnused(feed.channel)
  }

  onFeedEnded(feed: Feed, error: KafkaErrorName): void {
    this.#refuse(feed.slot, error, feed.channel)
  }

  hasRoom(feed: Feed): boolean {
    if (this.#isClosed) return false
    if (this.#unacknowledgedBytes >= unacknowledgedBytesMax) {
      this.#blocked.add(feed.channel)
      return false
    }
    const { channel } = feed
    const isThrottledHere = this.#host.isThrottled(channel)
    if (!feed.isThrottled && !isThrottledHere) return true
    // What commits wait for is never held up.
    if (this.#host.isInSync(channel, this.brokerId)) return true
    if (isThrottledHere && !this.#host.throttle.admits(channel.wake)) return false
    return !feed.isThrottled || this.#ownThrottle.admits(channel.wake)
  }

  noteSent(feed: Feed, bytes: number): void {
    this.#unacknowledgedBytes += bytes
    if (this.#host.isThrottled(feed.channel)) this.#host.throttle.spend(bytes)
    if (feed.isThrottled) this.#ownThrottle.spend(bytes)
  }

  noteAcknowledged(bytes: number): void {
    this.#unacknowledgedBytes -= bytes
    if (this.#blocked.size === 0 || this.#unacknowledgedBytes >= unacknowledgedBytesMax) return
    const blocked = [...this.#blocked]
    this.#blocked.clear()
    for (const channel of blocked) channel.wake()
  }

  #pushMessage(message: LeaderMessageInit): void {
    this.push(LeaderMessage.encode(message).finish() as Buffer)
  }

  push(piece: Buffer): void {
    if (this.#isClosed) return
    this.#pieces.push(piece)
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushDue = false
    if (this.#isClosed || this.#isDraining) return
    const pieces = this.#pieces
    this.#pieces = []
    let from = 0
    while (from < pieces.length) {
      let to = from
      let bytes = 0
      do bytes += pieces[to++]?.length ?? 0
      while (to < pieces.length && bytes + (pieces[to]?.length ?? 0) <= joinedBytesMax)
      const [first] = pieces.slice(from, from + 1)
      const message = to === from + 1 ? first : Buffer.concat(pieces.slice(from, to), bytes)
      from = to
      // What does not fit any more waits in the stream: the window bounds it.
      if (message !== undefined && !this.#call.write(message)) this.#isDraining = true
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const feed of this.#bySlot.values()) feed.drop()
    this.#pieces = []
  }
}
