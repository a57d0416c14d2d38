// The Replication service: followers' brokers open streams here, and the partitions that this node
// leads push to them. Owns the channels, one for each led partition that is followed, and their
// turn: what happened in one turn of the event loop is looked at once, at its end.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type { BrokerId, MetadataImage } from '@samsa/controller/image'
import {
  type FollowerMessage,
  type FollowStart,
  type Hello,
  Replication,
} from '@samsa/proto/grpc/gen/replication'
import { status } from '@samsa/proto/grpc/status-codes'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../clock.ts'
import type { Leading } from '../replica/leading.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'
import type { YoungMemory } from '../young-memory.ts'
import type { Feed } from './feed.ts'
import { type FollowerCall, FollowerStream, type StreamHost } from './follower-stream.ts'
import { PartitionChannel } from './partition-channel.ts'
import type { PeerEvents } from './peer-events.ts'
import { isThrottledReplica, Throttle } from './throttle.ts'

export interface ReplicationServerOptions {
  readonly nodeId: BrokerId
  readonly replicas: ReplicaManager
  readonly image: () => MetadataImage
  /** leader.replication.throttled.rate, in bytes a second. */
  readonly throttledRate: () => number
  /** leader.replication.throttled.replicas of a topic. */
  readonly throttledReplicas: (topic: string) => readonly string[]
  readonly clock: Clock
  readonly timers: Timers
  readonly events: PeerEvents
  readonly memory: Pick<YoungMemory, 'shortLived'>
  /** Whether whoever calls may speak for that broker. */
  readonly isNode: (call: FollowerCall, brokerId: BrokerId) => boolean
}

export class ReplicationServer implements StreamHost {
  readonly throttle: Throttle
  readonly #options: ReplicationServerOptions
  readonly #channels = new Map<Leading, PartitionChannel>()
  readonly #streams = new Map<FollowerStream, FollowerCall>()
  #nextChannel = 1
  #woken = new Set<PartitionChannel>()

  constructor(options: ReplicationServerOptions) {
    this.#options = options
    this.throttle = new Throttle(options.throttledRate, options.clock, options.timers)
  }

  /** For Server.addService: messages to followers are bytes already. */
  get service(): ServiceDefinition {
    const responseSerialize = (message: Buffer) => message
    return { follow: { ...Replication.follow, responseSerialize } }
  }

  get handlers(): UntypedServiceImplementation {
    return { follow: (call: FollowerCall) => this.#onCall(call) }
  }

  #onCall(call: FollowerCall): void {
    let stream: FollowerStream | null = null
    const close = () => {
      if (stream === null) return
      stream.close()
      this.#streams.delete(stream)
      stream = null
    }
    call.on('data', ({ events }: FollowerMessage) => {
      for (const event of events) {
        if (event.event === 'hello' && stream === null) stream = this.#welcome(call, event.hello)
        else stream?.onEvent(event)
      }
    })
    call.on('error', close)
    call.on('close', close)
    call.on('cancelled', close)
    call.on('end', () => {
      close()
      call.end()
    })
  }

  #welcome(call: FollowerCall, hello: Hello): FollowerStream | null {
    const refusal = this.#refusalOf(call, hello)
    if (refusal !== null) {
      call.emit('error', { code: status.FAILED_PRECONDITION, details: refusal })
      return null
    }
    const { clock, timers } = this.#options
    const rate = hello.throttledRate > 0 ? hello.throttledRate : Number.MAX_SAFE_INTEGER
    const stream = new FollowerStream(call, hello, this, new Throttle(() => rate, clock, timers))
    this.#streams.set(stream, call)
    return stream
  }

  /** Why that broker cannot follow here; null when it can. */
  #refusalOf(call: FollowerCall, hello: Hello): string | null {
    const { nodeId, image, isNode } = this.#options
    if (hello.clusterId !== image().clusterId) return `this is cluster ${image().clusterId}`
    if (!isNode(call, hello.brokerId)) return `your certificate is not broker ${hello.brokerId}'s`
    return hello.leaderId === nodeId ? null : `this is broker ${nodeId}`
  }

  channelOf(start: FollowStart): PartitionChannel | KafkaErrorName | Promise<void> {
    const { replicas, image } = this.#options
    const partition = replicas.find(start.topicId, start.partition)
    if (partition === undefined) {
      return image().topicsById.has(start.topicId) ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_ID'
    }
    if (partition.epochError(start.leaderEpoch) === 'UNKNOWN_LEADER_EPOCH') {
      return 'UNKNOWN_LEADER_EPOCH'
    }
    if (!partition.isLeader) return 'NOT_LEADER_OR_FOLLOWER'
    const { leading } = partition
    if (leading !== null) return this.#channelOf(leading)
    return partition.isBeginning ? partition.ready : 'KAFKA_STORAGE_ERROR'
  }

  #channelOf(leading: Leading): PartitionChannel {
    let channel = this.#channels.get(leading)
    if (channel === undefined) {
      channel = new PartitionChannel(this.#nextChannel++, leading, {
        metrics: this.#options.replicas.metrics,
        events: this.#options.events,
        memory: this.#options.memory,
        wake: (woken) => this.#wake(woken),
        onDamage: ({ leading: { topicId, index } }, error) => {
          const { replicas } = this.#options
          const partition = replicas.find(topicId, index)
          if (partition?.leading === leading)
            replicas.onDamage(partition, error, { isInTheWay: true })
        },
      })
      this.#channels.set(leading, channel)
    }
    return channel
  }

  add(feed: Feed): void {
    this.#channels.set(feed.channel.leading, feed.channel)
    feed.channel.add(feed)
  }

  dropIfUnused(channel: PartitionChannel): void {
    if (channel.isUnused) this.#channels.delete(channel.leading)
  }

  isThrottled({ leading }: PartitionChannel): boolean {
    const { image, nodeId, throttledReplicas } = this.#options
    const topic = image().topicsById.get(leading.topicId)
    if (topic === undefined) return false
    return isThrottledReplica(throttledReplicas(topic.name), leading.index, nodeId)
  }

  isInSync({ leading }: PartitionChannel, brokerId: BrokerId): boolean {
    return leading.isr.includes(brokerId)
  }

  #wake(channel: PartitionChannel): void {
    this.#woken.add(channel)
    if (this.#woken.size === 1) setImmediate(() => this.#turn())
  }

  #turn(): void {
    const woken = this.#woken
    this.#woken = new Set()
    for (const channel of woken) channel.pump()
  }

  close(): void {
    this.throttle.close()
    for (const [stream, call] of this.#streams) {
      stream.close()
      call.end()
    }
    this.#streams.clear()
  }
}
