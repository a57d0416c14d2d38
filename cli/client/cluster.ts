// What the client knows of a cluster and how it reaches it: brokers, the controller, topics with
// their leaders, one connection a broker. Requests are routed here; retries are the caller's, by
// withRetries.

import type { ApiName } from '@samsa/proto/kafka/apis'
import { errorCodes } from '@samsa/proto/kafka/errors'
import type { Address } from './addresses.ts'
import {
  type Answer,
  type Body,
  Connection,
  type RequestOptions,
  type ResponseOf,
} from './connection.ts'
import { ConnectionError, KafkaError, throwIfError, UnreachableError } from './errors.ts'
import { connectTimeoutMs } from './limits.ts'
import { withRetries } from './retry.ts'
import { type ClientSecurity, noSecurity } from './security.ts'

export interface ClusterOptions {
  readonly bootstrap: readonly Address[]
  readonly requestTimeoutMs: number
  readonly signal: AbortSignal
  /** Plain connections without. */
  readonly security?: ClientSecurity
}

export interface Broker extends Address {
  readonly id: number
  readonly rack: string | null
}

export interface Partition {
  readonly index: number
  readonly errorCode: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface Topic {
  readonly name: string
  readonly id: string
  readonly isInternal: boolean
  /** In the order of their indexes. */
  readonly partitions: readonly Partition[]
}

export interface RetryingOptions {
  /** Topics to ask the metadata of before each further try. */
  readonly topics?: readonly string[]
  readonly unknownTopicPatienceMs?: number
}

export interface CallOptions extends Partial<RequestOptions> {
  /**
   * Requests of one lane share a connection and are answered in order: what may wait long at the
   * broker goes by a lane of its own.
   */
  readonly lane?: string
}

export class Cluster {
  readonly signal: AbortSignal
  readonly requestTimeoutMs: number
  readonly #bootstrap: readonly Address[]
  readonly #security: ClientSecurity
  readonly #connections = new Map<string, Promise<Connection>>()
  #hasConnected = false
  #brokers: ReadonlyMap<number, Broker> = new Map()
  #controllerId = -1
  #clusterId: string | null = null
  readonly #topics = new Map<string, Topic>()

  constructor(options: ClusterOptions) {
    this.#bootstrap = options.bootstrap
    this.#security = options.security ?? noSecurity
    this.requestTimeoutMs = options.requestTimeoutMs
    this.signal = options.signal
  }

