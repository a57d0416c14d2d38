// Replication streams between simulated brokers: the followed partitions' links on one side, the
// leader's feeds on the other, in plain messages over the model's network. What the product does
// over gRPC, without gRPC.

import type { LogRead } from '@samsa/broker/log/partition-log'
import type { FollowerFeed, Leading } from '@samsa/broker/replica/leading'
import type {
  FollowRefusal,
  FollowStart,
  LeaderNews,
  LinkSubscriber,
  PeerLink,
  PeerLinks,
} from '@samsa/broker/replica/peer-link'
import type { ReplicaManager } from '@samsa/broker/replica/replica-manager'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { SimulatedProcess } from '../shared/simulated-process.ts'
import type { Flaws } from './flaws.ts'
import type { Stream, StreamEnd } from './network.ts'

export type FollowerMessage =
  | { readonly type: 'hello'; readonly brokerId: number; readonly brokerEpoch: number }
  | {
      readonly type: 'follow'
      readonly slot: number
      readonly topicId: string
      readonly index: number
      readonly start: FollowStart
    }
  | { readonly type: 'unfollow'; readonly slot: number }
  | { readonly type: 'progress'; readonly slot: number; readonly logEndOffset: number }

export type LeaderMessage =
  | { readonly type: 'data'; readonly slot: number; readonly news: LeaderNews }
  | {
      readonly type: 'diverging'
      readonly slot: number
      readonly epoch: number
      readonly endOffset: number
    }
  | { readonly type: 'refused'; readonly slot: number; readonly refusal: FollowRefusal }

const reconnectMs = 30

export interface LinkWorld {
  readonly process: SimulatedProcess
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly connect: (to: number, end: StreamEnd<LeaderMessage>) => Stream<FollowerMessage>
  /** Something leaves the broker: it may die before it does. */
  readonly effect: () => void
  readonly flaws: Flaws
}

/** The connections of one broker to those that it follows. */
export class ModelLinks implements PeerLinks {
  readonly #world: LinkWorld
  readonly #links = new Map<number, ModelLink>()

  constructor(world: LinkWorld) {
    this.#world = world
  }

  linkTo(brokerId: number): PeerLink {
    let link = this.#links.get(brokerId)
    if (link === undefined) {
      link = new ModelLink(this.#world, brokerId)
      this.#links.set(brokerId, link)
    }
    return link
  }
}

interface Subscription {
  readonly subscriber: LinkSubscriber
  readonly follow: number
}

class ModelLink implements PeerLink {
  readonly #world: LinkWorld
  readonly #to: number
  readonly #subscribers = new Set<LinkSubscriber>()
  #stream: Stream<FollowerMessage> | null = null
  #isReconnecting = false
  #slots = 0
  #bySlot = new Map<number, Subscription>()
  readonly #latest = new Map<LinkSubscriber, number>()

  constructor(world: LinkWorld, to: number) {
    this.#world = world
    this.#to = to
  }

  #connect(): void {
    if (this.#stream !== null || this.#isReconnecting || this.#subscribers.size === 0) return
    // Before it is registered its former self's epoch would be taken for its own (KIP-903).
    if (this.#world.brokerEpoch() < 0) return this.#connectLater()
    const stream = this.#world.connect(this.#to, {
      onMessage: (message) => this.#take(message),
      onClosed: () => this.#closed(),
    })
    this.#stream = stream
    const { brokerId, brokerEpoch } = this.#world
    this.#send({ type: 'hello', brokerId, brokerEpoch: brokerEpoch() })
    for (const subscriber of this.#subscribers) subscriber.onConnected()
  }

  #closed(): void {
    this.#stream = null
    this.#bySlot.clear()
    for (const subscriber of this.#subscribers) subscriber.onDisconnected()
    this.#connectLater()
  }

