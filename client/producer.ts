// Appends records to topics: in order for each partition, each once, however often leaders move or
// connections break. What it holds is bounded: `send` waits for room.

import { callUnary } from '@samsa/proto/grpc/calls'
import { Storage } from '@samsa/proto/grpc/gen/storage'
import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import { AppendLink } from './append-link.ts'
import type { Connections } from './connections.ts'
import { errorOfCall, SamsaError } from './errors.ts'
import {
  batchBytesDefault,
  batchBytesMax,
  bufferBytesDefault,
  deliveryTimeoutMsDefault,
  topicsAgeMaxMs,
} from './limits.ts'
import { acksOf, type Identity, type OutgoingRecord, PartitionQueue } from './partition-queue.ts'
import { Partitioner } from './partitioner.ts'
import { withRetries } from './retry.ts'
import type { Topics } from './topics.ts'

export interface ProducerOptions {
  /** When a record counts as appended: on all in-sync replicas, or on the leader. Default: all. */
  readonly acks?: 'all' | 'leader'
  readonly compression?: CompressionType
  /** How long a record waits for others that go with it. Default: 0, those of the same turn. */
  readonly lingerMs?: number
  readonly batchBytes?: number
  /** What may wait to be acknowledged; then `send` waits. Default: 32 MiB. */
  readonly bufferBytes?: number
  /** How long a record is tried to be delivered. Default: two minutes. */
  readonly deliveryTimeoutMs?: number
}

export type Bytes = Buffer | string

export interface RecordToSend {
  readonly topic: string
  /** Chosen by the key where it is left out, as Kafka's clients do. */
  readonly partition?: number
  readonly key?: Bytes | null
  readonly value: Bytes | null
  readonly headers?: Readonly<Record<string, Bytes | null>>
  /** Now where it is left out. */
  readonly timestampMs?: number
}

export interface Appended {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface ProducerContext {
  readonly connections: Connections
  readonly topics: Topics
  readonly requestTimeoutMs: number
}

interface Pending {
  readonly topic: string
  readonly partition: number | undefined
  readonly record: OutgoingRecord
  readonly bytes: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: Error) => void
}

/** What is to be sent to a topic and has no place yet: in the order of the calls. */
interface TopicState {
  readonly topic: string
  readonly pending: Pending[]
  readonly partitioner: Partitioner
  /** Null while it is being asked for. */
  partitionCount: number | null
  askedMs: number
}

export class Producer {
  readonly #context: ProducerContext
  readonly #options: Required<ProducerOptions>
  readonly #closing = new AbortController()
  readonly #states = new Map<string, TopicState>()
  readonly #queues = new Map<string, PartitionQueue>()
  readonly #links = new Map<string, AppendLink>()
  #bufferedBytes = 0
  #closed: Promise<void> | null = null

