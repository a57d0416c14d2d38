// Sends records to one topic. Each partition has its batches in order and at most one of them under
// way, so that order holds through every retry; with acks=all the producer is idempotent, so that a
// retry never writes twice. Memory is bounded: a caller waits for room() before it adds more.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import { zeroUuid } from '@samsa/proto/wire/types'
import { CommandError } from '../errors.ts'
import type { NewRecord } from '../format/record.ts'
import type { Cluster } from './cluster.ts'
import type { ResponseOf } from './connection.ts'
import { isRetriable, KafkaError } from './errors.ts'
import {
  lingerMs,
  produceRequestBytesMax,
  producerBytesMax,
  requestsInFlightMax,
} from './limits.ts'
import { PartitionQueue, type PendingBatch } from './partition-queue.ts'
import { Partitioner } from './partitioner.ts'
import { backoffMs, pause, throwIfStopped } from './retry.ts'
import { RetryNotice } from './retry-notice.ts'

export interface ProducerOptions {
  readonly topic: string
  readonly acks: keyof typeof acksCodes
  readonly compression: CompressionType
  /** How long a record may wait for its acknowledgement, retries included. */
  readonly deliveryTimeoutMs: number
  /** Told what a delivery waits for that is refused again and again. */
  readonly onRetrying?: (reason: string) => void
}

export const acksCodes = { all: -1, leader: 1, none: 0 } as const

interface Part {
  readonly queue: PartitionQueue
  readonly batch: PendingBatch
}

type PartitionResponse = ResponseOf<'produce'>['responses'][number]['partitionResponses'][number]

const noProducer = { id: -1, epoch: -1 }

export class Producer {
  readonly #cluster: Cluster
  readonly #options: ProducerOptions
  readonly #queues: readonly PartitionQueue[]
  readonly #partitioner: Partitioner
  readonly #producer: { readonly id: number; readonly epoch: number }
  readonly #notice: RetryNotice
  readonly #inFlight = new Map<number, number>()
  #bufferedBytes = 0
  #sentRecords = 0
  #sentBytes = 0
  #isFlushing = false
  #isRecovering = false
  #lingerTimer: NodeJS.Timeout | undefined
  #failure: unknown
  #waiters: (() => void)[] = []

  private constructor(
    cluster: Cluster,
    options: ProducerOptions,
    partitionCount: number,
    producer: { id: number; epoch: number },
  ) {
    this.#cluster = cluster
    this.#options = options
    this.#notice = new RetryNotice(options.onRetrying ?? (() => undefined))
    this.#producer = producer
    this.#partitioner = new Partitioner(partitionCount)
    this.#queues = Array.from({ length: partitionCount }, (_, index) => new PartitionQueue(index))
  }

  /** Looks the topic up (brokers may create it, as they are configured) and gets a producer id. */
  static async open(cluster: Cluster, options: ProducerOptions): Promise<Producer> {
    const topic = await cluster.topic(options.topic, { autoCreate: true })
    const producer = options.acks === 'all' ? await initProducerId(cluster) : noProducer
    return new Producer(cluster, options, topic.partitions.length, producer)
  }

  get partitionCount(): number {
    return this.#queues.length
  }