  #connectLater(): void {
    this.#isReconnecting = true
    this.#world.process.after(reconnectMs, () => {
      this.#isReconnecting = false
      this.#connect()
    })
  }

  #send(message: FollowerMessage): void {
    this.#world.effect()
    this.#stream?.send(message)
  }

  add(subscriber: LinkSubscriber): void {
    this.#subscribers.add(subscriber)
    if (this.#stream !== null) subscriber.onConnected()
    else this.#connect()
  }

  remove(subscriber: LinkSubscriber): void {
    this.#subscribers.delete(subscriber)
    for (const [slot, subscription] of this.#bySlot) {
      if (subscription.subscriber === subscriber) this.#unfollow(slot)
    }
  }

  #unfollow(slot: number): void {
    this.#bySlot.delete(slot)
    this.#send({ type: 'unfollow', slot })
  }

  #slotOf(subscriber: LinkSubscriber, follow: number): number | undefined {
    for (const [slot, one] of this.#bySlot) {
      if (one.subscriber === subscriber && one.follow === follow) return slot
    }
    return undefined
  }

  follow(subscriber: LinkSubscriber, follow: number, start: FollowStart): void {
    if (this.#stream === null) return
    const takesOld = this.#world.flaws.has('takes old follows')
    for (const [slot, one] of this.#bySlot) {
      if (one.subscriber === subscriber && !takesOld) this.#bySlot.delete(slot)
    }
    this.#latest.set(subscriber, follow)
    const slot = ++this.#slots
    this.#bySlot.set(slot, { subscriber, follow })
    const { topicId, index } = subscriber
    this.#send({ type: 'follow', slot, topicId, index, start })
  }

  unfollow(subscriber: LinkSubscriber, follow: number): void {
    const slot = this.#slotOf(subscriber, follow)
    if (slot !== undefined) this.#unfollow(slot)
  }

  progress(subscriber: LinkSubscriber, follow: number, logEndOffset: number): void {
    const slot = this.#slotOf(subscriber, follow)
    if (slot !== undefined) this.#send({ type: 'progress', slot, logEndOffset })
  }

  #take(message: LeaderMessage): void {
    const subscription = this.#bySlot.get(message.slot)
    if (subscription === undefined) return
    const { subscriber } = subscription
    const follow = this.#world.flaws.has('takes old follows')
      ? (this.#latest.get(subscriber) ?? subscription.follow)
      : subscription.follow
    switch (message.type) {
      case 'data':
        return subscriber.onData(follow, message.news)
      case 'diverging':
        return subscriber.onDiverging(follow, message.epoch, message.endOffset)
      case 'refused':
        this.#bySlot.delete(message.slot)
        return subscriber.onRefused(follow, message.refusal)
    }
  }
}

const readBytesMax = 700
/** Records on their way to a follower. */
const windowRecords = 12

/** What one follower's broker gets of all that this broker leads. */
export class FeedServer implements StreamEnd<FollowerMessage> {
  readonly #replicas: ReplicaManager
  readonly #stream: Stream<LeaderMessage>
  readonly flaws: Flaws
  readonly #effect: () => void
  readonly #feeds = new Map<number, Feed>()
  #member = { brokerId: -1, brokerEpoch: -1 }

  constructor(
    replicas: ReplicaManager,
    stream: Stream<LeaderMessage>,
    flaws: Flaws,
    effect: () => void,
  ) {
    this.flaws = flaws
    this.#replicas = replicas
    this.#stream = stream
    this.#effect = effect
  }

  send(message: LeaderMessage): void {
    this.#effect()
    this.#stream.send(message)
  }

