// The follower's end of the stream to one leader's broker: opens it, opens it again when it breaks,
// and hands what comes to the partitions. Owns the numbers that subscriptions have on the stream.

import type { Client, ClientDuplexStream } from '@grpc/grpc-js'
import type { BrokerId, MetadataImage } from '@samsa/controller/image'
import { openBidiStream } from '@samsa/proto/grpc/calls'
import type { NodeCredentials } from '@samsa/proto/grpc/credentials'
import {
  type FollowerEventInit,
  type FollowerMessageInit,
  type LeaderEvent,
  type LeaderMessage,
  Replication,
} from '@samsa/proto/grpc/gen/replication'
import { grpcJs } from '@samsa/proto/grpc/grpc-js'
import { channelOptions } from '@samsa/proto/grpc/options'
import { errorByCode } from '@samsa/proto/kafka/errors'
import { assertNever } from '../assert.ts'
import type { Timers } from '../clock.ts'
import type { FollowStart, LinkSubscriber, PeerLink } from '../replica/peer-link.ts'
import type { YoungMemory } from '../young-memory.ts'
import type { PeerEvents } from './peer-events.ts'
import { isThrottledReplica } from './throttle.ts'

export interface LeaderLinkOptions {
  readonly nodeId: BrokerId
  readonly leaderId: BrokerId
  readonly image: () => MetadataImage
  /** Of this process's registration; -1 until it has one. */
  readonly brokerEpoch: () => number
  /** follower.replication.throttled.rate for this stream; Number.MAX_SAFE_INTEGER for none. */
  readonly throttledRate: () => number
  /** follower.replication.throttled.replicas of a topic. */
  readonly throttledReplicas: (topic: string) => readonly string[]
  readonly timers: Timers
  readonly events: PeerEvents
  readonly memory: Pick<YoungMemory, 'shortLived'>
  readonly credentials: NodeCredentials
  /** Over gRPC where nothing is said: a simulated network has its own. */
  readonly openStream?: (address: LeaderAddress) => LeaderStream
}

export interface LeaderAddress {
  readonly host: string
  readonly port: number
}

/** What is used of a stream to a leader. */
export type LeaderStream = Pick<
  ClientDuplexStream<FollowerMessageInit, LeaderMessage>,
  'on' | 'write' | 'cancel'
>

/** The listener name of a broker's own gRPC server, as it is registered. */
export const grpcListener = 'SAMSA_GRPC'

/** A leader that comes back is followed at once; one that is gone costs a try now and then. */
const reconnectMsMin = 20
const reconnectMsMax = 500
/**
 * A leader answers the first request to follow at once. Without an answer for so long the
 * connection is given up for a new one: TCP asks a machine that was cut off ever more seldom, and
 * would find it seconds after it is back.
 */
const firstAnswerMs = 1_500

interface Subscription {
  readonly subscriber: LinkSubscriber
  slot: number
  follow: number
  /** The leader's number for it, once it was accepted. */
  channel: number
  /** What the leader is still to be told of: how far the log is. */
  progress: number | null
}

export class LeaderLink implements PeerLink {
  readonly #options: LeaderLinkOptions
  readonly #subscriptions = new Map<LinkSubscriber, Subscription>()
  readonly #bySlot = new Map<number, Subscription>()
  readonly #byChannel = new Map<number, Subscription>()
  #nextSlot = 1
  #client: Client | null = null
  #stream: LeaderStream | null = null
  #brokerEpoch = -1
  #reconnect: { cancel(): void } | null = null
  /** Runs from the first request on a stream to the first answer. */
  #answerDue: { cancel(): void } | null = null
  #isAnswered = false
  #reconnectMs = reconnectMsMin
  #events: FollowerEventInit[] = []
  #progressed: Subscription[] = []
  #isFlushDue = false
  #isClosed = false

  constructor(options: LeaderLinkOptions) {
    this.#options = options
  }

