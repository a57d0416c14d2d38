// Reads a topic: all its partitions or some, as records one by one. An async iterable; the records
// of a partition come in order. Whoever stops to iterate stops the reading: what waits is one
// response a partition, and the connection's window.

import type { ReadResponse } from '@samsa/proto/grpc/gen/storage'
import { isControl } from '@samsa/proto/record/batch'
import { batchPositions } from '@samsa/proto/record/batches'
import { batchRecords } from '@samsa/proto/record/records'
import type { Connections } from './connections.ts'
import { deliveryTimeoutMsDefault, responseBytesDefault } from './limits.ts'
import { PartitionReader, type Start } from './partition-reader.ts'
import type { Topics } from './topics.ts'

export interface ReaderOptions {
  readonly topic: string
  /** All that the topic has now, where they are left out. */
  readonly partitions?: readonly number[]
  /** For all partitions, or for each. Default: earliest. */
  readonly from?: Start | ((partition: number) => Start)
  /** Where to stop, exclusive: the iteration ends once each partition has got there. */
  readonly until?: (partition: number) => number | null
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  readonly maxBytes?: number
  /** For how long errors that may pass are borne with. Default: two minutes. */
  readonly retryTimeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ReceivedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

/** A response that waits to be taken. */
interface Arrived {
  readonly partition: number
  readonly response: ReadResponse
  readonly fromOffset: number
  readonly done: () => void
}

export interface ReaderContext {
  readonly connections: Connections
  readonly topics: Topics
}

export class Reader implements AsyncIterable<ReceivedRecord> {
  readonly #context: ReaderContext
  readonly #options: ReaderOptions
  readonly #closing = new AbortController()
  readonly #arrived: Arrived[] = []
  #wake: () => void = () => {}
  #running = 0
  #failure: Error | null = null

  constructor(context: ReaderContext, options: ReaderOptions) {
    this.#context = context
    this.#options = options
  }

  /** Ends the iteration. */
  close(): void {
    this.#closing.abort()
    this.#wake()
  }

  /** Once only; rejects where reading cannot go on. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedRecord, void> {
    const { signal } = this.#options
    const close = () => this.close()
    signal?.addEventListener('abort', close, { once: true })
    if (signal?.aborted === true) close()
    try {
      await this.#start()
      for (;;) {
        const next = this.#arrived.shift()
        if (this.#closing.signal.aborted) return
        if (next !== undefined) {
          yield* this.#records(next)
          next.done()
        } else if (this.#failure !== null) throw this.#failure
        else if (this.#running === 0) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', close)
      this.close()
    }
  }

  async #start(): Promise<void> {
    const { topic, partitions } = this.#options
    const { topics } = this.#context
    const all = partitions ?? [...Array(await topics.partitionCount(topic)).keys()]
    for (const partition of all) {
      this.#running++
      void this.#readPartition(partition)
        .catch((error: unknown) => {
          this.#failure ??= error instanceof Error ? error : new Error(String(error))
        })
        .finally(() => {
          this.#running--
          this.#wake()
        })
    }
  }

  #readPartition(partition: number): Promise<void> {
    const { topic, from = 'earliest', until, isolation, maxBytes, retryTimeoutMs } = this.#options
    const reader = new PartitionReader({
      ...this.#context,
      topic,
      partition,
      start: typeof from === 'function' ? from(partition) : from,
      endOffset: until?.(partition) ?? null,
      isCommittedOnly: isolation === 'read_committed',
      maxBytes: maxBytes ?? responseBytesDefault,
      retryTimeoutMs: retryTimeoutMs ?? deliveryTimeoutMsDefault,
      signal: this.#closing.signal,
      onResponse: (response, fromOffset) =>
        new Promise((done) => {
          if (response.records.length === 0 && response.batches.length === 0) return done()
          this.#arrived.push({ partition, response, fromOffset, done })
          this.#wake()
        }),
    })
    return reader.run()
  }

  *#records({ partition, response, fromOffset }: Arrived): Generator<ReceivedRecord, void> {
    const { topic } = this.#options
    for (const { offset, timestampMs, key, value, headers } of response.records) {
      yield { topic, partition, offset, timestampMs: timestampMs ?? -1, key, value, headers }
    }
    const end = this.#options.until?.(partition) ?? Number.MAX_SAFE_INTEGER
    for (const position of batchPositions(response.batches)) {
      if (isControl(response.batches, position)) continue
      for (const record of batchRecords(response.batches, position)) {
        if (record.offset >= end) return
        if (record.offset >= fromOffset) yield { topic, partition, ...record }
      }
    }
  }
}
