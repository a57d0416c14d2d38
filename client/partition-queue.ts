// What is to be appended to one partition: a batch that grows, batches that wait, and one that is
// under way. One at a time keeps the order through every retry, and lets batches grow while they
// wait. Owns the producer's id and numbers for the partition.

import { Acks, type AppendResponse } from '@samsa/proto/grpc/gen/storage'
import { BatchBuilder } from '@samsa/proto/record/batch-builder'
import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import { errorOfCall, SamsaError } from './errors.ts'
import { hintsInARowMax } from './limits.ts'
import { backoffMs, pause } from './retry.ts'

export interface OutgoingRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  readonly timestampMs: number
}

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** What a queue needs of the producer. */
export interface QueueOptions {
  readonly topic: string
  readonly partition: number
  readonly batchBytes: number
  readonly lingerMs: number
  readonly compression: CompressionType
  readonly deliveryTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly signal: AbortSignal
  readonly append: (batch: Buffer, timeoutMs: number) => Promise<AppendResponse>
  /** Tells of an error; true when it brought a new leader that may be tried at once. */
  readonly learn: (error: SamsaError) => boolean
  /** Resolves with a producer id that nobody has used. */
  readonly newIdentity: () => Promise<Identity>
  /** So many bytes need not be held any more. */
  readonly release: (bytes: number) => void
}

interface Waiter {
  readonly resolve: (offset: number) => void
  readonly reject: (error: Error) => void
}

interface Sealed {
  readonly records: readonly OutgoingRecord[]
  readonly waiters: readonly Waiter[]
  readonly bytes: number
  readonly endMs: number
}

const sequenceLimit = 0x8000_0000

export class PartitionQueue {
  readonly #options: QueueOptions
  #records: OutgoingRecord[] = []
  #waiters: Waiter[] = []
  #bytes = 0
  #sinceMs = 0
  readonly #sealed: Sealed[] = []
  #isSending = false
  #timer: NodeJS.Timeout | null = null
  #identity: Identity | null = null
  #sequence = 0
  readonly #idle: (() => void)[] = []

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Resolves with the record's offset once it is acknowledged. */
  add(record: OutgoingRecord, bytes: number): Promise<number> {
    if (this.#records.length > 0 && this.#bytes + bytes > this.#options.batchBytes) this.#seal()
    if (this.#records.length === 0) this.#sinceMs = performance.now()
    this.#bytes += bytes
    this.#records.push(record)
    const acknowledged = new Promise<number>((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
    })
    if (this.#bytes >= this.#options.batchBytes) this.#seal()
    this.#schedule()
    return acknowledged
  }

  /** Resolves when everything that was added has been acknowledged or given up. */
  flush(): Promise<void> {
    if (this.#records.length > 0) this.#seal()
    this.#schedule()
    if (!this.#isSending && this.#sealed.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #seal(): void {
    const endMs = this.#sinceMs + this.#options.deliveryTimeoutMs
    this.#sealed.push({
      records: this.#records,
      waiters: this.#waiters,
      bytes: this.#bytes,
      endMs,
    })
    this.#records = []
    this.#waiters = []
    this.#bytes = 0
  }

  /** Sends when nothing is under way and something is ready. */
  #schedule(): void {
    if (this.#isSending) return
    if (this.#sealed.length === 0 && this.#records.length === 0) return
    if (this.#sealed.length > 0) return void this.#run()
    if (this.#timer !== null) return
    const waitMs = this.#sinceMs + this.#options.lingerMs - performance.now()
    // At least what is added in this turn goes together.
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        void this.#run()
      },
      Math.max(0, waitMs),
    )
  }

  async #run(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#sealed.length === 0 && this.#records.length > 0) this.#seal()
    for (;;) {
      const next = this.#sealed.shift()
      if (next === undefined) break
      await this.#deliver(next)
    }
    this.#isSending = false
    if (this.#records.length > 0) return this.#schedule()
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #deliver(sealed: Sealed): Promise<void> {
    try {
      const { baseOffset } = await this.#send(sealed)
      for (const [index, { resolve }] of sealed.waiters.entries()) resolve(baseOffset + index)
    } catch (error) {
      for (const { reject } of sealed.waiters) reject(errorOfCall(error))
    } finally {
      this.#options.release(sealed.bytes)
    }
  }

  /** Tries until it is acknowledged, refused for good, or too late. */
  async #send(sealed: Sealed): Promise<AppendResponse> {
    let batch: Buffer | null = null
    let isAmbiguous = false
    let hints = 0
    for (let attempt = 0; ; attempt++) {
      try {
        this.#identity ??= await this.#options.newIdentity()
        batch ??= this.#build(sealed.records, this.#identity)
        const leftMs = sealed.endMs - performance.now()
        const timeoutMs = Math.max(1, Math.min(leftMs, this.#options.requestTimeoutMs))
        const appended = await this.#options.append(batch, timeoutMs)
        this.#sequence = (this.#sequence + sealed.records.length) % sequenceLimit
        return appended
      } catch (cause) {
        const error = errorOfCall(cause)
        const isLate = performance.now() >= sealed.endMs
        if (lostIdentity.has(error.code) && !isAmbiguous && !isLate) {
          // The log knows nothing of us any more; none of these records is there.
          this.#forgetIdentity()
          batch = null
        } else {
          isAmbiguous ||= error.isAmbiguous
          this.#giveUpIfHopeless(error, sealed, isAmbiguous)
        }
        const isNews = this.#options.learn(error)
        if (isNews && ++hints <= hintsInARowMax) continue
        hints = 0
        await pause(backoffMs(attempt), this.#options.signal)
      }
    }
  }

  #build(records: readonly OutgoingRecord[], identity: Identity): Buffer {
    const builder = new BatchBuilder({
      ...identity,
      baseSequence: this.#sequence,
      compression: this.#options.compression,
    })
    for (const record of records) builder.append(record)
    return builder.build()
  }

  /** Throws when there is no sense in trying again. */
  #giveUpIfHopeless(error: SamsaError, sealed: Sealed, isAmbiguous: boolean): void {
    const isLate = performance.now() >= sealed.endMs
    const { aborted } = this.#options.signal
    if (error.retriable && !isLate && !aborted) return
    // Whether the numbers are used up is not known: others begin anew, under another id.
    if (isAmbiguous) this.#forgetIdentity()
    const { topic, partition } = this.#options
    const fate = isAmbiguous ? 'the records may be there or not' : 'the records were not appended'
    throw new SamsaError(error.code, `${topic}-${partition}: ${error.message}; ${fate}`, {
      retriable: error.retriable,
      isAmbiguous,
      cause: error,
    })
  }

  #forgetIdentity(): void {
    this.#identity = null
    this.#sequence = 0
  }
}

/** Errors that a new producer id helps against. */
const lostIdentity: ReadonlySet<string> = new Set([
  'UNKNOWN_PRODUCER_ID',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
])

export const acksOf = { all: Acks.ACKS_ALL, leader: Acks.ACKS_LEADER } as const
