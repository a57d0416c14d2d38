// @samsa/client: Samsa's storage API for TypeScript. `connect` to any brokers of a cluster, then
// append with a producer, read with a reader, ask for offsets and topics. Follows the partitions'
// leaders by itself. README.md shows how.

import type { ChannelCredentials } from '@grpc/grpc-js'
import { callUnary } from '@samsa/proto/grpc/calls'
import {
  type Broker,
  type CommittedOffset,
  Isolation,
  type OffsetQueryInit,
  Position,
  Storage,
  type Topic,
} from '@samsa/proto/grpc/gen/storage'
import { Connections, parseBootstrap } from './connections.ts'
import { errorOfCall, errorOfFailure } from './errors.ts'
import { requestTimeoutMsDefault } from './limits.ts'
import { Producer, type ProducerOptions } from './producer.ts'
import { Reader, type ReaderOptions } from './reader.ts'
import { withRetries } from './retry.ts'
import { Topics } from './topics.ts'

export interface ClientOptions {
  /** Addresses of the storage API ('host:port') of some brokers; better not one only. */
  readonly bootstrap: string | readonly string[]
  readonly requestTimeoutMs?: number
  /** Of grpc-js: `credentials.createSsl(trusted, key, certificate)`. In the clear without. */
  readonly credentials?: ChannelCredentials
}

export type Place = 'earliest' | 'latest' | 'maxTimestamp' | { readonly timestampMs: number }

export interface ListedOffset {
  readonly partition: number
  /** -1 where no record is like that. */
  readonly offset: number
  readonly timestampMs: number
  readonly leaderEpoch: number
}

/** Rejects when no broker answers. */
export async function connect(options: ClientOptions): Promise<SamsaClient> {
  const client = new SamsaClient(options)
  try {
    await client.clusterId()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}

export class SamsaClient {
  readonly #connections: Connections
  readonly #topics: Topics
  readonly #requestTimeoutMs: number
  readonly #closing = new AbortController()
  readonly #producers: Producer[] = []
  readonly #readers: Reader[] = []

  constructor(options: ClientOptions) {
    const { bootstrap, requestTimeoutMs = requestTimeoutMsDefault } = options
    this.#connections = new Connections(options.credentials)
    this.#requestTimeoutMs = requestTimeoutMs
    this.#topics = new Topics({
      connections: this.#connections,
      bootstrap: parseBootstrap(bootstrap),
      requestTimeoutMs,
      signal: this.#closing.signal,
    })
  }

  /** An idempotent producer. */
  producer(options: ProducerOptions = {}): Producer {
    const context = {
      connections: this.#connections,
      topics: this.#topics,
      requestTimeoutMs: this.#requestTimeoutMs,
    }
    const producer = new Producer(context, options)
    this.#producers.push(producer)
    return producer
  }

  reader(options: ReaderOptions): Reader {
    const reader = new Reader({ connections: this.#connections, topics: this.#topics }, options)
    this.#readers.push(reader)
    return reader
  }

  async clusterId(): Promise<string> {
    return (await this.#topics.describe([''])).clusterId
  }

  /** All topics, or those named; a topic that is not there has its `error`. */
  async describeTopics(names: readonly string[] = []): Promise<{
    readonly brokers: readonly Broker[]
    readonly topics: readonly Topic[]
  }> {
    const { brokers, topics } = await this.#topics.describe(names)
    return { brokers, topics }
  }

  /** The offset of a place in each partition of a topic, or in those named. */
  async listOffsets(
    topic: string,
    at: Place,
    options: {
      readonly partitions?: readonly number[]
      readonly isolation?: 'read_uncommitted' | 'read_committed'
    } = {},
  ): Promise<ListedOffset[]> {
    const count = await this.#retried(() => this.#topics.partitionCount(topic))
    const partitions = options.partitions ?? [...Array(count).keys()]
    const isolation =
      options.isolation === 'read_committed'
        ? Isolation.ISOLATION_READ_COMMITTED
        : Isolation.ISOLATION_READ_UNCOMMITTED
    const asked = partitions.map((partition) =>
      this.#retried(() => this.#listOffset(topic, { partition, ...queryOf(at) }, isolation)),
    )
    return Promise.all(asked)
  }

  /** What a consumer group has committed: all, or for the partitions of a topic. */
  async committedOffsets(
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[] = [],
  ): Promise<readonly CommittedOffset[]> {
    const answer = await this.#retried(() =>
      callUnary(
        this.#connections.to(this.#topics.anyBroker()),
        Storage.fetchCommittedOffsets,
        { groupId, partitions },
        { timeoutMs: this.#requestTimeoutMs, signal: this.#closing.signal },
      ),
    )
    return answer.offsets
  }

  /** Delivers what producers were given, ends readers, and closes the connections. */
  async close(): Promise<void> {
    for (const reader of this.#readers.splice(0)) reader.close()
    await Promise.all(this.#producers.splice(0).map((producer) => producer.close()))
    this.#closing.abort()
    this.#connections.close()
  }

  async #listOffset(
    topic: string,
    query: Omit<OffsetQueryInit, 'partition'> & { readonly partition: number },
    isolation: number,
  ): Promise<ListedOffset> {
    const { partition } = query
    const address = await this.#topics.leader(topic, partition)
    const { partitions } = await callUnary(
      this.#connections.to(address),
      Storage.listOffsets,
      { topic, partitions: [query], isolation },
      { timeoutMs: this.#requestTimeoutMs, signal: this.#closing.signal },
    ).catch((error: unknown) => {
      this.#topics.forget(topic)
      throw errorOfCall(error)
    })
    const [found] = partitions
    if (found === undefined) throw errorOfCall(new Error('an answer without the partition'))
    if (found.error === null) {
      const { offset, timestampMs, leaderEpoch } = found
      return { partition, offset, timestampMs, leaderEpoch }
    }
    const error = errorOfFailure(found.error)
    const isNews = error.leader !== null && this.#topics.learn(topic, partition, error.leader)
    if (!isNews) this.#topics.forget(topic)
    throw error
  }

  #retried<T>(action: () => Promise<T>): Promise<T> {
    const { signal } = this.#closing
    return withRetries({ timeoutMs: this.#requestTimeoutMs, signal }, action)
  }
}

const positions = {
  earliest: Position.POSITION_EARLIEST,
  latest: Position.POSITION_LATEST,
  maxTimestamp: Position.POSITION_MAX_TIMESTAMP,
} as const

function queryOf(at: Place): Pick<OffsetQueryInit, 'position' | 'timestampMs'> {
  return typeof at === 'object' ? { timestampMs: at.timestampMs } : { position: positions[at] }
}
