// Brings the ends of transactions to the leaders of their partitions, and goes on until each has
// been written (KIP-98). One request a broker is under way at a time; what comes meanwhile goes
// with the next one. Knows nothing of the state of transactions, and decides nothing.

import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type {
  writeTxnMarkersRequest,
  writeTxnMarkersResponse,
} from '@samsa/proto/kafka/write-txn-markers'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import type { Clock, Timers } from '../../clock.ts'
import { markersPerRequestMax } from './limits.ts'

export type WriteMarkersRequest = Encodable<typeof writeTxnMarkersRequest>
export type WriteMarkersResponse = Decoded<typeof writeTxnMarkersResponse>

export interface MarkerJob {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly isCommit: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
}

export interface MarkerSenderOptions {
  /** The broker that leads; null while there is none; 'gone' where there is no such topic. */
  readonly leaderOf: (topic: string, partition: number) => number | 'gone' | null
  /** Rejects where the answer is not known. */
  readonly send: (brokerId: number, request: WriteMarkersRequest) => Promise<WriteMarkersResponse>
  readonly clock: Clock
  readonly timers: Timers
  readonly onFault: (error: unknown) => void
}

export type OnMarkers = (topic: string, partition: number) => void

interface Due {
  readonly owner: object
  readonly job: MarkerJob
  readonly topic: string
  readonly partition: number
  readonly onWritten: OnMarkers
  readonly sinceMs: number
  failures: number
}

const retryMsMin = 20
const retryMsMax = 1_000
/** A topic that was made a moment ago may not be known here yet. */
const goneAfterMs = 5_000

/** A newer coordinator has ended a transaction of this producer: this one's is carried on there. */
const fenced: KafkaErrorName = 'TRANSACTION_COORDINATOR_FENCED'

export class MarkerSender {
  readonly #options: MarkerSenderOptions
  readonly #ready = new Map<number, Due[]>()
  readonly #busy = new Set<number>()
  readonly #timers = new Set<{ cancel(): void }>()
  readonly #dropped = new WeakSet<object>()
  #isClosed = false

  constructor(options: MarkerSenderOptions) {
    this.#options = options
  }

  /** `owner` is what drop() takes back; `onWritten` is called once for each partition. */
  add(
    owner: object,
    job: MarkerJob,
    partitions: ReadonlyMap<string, ReadonlySet<number>>,
    onWritten: OnMarkers,
  ): void {
    const sinceMs = this.#options.clock.monotonicMs()
    for (const [topic, indexes] of partitions) {
      for (const partition of indexes) {
        this.#place({ owner, job, topic, partition, onWritten, sinceMs, failures: 0 })
      }
    }
  }

  /** Nothing more of this owner's is sent; what is under way stays so. */
  drop(owner: object): void {
    this.#dropped.add(owner)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#ready.clear()
  }

  #isOver({ owner, job }: Due): boolean {
    return this.#isClosed || this.#dropped.has(owner) || this.#dropped.has(job)
  }

  #place(due: Due): void {
    if (this.#isOver(due)) return
    const leader = this.#options.leaderOf(due.topic, due.partition)
    if (leader === 'gone') {
      const isGone = this.#options.clock.monotonicMs() - due.sinceMs >= goneAfterMs
      if (isGone) due.onWritten(due.topic, due.partition)
      else this.#later(due)
      return
    }
    if (leader === null) return this.#later(due)
    const ready = this.#ready.get(leader)
    if (ready === undefined) this.#ready.set(leader, [due])
    else ready.push(due)
    // With what else comes in this turn.
    if (!this.#busy.has(leader)) {
      this.#busy.add(leader)
      setImmediate(() => void this.#drain(leader))
    }
  }

  #later(due: Due): void {
    if (this.#isOver(due)) return
    const delayMs = Math.min(retryMsMin * 2 ** Math.min(due.failures++, 10), retryMsMax)
    const timer = this.#options.timers.schedule(delayMs, () => {
      this.#timers.delete(timer)
      this.#place(due)
    })
    this.#timers.add(timer)
  }

  async #drain(brokerId: number): Promise<void> {
    for (;;) {
      const all = (this.#ready.get(brokerId) ?? []).filter((due) => !this.#isOver(due))
      this.#ready.set(brokerId, all.slice(markersPerRequestMax))
      const batch = all.slice(0, markersPerRequestMax)
      if (batch.length === 0) break
      await this.#send(brokerId, batch)
    }
    this.#ready.delete(brokerId)
    this.#busy.delete(brokerId)
  }

  async #send(brokerId: number, batch: readonly Due[]): Promise<void> {
    let answers: ReadonlyMap<string, KafkaErrorName>
    try {
      answers = answersOf(await this.#options.send(brokerId, requestOf(batch)))
    } catch (error) {
      if (!this.#isClosed) this.#options.onFault(error)
      for (const due of batch) this.#later(due)
      return
    }
    for (const due of batch) {
      if (this.#isOver(due)) continue
      const { topic, partition, job } = due
      const error = answers.get(answerKey(job.producerId, topic, partition))
      // A higher epoch is there already: what it fenced is over.
      if (error === 'NONE' || error === 'INVALID_PRODUCER_EPOCH') due.onWritten(topic, partition)
      else if (error === fenced) this.#dropped.add(job)
      else this.#later(due)
    }
  }
}

function answerKey(producerId: number, topic: string, partition: number): string {
  return `${producerId}/${partition}/${topic}`
}

function answersOf({ markers }: WriteMarkersResponse): ReadonlyMap<string, KafkaErrorName> {
  const answers = new Map<string, KafkaErrorName>()
  for (const { producerId, topics } of markers) {
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const { name: error } = errorByCode(errorCode)
        answers.set(answerKey(producerId, name, partitionIndex), error)
      }
    }
  }
  return answers
}

function requestOf(batch: readonly Due[]): WriteMarkersRequest {
  const byJob = new Map<MarkerJob, Map<string, number[]>>()
  for (const { job, topic, partition } of batch) {
    const topics = byJob.get(job) ?? new Map<string, number[]>()
    byJob.set(job, topics)
    const indexes = topics.get(topic)
    if (indexes === undefined) topics.set(topic, [partition])
    else indexes.push(partition)
  }
  return {
    markers: Array.from(byJob, ([job, topics]) => ({
      producerId: job.producerId,
      producerEpoch: job.producerEpoch,
      transactionResult: job.isCommit,
      coordinatorEpoch: job.coordinatorEpoch,
      transactionVersion: job.transactionVersion,
      topics: Array.from(topics, ([name, partitionIndexes]) => ({ name, partitionIndexes })),
    })),
  }
}
