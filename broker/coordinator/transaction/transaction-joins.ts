// Has partitions added to the transaction that a batch claims to be a part of, or asks whether they
// are in it, at the transaction coordinator and before the batch is written (KIP-890): a
// transaction that the coordinator does not know of would never end. One request a broker is under
// way at a time; what comes meanwhile goes with the next one.

import type {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from '@samsa/proto/kafka/add-partitions-to-txn'
import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Decoded, Encodable } from '@samsa/proto/wire/message'
import type { Clock, Timers } from '../../clock.ts'
import { joinsPerRequestMax } from './limits.ts'
import type { TopicPartitions } from './transaction.ts'

export type AddPartitionsRequest = Encodable<typeof addPartitionsToTxnRequest>
export type AddPartitionsResponse = Decoded<typeof addPartitionsToTxnResponse>

export interface Join {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly verifyOnly: boolean
  readonly partitions: TopicPartitions
}

/** The error for one of the partitions that were asked for; NONE where it is in. */
export type JoinAnswer = (topic: string, partition: number) => KafkaErrorName

export interface TransactionJoinsOptions {
  /** The broker that coordinates the transactional id; null while there is none. */
  readonly coordinatorOf: (transactionalId: string) => number | null
  /** Rejects where the answer is not known. */
  readonly ask: (brokerId: number, request: AddPartitionsRequest) => Promise<AddPartitionsResponse>
  /** add.partitions.to.txn.retry.backoff.ms and add.partitions.to.txn.retry.backoff.max.ms */
  readonly retry: () => { readonly backoffMs: number; readonly totalMs: number }
  readonly clock: Clock
  readonly timers: Timers
}

interface Waiting {
  readonly join: Join
  readonly resolve: (answer: JoinAnswer) => void
}

interface Line {
  waiting: Waiting[]
  isBusy: boolean
}

export class TransactionJoins {
  readonly #options: TransactionJoinsOptions
  readonly #lines = new Map<number, Line>()
  /** The last of a producer's appends that are to keep their order. */
  readonly #last = new Map<number, Promise<void>>()

  constructor(options: TransactionJoinsOptions) {
    this.#options = options
  }

  /**
   * Does the work after all of the same producer that was given before: a batch that waits for its
   * transaction must not be overtaken. Undefined where it is done already.
   */
  inOrder(producerId: number, work: () => Promise<void> | undefined): Promise<void> | undefined {
    const before = this.#last.get(producerId)
    const done = before === undefined ? work() : before.then(work)
    if (done === undefined) return undefined
    const settled = done.catch(() => undefined)
    this.#last.set(producerId, settled)
    void settled.then(() => {
      if (this.#last.get(producerId) === settled) this.#last.delete(producerId)
    })
    return done
  }

  /** Never rejects. */
  async join(join: Join): Promise<JoinAnswer> {
    const { retry, clock } = this.#options
    const { backoffMs, totalMs } = retry()
    const endMs = clock.monotonicMs() + totalMs
    for (;;) {
      const answer = await this.#once(join)
      if (join.verifyOnly || !isBusy(join, answer)) return answer
      // The transaction before is nearly over: a client would wait for longer than that takes.
      if (clock.monotonicMs() + backoffMs > endMs) return answer
      await new Promise<void>((resolve) => {
        this.#options.timers.schedule(backoffMs, resolve)
      })
    }
  }

  #once(join: Join): Promise<JoinAnswer> {
    const brokerId = this.#options.coordinatorOf(join.transactionalId)
    if (brokerId === null) return Promise.resolve(() => 'COORDINATOR_NOT_AVAILABLE')
    const line = this.#lines.get(brokerId) ?? { waiting: [], isBusy: false }
    this.#lines.set(brokerId, line)
    return new Promise((resolve) => {
      line.waiting.push({ join, resolve })
      if (line.isBusy) return
      line.isBusy = true
      // With what else comes in this turn.
      setImmediate(() => void this.#drain(brokerId, line))
    })
  }

  async #drain(brokerId: number, line: Line): Promise<void> {
    while (line.waiting.length > 0) {
      const batch = takeBatch(line)
      await this.#ask(brokerId, batch)
    }
    line.isBusy = false
  }

  async #ask(brokerId: number, batch: readonly Waiting[]): Promise<void> {
    let response: AddPartitionsResponse
    try {
      const request = requestOf(batch.map(({ join }) => join))
      response = await this.#options.ask(brokerId, request)
    } catch {
      for (const { resolve } of batch) resolve(() => 'NETWORK_EXCEPTION')
      return
    }
    for (const { join, resolve } of batch) resolve(answerOf(join, response))
  }
}

function isBusy(join: Join, answer: JoinAnswer): boolean {
  for (const [topic, indexes] of join.partitions) {
    for (const index of indexes) if (answer(topic, index) === 'CONCURRENT_TRANSACTIONS') return true
  }
  return false
}

/** An answer names its transaction by the id alone, so that each id comes once. */
function takeBatch(line: Line): Waiting[] {
  const batch: Waiting[] = []
  const left: Waiting[] = []
  const ids = new Set<string>()
  for (const waiting of line.waiting) {
    const { transactionalId } = waiting.join
    if (batch.length >= joinsPerRequestMax || ids.has(transactionalId)) left.push(waiting)
    else batch.push(waiting)
    ids.add(transactionalId)
  }
  line.waiting = left
  return batch
}

function requestOf(joins: readonly Join[]): AddPartitionsRequest {
  return {
    transactions: joins.map(({ partitions, ...join }) => ({
      ...join,
      topics: Array.from(partitions, ([name, indexes]) => ({ name, partitions: [...indexes] })),
    })),
  }
}

function answerOf(join: Join, response: AddPartitionsResponse): JoinAnswer {
  if (response.errorCode !== 0) {
    const { name } = errorByCode(response.errorCode)
    return () => name
  }
  const { transactionalId } = join
  const result = response.resultsByTransaction.find(
    (one) => one.transactionalId === transactionalId,
  )
  return (topic, partition) => {
    const found = result?.topicResults
      .find(({ name }) => name === topic)
      ?.resultsByPartition.find(({ partitionIndex }) => partitionIndex === partition)
    return found === undefined ? 'UNKNOWN_SERVER_ERROR' : errorByCode(found.partitionErrorCode).name
  }
}
