// What topics there are and who leads their partitions, as far as known: asked of any broker, kept,
// and set right by what brokers' errors say. Owns the knowledge; everybody else asks for a leader.

import { callUnary } from '@samsa/proto/grpc/calls'
import {
  type Broker,
  type DescribeTopicsResponse,
  type Leader,
  Storage,
  type Topic,
} from '@samsa/proto/grpc/gen/storage'
import { addressText, type Connections } from './connections.ts'
import { errorOfCall, errorOfFailure, SamsaError } from './errors.ts'
import { topicsAgeMaxMs } from './limits.ts'
import { withRetries } from './retry.ts'

export interface TopicsOptions {
  readonly connections: Connections
  readonly bootstrap: readonly string[]
  readonly requestTimeoutMs: number
  readonly signal: AbortSignal
}

interface KnownTopic {
  readonly topicId: string
  /** Node id and epoch of each partition's leader. */
  readonly leaders: { nodeId: number; leaderEpoch: number }[]
  askedMs: number
}

export class Topics {
  readonly #options: TopicsOptions
  readonly #topics = new Map<string, KnownTopic>()
  readonly #addresses = new Map<number, string>()
  readonly #asking = new Map<string, Promise<void>>()
  /** Whoever answered last is asked first. */
  #next = 0

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  async partitionCount(topic: string): Promise<number> {
    return (await this.#known(topic)).leaders.length
  }

  async topicId(topic: string): Promise<string> {
    return (await this.#known(topic)).topicId
  }

  /** 'host:port' of the partition's leader; rejects with a retriable error while there is none. */
  async leader(topic: string, partition: number): Promise<string> {
    const { leaders } = await this.#known(topic)
    const leader = leaders[partition]
    if (leader === undefined) {
      throw new SamsaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} has no partition ${partition}`)
    }
    const address = this.#addresses.get(leader.nodeId)
    if (address !== undefined) return address
    this.forget(topic)
    const text = `${topic}-${partition} has no leader that can be reached`
    throw new SamsaError('LEADER_NOT_AVAILABLE', text, { retriable: true })
  }

  /** What an error said of the leader; older news than ours is none. True when it was news. */
  learn(topic: string, partition: number, leader: Leader): boolean {
    const known = this.#topics.get(topic)?.leaders[partition]
    if (known === undefined || leader.port === 0) return false
    const isSame = known.nodeId === leader.nodeId && known.leaderEpoch === leader.leaderEpoch
    if (isSame || known.leaderEpoch > leader.leaderEpoch) return false
    known.nodeId = leader.nodeId
    known.leaderEpoch = leader.leaderEpoch
    this.#addresses.set(leader.nodeId, addressText(leader))
    return true
  }

  /** Has the topic asked for again before it is used. */
  forget(topic: string): void {
    const known = this.#topics.get(topic)
    if (known !== undefined) known.askedMs = Number.NEGATIVE_INFINITY
  }

  /** Any broker that answers: all topics, or those named. */
  async describe(
    names: readonly string[],
  ): Promise<{ clusterId: string; brokers: Broker[]; topics: Topic[] }> {
    const topics: Topic[] = []
    let pageToken = ''
    for (;;) {
      const answer = await this.#ask(names, pageToken)
      topics.push(...answer.topics)
      pageToken = answer.nextPageToken
      if (pageToken === '') return { clusterId: answer.clusterId, brokers: answer.brokers, topics }
    }
  }

  /** 'host:port' of some broker, another one each time. */
  anyBroker(): string {
    const all = [...new Set([...this.#addresses.values(), ...this.#options.bootstrap])]
    return all[this.#next++ % all.length] ?? ''
  }

  async #known(name: string): Promise<KnownTopic> {
    const known = this.#topics.get(name)
    if (known !== undefined && performance.now() - known.askedMs < topicsAgeMaxMs) return known
    const asking = this.#asking.get(name) ?? this.#refresh(name)
    this.#asking.set(name, asking)
    await asking
    const found = this.#topics.get(name)
    if (found !== undefined) return found
    throw new SamsaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
  }

  async #refresh(name: string): Promise<void> {
    try {
      const answer = await this.#ask([name], '')
      const [topic] = answer.topics
      if (topic?.error !== null && topic?.error !== undefined) {
        this.#topics.delete(name)
        throw errorOfFailure(topic.error)
      }
      if (topic !== undefined) this.#store(topic)
    } finally {
      this.#asking.delete(name)
    }
  }

  #store({ name, topicId, partitions }: Topic): void {
    const before = this.#topics.get(name)
    const leaders = partitions.map(({ partition, leader: nodeId, leaderEpoch }) => {
      const old = before?.topicId === topicId ? before.leaders[partition] : undefined
      // A broker that is behind must not take back what another has told.
      return old !== undefined && old.leaderEpoch > leaderEpoch ? old : { nodeId, leaderEpoch }
    })
    this.#topics.set(name, { topicId, leaders, askedMs: performance.now() })
  }

  /** One broker after another. */
  #ask(topics: readonly string[], pageToken: string): Promise<DescribeTopicsResponse> {
    const { connections, requestTimeoutMs, signal } = this.#options
    return withRetries({ timeoutMs: requestTimeoutMs, signal }, async () => {
      const address = this.anyBroker()
      try {
        const answer = await callUnary(
          connections.to(address),
          Storage.describeTopics,
          { topics, pageToken },
          { timeoutMs: Math.min(requestTimeoutMs, askTimeoutMs), signal },
        )
        this.#next--
        for (const broker of answer.brokers) {
          if (broker.port > 0) this.#addresses.set(broker.nodeId, addressText(broker))
        }
        return answer
      } catch (error) {
        throw errorOfCall(error)
      }
    })
  }
}

/** A broker that does not answer such a question is left for another. */
const askTimeoutMs = 2_000