  add(subscriber: LinkSubscriber): void {
    const none = { slot: 0, follow: -1, channel: 0, progress: null }
    this.#subscriptions.set(subscriber, { subscriber, ...none })
    if (this.#stream !== null) subscriber.onConnected()
    else if (this.#reconnect === null) this.#connect()
  }

  remove(subscriber: LinkSubscriber): void {
    const subscription = this.#subscriptions.get(subscriber)
    if (subscription === undefined) return
    this.#subscriptions.delete(subscriber)
    this.#endSlot(subscription)
  }

  follow(subscriber: LinkSubscriber, follow: number, start: FollowStart): void {
    const subscription = this.#subscriptions.get(subscriber)
    if (subscription === undefined || this.#stream === null) return
    this.#endSlot(subscription)
    const slot = this.#nextSlot++
    subscription.slot = slot
    subscription.follow = follow
    this.#bySlot.set(slot, subscription)
    const { topic, topicId, index: partition } = subscriber
    const { leaderEpoch, logEndOffset, lastEpoch, logStartOffset } = start
    const { nodeId, throttledReplicas } = this.#options
    const throttled = isThrottledReplica(throttledReplicas(topic), partition, nodeId)
    const place = { leaderEpoch, logEndOffset, lastEpoch, logStartOffset, throttled }
    this.#tell({ follow: { slot, topicId, partition, ...place } })
    this.#expectAnswer(this.#stream)
  }

  #expectAnswer(stream: LeaderStream): void {
    if (this.#isAnswered || this.#answerDue !== null) return
    this.#answerDue = this.#options.timers.schedule(firstAnswerMs, () => {
      this.#onBreak(stream, new Error(`no answer in ${firstAnswerMs} ms`))
    })
  }

  unfollow(subscriber: LinkSubscriber, follow: number): void {
    const subscription = this.#subscriptions.get(subscriber)
    if (subscription?.follow === follow) this.#endSlot(subscription)
  }

  /** Nothing that is on its way for the slot concerns the subscription any more. */
  #endSlot(subscription: Subscription): void {
    if (subscription.slot === 0) return
    this.#forget(subscription)
    this.#tell({ unfollow: subscription.slot })
    subscription.slot = 0
  }