  /** What was acknowledged so far. */
  get sent(): { records: number; bytes: number } {
    return { records: this.#sentRecords, bytes: this.#sentBytes }
  }

  get hasRoom(): boolean {
    return this.#bufferedBytes < producerBytesMax && this.#failure === undefined
  }

  /** Queues a record. Throws what made an earlier one fail. */
  add(record: NewRecord): void {
    this.#throwIfFailed()
    const index = record.partition ?? this.#partitioner.choose(record.key)
    const queue = this.#queues[index]
    if (queue === undefined) {
      throw new CommandError(
        `topic ${this.#options.topic} has no partition ${index}: its partitions are 0 to ` +
          `${this.#queues.length - 1}`,
      )
    }
    const { bytes, filled } = queue.add(record, performance.now())
    this.#bufferedBytes += bytes
    if (filled) {
      this.#partitioner.batchFull(index)
      this.#pump()
    } else {
      this.#lingerTimer ??= setTimeout(() => this.#lingered(), lingerMs)
    }
  }

  /** Waits until more records may be added. */
  async room(): Promise<void> {
    while (this.#bufferedBytes >= producerBytesMax) {
      this.#throwIfFailed()
      await this.#progress()
    }
    this.#throwIfFailed()
  }

  /** Waits until everything added is acknowledged. */
  async flush(): Promise<void> {
    this.#isFlushing = true
    try {
      this.#pump()
      while (this.#bufferedBytes > 0) {
        this.#throwIfFailed()
        await this.#progress()
      }
      this.#throwIfFailed()
    } finally {
      this.#isFlushing = false
    }
  }

  close(): void {
    clearTimeout(this.#lingerTimer)
    this.#failure ??= new CommandError('the producer is closed')
    this.#wake()
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }

  #lingered(): void {
    this.#lingerTimer = undefined
    this.#pump()
    const isWaiting = this.#queues.some(({ isIdle, first }) => isIdle && first !== undefined)
    if (isWaiting) this.#lingerTimer = setTimeout(() => this.#lingered(), lingerMs)
  }

  /** Sends what is due to every leader that has few enough requests under way. */
  #pump(): void {
    if (this.#failure !== undefined || this.#isRecovering) return
    const topic = this.#cluster.knownTopic(this.#options.topic)
    const dueBeforeMs = this.#isFlushing || !this.hasRoom ? Infinity : performance.now() - lingerMs
    const byLeader = new Map<number, Part[]>()
    for (const queue of this.#queues) {
      const batch = queue.due(dueBeforeMs)
      if (batch === undefined) continue
      const leader = topic?.partitions[queue.index]?.leader ?? -1
      if (leader < 0) {
        const error = new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, this.#about(queue))
        return this.#recover(error, [queue])
      }
      const parts = byLeader.get(leader)
      if (parts === undefined) byLeader.set(leader, [{ queue, batch }])
      else parts.push({ queue, batch })
    }
    for (const [leader, parts] of byLeader) {
      if ((this.#inFlight.get(leader) ?? 0) >= requestsInFlightMax) continue
      void this.#send(leader, firstOf(parts, produceRequestBytesMax)) // Failures end in #fail.
    }
  }

  async #send(leader: number, parts: readonly Part[]): Promise<void> {
    for (const { queue } of parts) queue.isIdle = false
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1)
    try {
      const answers = await this.#request(leader, parts)
      for (const { queue, batch } of parts) this.#answered(queue, batch, answers.get(queue.index))
    } catch (error) {
      const queues = parts.map(({ queue }) => queue)
      if (isRetriable(error)) this.#recover(error, queues)
      else this.#fail(error)
    } finally {
      for (const { queue } of parts) queue.isIdle = true
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1)
      this.#pump()
      this.#wake()
    }
  }