  constructor(context: ProducerContext, options: ProducerOptions) {
    this.#context = context
    this.#options = {
      acks: options.acks ?? 'all',
      compression: options.compression ?? 'none',
      lingerMs: options.lingerMs ?? 0,
      batchBytes: Math.min(options.batchBytes ?? batchBytesDefault, batchBytesMax),
      bufferBytes: options.bufferBytes ?? bufferBytesDefault,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? deliveryTimeoutMsDefault,
    }
  }

  /**
   * Resolves once the record is acknowledged. Records of one partition keep the order of the calls,
   * whether or not anybody waits in between.
   */
  send({ topic, partition, ...content }: RecordToSend): Promise<Appended> {
    if (this.#closed !== null) return Promise.reject(closedError())
    const record = outgoing(content)
    return new Promise((resolve, reject) => {
      const state = this.#state(topic)
      state.pending.push({ topic, partition, record, bytes: sizeOf(record), resolve, reject })
      this.#place(state)
    })
  }

  /** Bytes of records that are not acknowledged yet and have a place in the buffer. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** Resolves when all that was sent before has been acknowledged or has failed. */
  async flush(): Promise<void> {
    for (;;) {
      await Promise.all([...this.#queues.values()].map((queue) => queue.flush()))
      const waiting = [...this.#states.values()].flatMap(({ pending }) => pending)
      if (waiting.length === 0) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Delivers what was sent, and ends. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.flush()
    this.#closing.abort()
    for (const link of this.#links.values()) link.close()
  }

  #state(topic: string): TopicState {
    const known = this.#states.get(topic)
    if (known !== undefined) return known
    const partitioner = new Partitioner()
    const made: TopicState = { topic, pending: [], partitioner, partitionCount: null, askedMs: 0 }
    this.#states.set(topic, made)
    void this.#ask(topic, made)
    return made
  }

  /** Learns how many partitions the topic has; whoever waits for that is told when it cannot be. */
  async #ask(topic: string, state: TopicState): Promise<void> {
    const { topics, requestTimeoutMs } = this.#context
    const timeoutMs = Math.min(requestTimeoutMs, newTopicPatienceMs)
    state.askedMs = performance.now()
    try {
      const options = { timeoutMs, signal: this.#closing.signal }
      state.partitionCount = await withRetries(options, () => topics.partitionCount(topic))
      this.#place(state)
    } catch (error) {
      if (state.partitionCount !== null) return
      this.#states.delete(topic)
      for (const { reject } of state.pending.splice(0)) reject(errorOfCall(error))
    }
  }

  /** Gives places as long as there is room; the next in line waits, and those behind it. */
  #place(state: TopicState): void {
    const { pending, partitioner, partitionCount } = state
    if (partitionCount === null) return
    let placed = 0
    for (const { topic, partition: asked, record, bytes, resolve, reject } of pending) {
      if (!this.#hasRoom(bytes)) break
      placed++
      const max = this.#options.batchBytes
      const partition = asked ?? partitioner.choose(record.key, partitionCount, { bytes, max })
      this.#bufferedBytes += bytes
      this.#queue(topic, partition)
        .add(record, bytes)
        .then((offset) => resolve({ topic, partition, offset }), reject)
    }
    pending.splice(0, placed)
    this.#askAgainIfOld(state)
  }

  /** A topic may have got more partitions. */
  #askAgainIfOld(state: TopicState): void {
    if (performance.now() - state.askedMs > topicsAgeMaxMs) void this.#ask(state.topic, state)
  }

  #hasRoom(bytes: number): boolean {
    // A record that is larger than the whole buffer goes alone.
    return this.#bufferedBytes === 0 || this.#bufferedBytes + bytes <= this.#options.bufferBytes
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const key = `${partition}:${topic}`
    const known = this.#queues.get(key)
    if (known !== undefined) return known
    const { topics, requestTimeoutMs } = this.#context
    const { acks, batchBytes, lingerMs, compression, deliveryTimeoutMs } = this.#options
    const made = new PartitionQueue({
      topic,
      partition,
      batchBytes,
      lingerMs,
      compression,
      deliveryTimeoutMs,
      requestTimeoutMs,
      signal: this.#closing.signal,
      append: async (batch, timeoutMs) => {
        const link = this.#link(await topics.leader(topic, partition))
        return link.append({ topic, partition, acks: acksOf[acks], timeoutMs, batch }, batch.length)
      },
      learn: ({ leader }) => {
        if (leader !== null && topics.learn(topic, partition, leader)) return true
        topics.forget(topic)
        return false
      },
      newIdentity: () => this.#newIdentity(),
      release: (bytes) => {
        this.#bufferedBytes -= bytes
        for (const state of this.#states.values()) this.#place(state)
      },
    })
    this.#queues.set(key, made)
    return made
  }

  #link(address: string): AppendLink {
    const known = this.#links.get(address)
    if (known !== undefined) return known
    const { connections, requestTimeoutMs } = this.#context
    // The broker answers that the replicas were too slow before we take it for dead.
    const made = new AppendLink(connections, address, requestTimeoutMs + answerGraceMs)
    this.#links.set(address, made)
    return made
  }

  async #newIdentity(): Promise<Identity> {
    const { connections, topics, requestTimeoutMs: timeoutMs } = this.#context
    const { signal } = this.#closing
    const { producerId, producerEpoch } = await withRetries({ timeoutMs, signal }, () =>
      callUnary(
        connections.to(topics.anyBroker()),
        Storage.initProducer,
        {},
        { timeoutMs: initTimeoutMs, signal },
      ),
    )
    return { producerId, producerEpoch }
  }
}

/** A topic that was made a moment ago may not be known to every broker. */
const newTopicPatienceMs = 5_000
const answerGraceMs = 2_000
const initTimeoutMs = 5_000
/** What a record takes beside its parts, generously. */
const recordOverheadBytes = 32

function closedError(): SamsaError {
  return new SamsaError('INVALID_REQUEST', 'the producer is closed')
}

function outgoing(content: Omit<RecordToSend, 'topic' | 'partition'>): OutgoingRecord {
  const { key = null, value, headers = {}, timestampMs = Date.now() } = content
  return {
    key: bufferOf(key),
    value: bufferOf(value),
    headers: Object.entries(headers).map(([name, part]) => ({ key: name, value: bufferOf(part) })),
    timestampMs,
  }
}

function bufferOf(bytes: Bytes | null): Buffer | null {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
}

function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let size = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) size += header.key.length * 3 + (header.value?.length ?? 0) + 8
  return size
}