  onMessage(message: FollowerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#member = message
        return
      case 'follow':
        return this.#follow(message)
      case 'unfollow':
        return this.#end(message.slot)
      case 'progress':
        return this.#feeds.get(message.slot)?.progressed(message.logEndOffset)
    }
  }

  onClosed(): void {
    for (const slot of this.#feeds.keys()) this.#end(slot)
  }

  #end(slot: number): void {
    this.#feeds.get(slot)?.stop()
    this.#feeds.delete(slot)
  }

  #follow({ slot, topicId, index, start }: FollowerMessage & { type: 'follow' }): void {
    const leading = this.#replicas.find(topicId, index)?.leading ?? null
    if (leading === null) return this.refuse(slot, 'NOT_LEADER_OR_FOLLOWER', null)
    const feed = new Feed(this, slot, leading, this.#member.brokerId, start.logEndOffset)
    this.#feeds.set(slot, feed)
    const { leaderEpoch } = this.flaws.has('follows any epoch') ? leading : start
    const answer = leading.follow(feed, this.#member, { ...start, leaderEpoch })
    if (answer.kind === 'accepted') return feed.onNews()
    this.#feeds.delete(slot)
    if (answer.kind === 'refused') return this.refuse(slot, answer.error, leading)
    const { epoch, endOffset } = answer
    this.send({ type: 'diverging', slot, epoch, endOffset })
  }

  refuse(slot: number, error: KafkaErrorName, leading: Leading | null): void {
    this.#feeds.delete(slot)
    const { logStartOffset, logEndOffset } = leading?.log ?? {
      logStartOffset: -1,
      logEndOffset: -1,
    }
    this.send({ type: 'refused', slot, refusal: { error, logStartOffset, logEndOffset } })
  }
}

class Feed implements FollowerFeed {
  readonly brokerId: number
  readonly #server: FeedServer
  readonly #slot: number
  readonly #leading: Leading
  #nextOffset: number
  #acknowledged: number
  #sentHighWatermark = -1
  #sentLogStart = -1
  #isReading = false
  #hasEnded = false

  constructor(
    server: FeedServer,
    slot: number,
    leading: Leading,
    brokerId: number,
    offset: number,
  ) {
    this.#server = server
    this.#slot = slot
    this.#leading = leading
    this.brokerId = brokerId
    this.#nextOffset = offset
    this.#acknowledged = offset
  }

  onNews(): void {
    if (this.#isReading || this.#hasEnded) return
    const { log } = this.#leading
    const isFull = this.#nextOffset - this.#acknowledged > windowRecords
    if (log.logEndOffset > this.#nextOffset && !isFull) return void this.#read()
    const { highWatermark, logStartOffset } = log
    if (highWatermark === this.#sentHighWatermark && logStartOffset === this.#sentLogStart) return
    this.#give(Buffer.alloc(0))
  }

  async #read(): Promise<void> {
    this.#isReading = true
    const { log } = this.#leading
    const upTo = log.logEndOffset
    const offset = this.#nextOffset
    let read: LogRead
    try {
      const options = { offset, maxBytes: readBytesMax, minOneBatch: true, upTo }
      read = await log.read({ ...options, abortedTransactions: false })
    } catch {
      return this.onEnd('OFFSET_OUT_OF_RANGE')
    } finally {
      this.#isReading = false
    }
    if (this.#hasEnded) return
    this.#nextOffset = read.nextOffset
    this.#give(read.records)
    this.onNews()
  }

  #give(records: Buffer): void {
    const { highWatermark, logStartOffset } = this.#leading.log
    this.#sentHighWatermark = highWatermark
    this.#sentLogStart = logStartOffset
    const news = { records, highWatermark, logStartOffset }
    this.#server.send({ type: 'data', slot: this.#slot, news })
    if (this.#server.flaws.has('counts what is sent')) {
      this.#leading.progressed(this, this.#nextOffset)
    }
  }

  progressed(logEndOffset: number): void {
    this.#acknowledged = logEndOffset
    this.#leading.progressed(this, logEndOffset)
    this.onNews()
  }

  onEnd(error: KafkaErrorName): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#server.refuse(this.#slot, error, this.#leading)
  }

  stop(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#leading.unfollow(this)
  }
}