  /** The answers by partition; undefined stands for success where no answer is asked for. */
  async #request(
    leader: number,
    parts: readonly Part[],
  ): Promise<ReadonlyMap<number, PartitionResponse | undefined>> {
    const { topic, acks, compression } = this.#options
    const partitionData = []
    for (const { queue, batch } of parts) {
      queue.number(batch)
      batch.encoded ??= encodeBatch(batch.records, {
        compression,
        producerId: this.#producer.id,
        producerEpoch: this.#producer.epoch,
        baseSequence: this.#producer.id < 0 ? -1 : batch.baseSequence,
      })
      partitionData.push({ index: queue.index, records: batch.encoded })
    }
    const topicId = this.#cluster.knownTopic(topic)?.id ?? zeroUuid
    const body = {
      acks: acksCodes[acks],
      timeoutMs: this.#cluster.requestTimeoutMs,
      topicData: [{ name: topic, topicId, partitionData }],
    }
    const noResponse = acks === 'none'
    const answer = await this.#cluster.toBroker(leader, 'produce', body, { noResponse })
    if (noResponse) return new Map(parts.map(({ queue }) => [queue.index, undefined]))
    const responses = answer.response.responses.flatMap((one) => one.partitionResponses)
    return new Map(responses.map((one) => [one.index, one]))
  }

  #answered(queue: PartitionQueue, batch: PendingBatch, answer?: PartitionResponse): void {
    const errorCode = answer?.errorCode ?? 0
    // A retry of what was written already is answered so, when the broker remembers no offset for
    // it.
    if (errorCode === 0 || errorCode === errorCodes.DUPLICATE_SEQUENCE_NUMBER) {
      queue.finish(batch)
      this.#bufferedBytes -= batch.bytes
      this.#sentRecords += batch.records.length
      this.#sentBytes += batch.bytes
      return
    }
    if (errorCode === errorCodes.MESSAGE_TOO_LARGE && queue.split(batch)) return
    const error = new KafkaError(errorCode, this.#about(queue), answer?.errorMessage)
    if (error.retriable) this.#recover(error, [queue])
    else this.#fail(error)
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#wake()
  }

  /** After a failure that may pass: learns anew who leads, then goes on with the same batches. */
  #recover(cause: unknown, queues: readonly PartitionQueue[]): void {
    for (const queue of queues) queue.failingSinceMs ??= performance.now()
    this.#failedAgain(cause)
    if (this.#isRecovering || this.#failure !== undefined) return
    this.#isRecovering = true
    void this.#recovered(cause).then(
      () => {
        this.#isRecovering = false
        this.#pump()
      },
      (error: unknown) => {
        this.#isRecovering = false
        this.#fail(error)
      },
    )
  }

  #failedAgain(error: unknown): void {
    const sinceMs = Math.min(...this.#queues.map((one) => one.failingSinceMs ?? Infinity))
    this.#notice.failed(error, sinceMs, performance.now())
  }

  async #recovered(cause: unknown): Promise<void> {
    let error = cause
    for (let attempt = 0; ; attempt++) {
      const openedMs = Math.min(...this.#queues.map(({ first }) => first?.openedMs ?? Infinity))
      if (performance.now() - openedMs > this.#options.deliveryTimeoutMs) throw error
      throwIfStopped(this.#cluster.signal)
      await pause(backoffMs(attempt), this.#cluster.signal)
      try {
        const [topic] = await this.#cluster.refresh([this.#options.topic])
        const leaderless = topic?.partitions.find(({ leader }) => leader < 0)
        if (leaderless === undefined) return
        const about = `partition ${this.#options.topic}-${leaderless.index}`
        error = new KafkaError(errorCodes.LEADER_NOT_AVAILABLE, about)
      } catch (refused) {
        if (!isRetriable(refused)) throw refused
        error = refused
      }
      this.#failedAgain(error)
    }
  }

  #about(queue: PartitionQueue): string {
    return `partition ${this.#options.topic}-${queue.index}`
  }
}

/** As many parts as one request may carry, and at least one. */
function firstOf(parts: readonly Part[], bytesMax: number): Part[] {
  const taken: Part[] = []
  let bytes = 0
  for (const part of parts) {
    if (taken.length > 0 && bytes + part.batch.bytes > bytesMax) break
    taken.push(part)
    bytes += part.batch.bytes
  }
  return taken
}

async function initProducerId(cluster: Cluster): Promise<{ id: number; epoch: number }> {
  return await cluster.retrying(async () => {
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
    const { response } = await cluster.toAny('initProducerId', body)
    if (response.errorCode !== 0) throw new KafkaError(response.errorCode, 'idempotent producer')
    return { id: response.producerId, epoch: response.producerEpoch }
  })
}