  #forget(subscription: Subscription): void {
    this.#bySlot.delete(subscription.slot)
    this.#byChannel.delete(subscription.channel)
    subscription.channel = 0
    subscription.progress = null
  }

  progress(subscriber: LinkSubscriber, follow: number, logEndOffset: number): void {
    const subscription = this.#subscriptions.get(subscriber)
    if (subscription === undefined || subscription.follow !== follow) return
    if (subscription.slot === 0) return
    if (subscription.progress === null) this.#progressed.push(subscription)
    subscription.progress = logEndOffset
    this.#flushLater()
  }

  leave(subscriber: LinkSubscriber, follow: number): void {
    const subscription = this.#subscriptions.get(subscriber)
    if (subscription === undefined || subscription.follow !== follow) return
    if (subscription.slot !== 0) this.#tell({ leave: subscription.slot })
  }

  #tell(event: FollowerEventInit): void {
    if (this.#stream === null) return
    this.#events.push(event)
    this.#flushLater()
  }

  #flushLater(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushDue = false
    const events = this.#events
    this.#events = []
    for (const subscription of this.#progressed) {
      const { slot, progress: logEndOffset } = subscription
      subscription.progress = null
      if (logEndOffset !== null) events.push({ progress: { slot, logEndOffset } })
    }
    this.#progressed = []
    if (events.length > 0) this.#stream?.write({ events })
  }

  #connect(): void {
    this.#reconnect = null
    if (this.#isClosed || this.#stream !== null || this.#subscriptions.size === 0) return
    const { image, leaderId, nodeId, throttledRate } = this.#options
    const { brokers, clusterId } = image()
    const endpoint = brokers.get(leaderId)?.endpoints.find((e) => e.listener === grpcListener)
    // Before it is registered its former self's epoch would be taken for its own (KIP-903).
    const brokerEpoch = this.#options.brokerEpoch()
    if (endpoint === undefined || brokerEpoch < 0) return this.#connectLater()
    const stream = this.#open(endpoint)
    this.#stream = stream
    this.#isAnswered = false
    this.#brokerEpoch = brokerEpoch
    stream.on('data', (message: LeaderMessage) => this.#onMessage(stream, message))
    stream.on('error', (error: Error) => this.#onBreak(stream, error))
    stream.on('end', () => this.#onBreak(stream, null))
    const rate = throttledRate()
    const throttled = rate === Number.MAX_SAFE_INTEGER ? 0 : rate
    const hello = { clusterId, leaderId, brokerId: nodeId, brokerEpoch, throttledRate: throttled }
    stream.write({ events: [{ hello }] })
    for (const subscriber of this.#subscriptions.keys()) subscriber.onConnected()
  }

  #open(address: LeaderAddress): LeaderStream {
    const { openStream } = this.#options
    if (openStream !== undefined) return openStream(address)
    return openBidiStream(this.#clientTo(address), Replication.follow)
  }

  #clientTo({ host, port }: LeaderAddress): Client {
    const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const { credentials, leaderId } = this.#options
    const client = new (grpcJs().Client)(target, credentials(leaderId), channelOptions)
    this.#client = client
    return client
  }

  #connectLater(): void {
    if (this.#isClosed || this.#reconnect !== null || this.#subscriptions.size === 0) return
    const delayMs = this.#reconnectMs
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, reconnectMsMax)
    this.#reconnect = this.#options.timers.schedule(delayMs, () => this.#connect())
  }

  #onBreak(stream: LeaderStream, error: Error | null): void {
    if (this.#stream !== stream) return
    this.#stream = null
    this.#answerDue?.cancel()
    this.#answerDue = null
    this.#events = []
    this.#progressed = []
    stream.cancel()
    // Every stream has a connection of its own: see firstAnswerMs.
    this.#client?.close()
    this.#client = null
    const { leaderId, events } = this.#options
    events.debug({ leaderId, error }, 'the stream to a leader broke')
    for (const subscription of this.#bySlot.values()) {
      subscription.slot = 0
      subscription.channel = 0
      subscription.progress = null
    }
    this.#bySlot.clear()
    this.#byChannel.clear()
    for (const subscriber of this.#subscriptions.keys()) subscriber.onDisconnected()
    this.#connectLater()
  }

  /** The metadata changed: the leader may be elsewhere, or this broker another registration. */
  refresh(): void {
    const { image, leaderId } = this.#options
    const { brokers } = image()
    const epoch = this.#options.brokerEpoch()
    const stream = this.#stream
    if (stream !== null && epoch !== this.#brokerEpoch && epoch >= 0) this.#onBreak(stream, null)
    const isAlive = brokers.get(leaderId)?.fenced === false
    if (this.#reconnect === null || !isAlive) return
    this.#reconnect.cancel()
    this.#reconnectMs = reconnectMsMin
    this.#connect()
  }

  #onMessage(stream: LeaderStream, message: LeaderMessage): void {
    if (this.#stream !== stream) return
    this.#reconnectMs = reconnectMsMin
    this.#isAnswered = true
    this.#answerDue?.cancel()
    this.#answerDue = null
    for (const event of message.events) this.#onEvent(event)
  }

  #onEvent(event: LeaderEvent): void {
    switch (event.event) {
      case 'data': {
        this.#options.memory.shortLived(event.data.records.length)
        const subscription = this.#byChannel.get(event.data.channel)
        subscription?.subscriber.onData(subscription.follow, event.data)
        break
      }
      case 'accepted': {
        const subscription = this.#bySlot.get(event.accepted.slot)
        if (subscription === undefined) break
        subscription.channel = event.accepted.channel
        this.#byChannel.set(subscription.channel, subscription)
        break
      }
      case 'refused': {
        const { slot, error, logStartOffset, logEndOffset } = event.refused
        const refusal = { error: errorByCode(error).name, logStartOffset, logEndOffset }
        this.#onSlotEnd(slot, ({ subscriber, follow }) => subscriber.onRefused(follow, refusal))
        break
      }
      case 'diverging': {
        const { slot, epoch, endOffset } = event.diverging
        this.#onSlotEnd(slot, ({ subscriber, follow }) => {
          subscriber.onDiverging(follow, epoch, endOffset)
        })
        break
      }
      case undefined:
        // Of a newer leader: nothing that an older follower has to know.
        break
      default:
        assertNever(event)
    }
  }

  #onSlotEnd(slot: number, tell: (subscription: Subscription) => void): void {
    const subscription = this.#bySlot.get(slot)
    if (subscription === undefined) return
    this.#forget(subscription)
    subscription.slot = 0
    tell(subscription)
  }

  close(): void {
    this.#isClosed = true
    this.#reconnect?.cancel()
    this.#reconnect = null
    const stream = this.#stream
    if (stream !== null) this.#onBreak(stream, null)
  }
}
