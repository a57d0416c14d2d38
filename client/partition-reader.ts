// Reads one partition, wherever its leader is: one Read after another, each from where the one
// before ended. Hands out one response at a time and takes no more meanwhile, so that what is on
// its way stays within the window of the connection.

import type { ClientReadableStream } from '@grpc/grpc-js'
import { openServerStream } from '@samsa/proto/grpc/calls'
import {
  Form,
  Isolation,
  Position,
  type ReadRequestInit,
  type ReadResponse,
  Storage,
} from '@samsa/proto/grpc/gen/storage'
import type { Connections } from './connections.ts'
import { errorOfCall, SamsaError } from './errors.ts'
import { hintsInARowMax } from './limits.ts'
import { backoffMs, pause } from './retry.ts'
import type { Topics } from './topics.ts'

/** Where to start to read. */
export type Start =
  | 'earliest'
  | 'latest'
  | { readonly offset: number }
  | { readonly timestampMs: number }
  | { readonly group: string; readonly otherwise?: 'earliest' | 'latest' }

export interface PartitionReaderOptions {
  readonly connections: Connections
  readonly topics: Topics
  readonly topic: string
  readonly partition: number
  readonly start: Start
  readonly endOffset: number | null
  readonly isCommittedOnly: boolean
  readonly maxBytes: number
  /** For how long to bear with errors that may pass. */
  readonly retryTimeoutMs: number
  readonly signal: AbortSignal
  /** Resolves when the next response may come. Records before `fromOffset` were given already. */
  readonly onResponse: (response: ReadResponse, fromOffset: number) => Promise<void>
}

export class PartitionReader {
  readonly #options: PartitionReaderOptions
  #nextOffset: number | null = null
  #leaderEpoch = -1

  constructor(options: PartitionReaderOptions) {
    this.#options = options
  }

  /** Resolves at the end that was asked for, or when the signal aborts. */
  async run(): Promise<void> {
    const { topics, topic, partition, signal, retryTimeoutMs, endOffset } = this.#options
    let hints = 0
    let attempt = 0
    let failingSinceMs: number | null = null
    while (!signal.aborted) {
      const offsetBefore = this.#nextOffset
      try {
        await this.#readFromLeader()
        if (endOffset !== null && (this.#nextOffset ?? -1) >= endOffset) return
        throw new SamsaError('NETWORK_EXCEPTION', 'the stream has ended', { retriable: true })
      } catch (cause) {
        if (signal.aborted) return
        const error = errorOfCall(cause)
        const hasProgressed = this.#nextOffset !== offsetBefore
        if (hasProgressed) {
          hints = 0
          attempt = 0
        }
        failingSinceMs = hasProgressed ? null : (failingSinceMs ?? performance.now())
        const isLate = performance.now() - (failingSinceMs ?? Infinity) > retryTimeoutMs
        if (!error.retriable || isLate) throw error
        const isNews = error.leader !== null && topics.learn(topic, partition, error.leader)
        if (isNews && ++hints <= hintsInARowMax) continue
        if (!isNews) topics.forget(topic)
        hints = 0
        await pause(backoffMs(attempt++), signal)
      }
    }
  }

  async #readFromLeader(): Promise<void> {
    const { connections, topics, topic, partition, signal } = this.#options
    const address = await topics.leader(topic, partition)
    if (signal.aborted) return
    const stream = openServerStream(connections.to(address), Storage.read, this.#request())
    const cancel = () => stream.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      await this.#takeAll(stream)
    } finally {
      signal.removeEventListener('abort', cancel)
      stream.cancel()
    }
  }

  #takeAll(stream: ClientReadableStream<ReadResponse>): Promise<void> {
    const { onResponse } = this.#options
    return new Promise((resolve, reject) => {
      let taking: Promise<void> = Promise.resolve()
      stream.on('data', (response: ReadResponse) => {
        const fromOffset = this.#nextOffset ?? 0
        this.#nextOffset = response.nextOffset
        this.#leaderEpoch = response.leaderEpoch
        stream.pause()
        taking = onResponse(response, fromOffset)
        taking.then(() => stream.resume(), reject)
      })
      // What came before the end is taken first.
      stream.on('error', (error) => void taking.then(() => reject(error), reject))
      stream.on('end', () => void taking.then(resolve, reject))
    })
  }

  #request(): ReadRequestInit {
    const { topic, partition, endOffset, isCommittedOnly, maxBytes } = this.#options
    return {
      topic,
      partition,
      ...this.#from(),
      endOffset,
      maxBytes,
      isolation: isCommittedOnly
        ? Isolation.ISOLATION_READ_COMMITTED
        : Isolation.ISOLATION_READ_UNCOMMITTED,
      // Batches cost the broker least; which records of a batch are of aborted transactions, it
      // sorts out itself.
      form: isCommittedOnly ? Form.FORM_RECORDS : Form.FORM_BATCHES,
    }
  }

  #from(): ReadRequestInit {
    if (this.#nextOffset !== null) {
      const lastLeaderEpoch = this.#leaderEpoch < 0 ? null : this.#leaderEpoch
      return { offset: this.#nextOffset, lastLeaderEpoch }
    }
    const { start } = this.#options
    if (start === 'earliest' || start === 'latest') return { position: positions[start] }
    if ('group' in start) {
      const otherwise = positions[start.otherwise ?? 'earliest']
      return { group: { groupId: start.group, otherwise } }
    }
    return 'offset' in start ? { offset: start.offset } : { timestampMs: start.timestampMs }
  }
}

export const positions = {
  earliest: Position.POSITION_EARLIEST,
  latest: Position.POSITION_LATEST,
} as const