  get brokers(): readonly Broker[] {
    return [...this.#brokers.values()].sort((a, b) => a.id - b.id)
  }

  get clusterId(): string | null {
    return this.#clusterId
  }

  /** Ends all connections. Requests under way fail. */
  close(): void {
    for (const opening of this.#connections.values()) {
      void opening.then(
        (connection) => connection.close(),
        () => undefined, // It never opened, and whoever asked for it was told so.
      )
    }
    this.#connections.clear()
  }

  /** Asks a broker by its id. */
  async toBroker<N extends ApiName>(
    id: number,
    api: N,
    body: Body<N>,
    options: CallOptions = {},
  ): Promise<Answer<N>> {
    const broker = this.#brokers.get(id)
    if (broker === undefined) throw new ConnectionError(`broker ${id} is not known to the cluster`)
    return await this.#call(broker, api, body, options)
  }

  /** Asks whichever broker can be reached. */
  async toAny<N extends ApiName>(
    api: N,
    body: Body<N>,
    options: CallOptions = {},
  ): Promise<Answer<N>> {
    let failure: unknown
    for (const address of [...this.#brokers.values(), ...this.#bootstrap]) {
      try {
        return await this.#call(address, api, body, options)
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error
        failure = error
      }
    }
    if (this.#hasConnected || !(failure instanceof ConnectionError)) throw failure
    throw new UnreachableError(failure.message, 1, { cause: failure })
  }

  /** Asks the controller, or the broker that stands for it. */
  async toController<N extends ApiName>(api: N, body: Body<N>): Promise<ResponseOf<N>> {
    if (this.#controllerId < 0) await this.refresh([])
    if (!this.#brokers.has(this.#controllerId)) return (await this.toAny(api, body)).response
    return (await this.toBroker(this.#controllerId, api, body)).response
  }

  /** Whether a broker serves an API in any version that this client speaks. */
  async serves(api: ApiName): Promise<boolean> {
    const address = [...this.#brokers.values(), ...this.#bootstrap][0]
    if (address === undefined) return false
    return (await this.#connection(address)).versionOf(api) !== undefined
  }

  /** Retries with this cluster's patience, learning who leads before each further try. */
  async retrying<T>(
    action: () => Promise<T>,
    { topics = [], unknownTopicPatienceMs }: RetryingOptions = {},
  ): Promise<T> {
    return await withRetries(action, {
      ...(unknownTopicPatienceMs === undefined ? {} : { unknownTopicPatienceMs }),
      timeoutMs: this.requestTimeoutMs,
      signal: this.signal,
      beforeRetry: async () => {
        await this.refresh(topics)
      },
    })
  }

  /**
   * Asks for the metadata of these topics (null: all of them) and returns what is known of them
   * now.
   */
  async refresh(names: readonly string[] | null, allowAutoTopicCreation = false): Promise<Topic[]> {
    const { response } = await this.toAny('metadata', {
      topics: names?.map((name) => ({ name })) ?? null,
      allowAutoTopicCreation,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    this.#brokers = new Map(
      response.brokers.map(({ nodeId, host, port, rack }) => [
        nodeId,
        { id: nodeId, host, port, rack },
      ]),
    )
    this.#controllerId = response.controllerId
    this.#clusterId = response.clusterId
    const topics: Topic[] = []
    for (const answered of response.topics) {
      const name = answered.name ?? ''
      if (answered.errorCode !== 0) this.#topics.delete(name)
      throwIfError(answered.errorCode, `topic ${name}`)
      const topic = topicOf(answered)
      this.#topics.set(name, topic)
      topics.push(topic)
    }
    return topics
  }

  /** A topic, asked for unless it is known; waits a little for one that is just being created. */
  async topic(name: string, { autoCreate = false }: { autoCreate?: boolean } = {}): Promise<Topic> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const find = async () => {
      const [topic] = await this.refresh([name], autoCreate)
      if (topic !== undefined) return topic
      throw new KafkaError(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
    }
    return await this.retrying(find)
  }

  /** The topic as last seen, without asking. */
  knownTopic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  /** The broker that leads a partition now; a retriable error while none does. */
  async leaderOf(name: string, index: number): Promise<number> {
    const topic = this.#topics.get(name) ?? (await this.topic(name))
    const partition = topic.partitions.find((candidate) => candidate.index === index)
    const about = `partition ${name}-${index}`
    if (partition === undefined) throw new KafkaError(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, about)
    if (partition.leader < 0) throw new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, about)
    return partition.leader
  }

  async #call<N extends ApiName>(
    address: Address,
    api: N,
    body: Body<N>,
    options: CallOptions,
  ): Promise<Answer<N>> {
    const { lane = '', ...rest } = options
    const connection = await this.#connection(address, lane)
    return await connection.request(api, body, { timeoutMs: this.requestTimeoutMs, ...rest })
  }

  async #connection({ host, port }: Address, lane = ''): Promise<Connection> {
    const key = `${host}:${port} ${lane}`
    const known = this.#connections.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen) return connection
      if (this.#connections.get(key) === known) this.#connections.delete(key)
      return await this.#connection({ host, port }, lane)
    }
    const timeoutMs = Math.min(connectTimeoutMs, this.requestTimeoutMs)
    const options = { timeoutMs, signal: this.signal, security: this.#security }
    const opening = Connection.open({ host, port }, options)
    this.#connections.set(key, opening)
    try {
      const connection = await opening
      this.#hasConnected = true
      return connection
    } catch (error) {
      this.#connections.delete(key)
      throw error
    }
  }
}

function topicOf(answered: ResponseOf<'metadata'>['topics'][number]): Topic {
  return {
    name: answered.name ?? '',
    id: answered.topicId,
    isInternal: answered.isInternal,
    partitions: answered.partitions
      .map((partition) => ({
        index: partition.partitionIndex,
        errorCode: partition.errorCode,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
      }))
      .sort((a, b) => a.index - b.index),
  }
}
