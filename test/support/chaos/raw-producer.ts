// An idempotent producer with acks=all that tells exactly what it sent and what was acknowledged
// where. One batch at a time in each partition, tried again until it is acknowledged or the run
// ends: like a Java producer with a short request timeout and no limit on delivery.

import { setTimeout as delay } from 'node:timers/promises'
import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { zeroUuid } from '@samsa/proto/wire/types'
import type { KafkaClient } from '../kafka-client.ts'
import type { ClusterView } from './cluster-view.ts'
import type { History } from './history.ts'
import { valueOf } from './history.ts'
import { LeaderLink } from './leader-link.ts'

export interface RawProducerOptions {
  readonly name: string
  readonly partitions: readonly number[]
  readonly recordsPerBatch: number
  readonly recordBytes: number
  /** From an acknowledgement to the next batch. */
  readonly pauseMs: number
  /** A request that is not answered by then is tried again, at the leader of that moment. */
  readonly requestTimeoutMs: number
}

const produceVersion = 12
const retryMs = 20

interface PartitionState {
  readonly partition: number
  producerId: number
  producerEpoch: number
  sequence: number
  number: number
}

/** The answers after which the batch may have been written nevertheless, or goes in later. */
const fatal = new Set<number>([
  errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  errorCodes.UNKNOWN_PRODUCER_ID,
  errorCodes.INVALID_PRODUCER_EPOCH,
])

export class RawProducer {
  readonly #history: History
  readonly #options: RawProducerOptions
  readonly #view: ClusterView
  readonly #filler: Buffer
  /** How often brokers refused a batch, by error. */
  readonly refusals = new Map<string, number>()
  #isStopping = false
  #isPatienceOver = false
  #loops: Promise<void>[] = []

  constructor(history: History, view: ClusterView, options: RawProducerOptions) {
    this.#history = history
    this.#options = options
    this.#view = view
    this.#filler = Buffer.alloc(options.recordBytes, 'x')
  }

  start(): void {
    this.#loops = this.#options.partitions.map((partition) => this.#produce(partition))
  }

  /** Lets each partition finish the batch under way, for as long as `patienceMs`. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true
    const giveUp = delay(patienceMs, undefined, { ref: false }).then(() => {
      this.#isPatienceOver = true
    })
    await Promise.race([Promise.all(this.#loops), giveUp])
    await Promise.all(this.#loops)
  }

  async #produce(partition: number): Promise<void> {
    const { requestTimeoutMs, recordsPerBatch: count, name: producer } = this.#options
    // A connection for each partition: a slow answer for one must not close those of the others.
    const link = new LeaderLink(this.#view, { answerMs: requestTimeoutMs })
    const state = { partition, producerId: -1, producerEpoch: 0, sequence: 0, number: 0 }
    while (!this.#isStopping) {
      const first = state.number
      state.number += count
      this.#history.add({ type: 'sent', producer, partition, first, count })
      await this.#deliver(link, state, first)
      await delay(this.#options.pauseMs)
    }
    await link.close()
  }

  async #deliver(link: LeaderLink, state: PartitionState, first: number): Promise<void> {
    const { name: producer, recordsPerBatch: count } = this.#options
    const batch = { producer, partition: state.partition, first, count }
    let reason = 'the run ended'
    while (!this.#isPatienceOver) {
      try {
        const { errorCode, baseOffset } = await link.ask(state.partition, (client) =>
          this.#send(client, state, first),
        )
        if (errorCode === 0) {
          state.sequence += count
          this.#history.add({ type: 'acked', ...batch, offset: baseOffset })
          return
        }
        reason = errorByCode(errorCode).name
        this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
        if (fatal.has(errorCode)) {
          this.#refused(state, reason)
          break
        }
      } catch (error) {
        reason = (error as Error).message
      }
      await Promise.all([this.#view.refresh(), delay(retryMs)])
    }
    // What was tried at least once may be written even so.
    this.#history.add({ type: 'failed', ...batch, isCertain: false, reason })
  }

  /** The broker does not know this producer's last batch: it has lost what it acknowledged. */
  #refused(state: PartitionState, reason: string): void {
    const detail = `${this.#options.name} at sequence ${state.sequence}: ${reason}`
    this.#history.add({ type: 'complaint', partition: state.partition, detail })
    state.producerId = -1
    state.sequence = 0
  }

  async #send(client: KafkaClient, state: PartitionState, first: number) {
    if (state.producerId < 0) await this.#becomeProducer(client, state)
    const { name, recordsPerBatch, requestTimeoutMs } = this.#options
    const records = Array.from({ length: recordsPerBatch }, (_, index) => ({
      key: Buffer.from(valueOf(name, first + index)),
      value: this.#filler,
      timestampMs: Date.now(),
    }))
    const { producerId, producerEpoch, sequence: baseSequence, partition } = state
    const answer = await client.send('produce', produceVersion, {
      transactionalId: null,
      acks: -1,
      timeoutMs: requestTimeoutMs,
      topicData: [
        {
          name: this.#view.topic,
          topicId: zeroUuid,
          partitionData: [
            {
              index: partition,
              records: encodeBatch(records, { producerId, producerEpoch, baseSequence }),
            },
          ],
        },
      ],
    })
    const result = answer.responses[0]?.partitionResponses[0]
    if (result === undefined) throw new Error('the answer is about no partition')
    this.#view.learn(partition, result.currentLeader.leaderId, result.currentLeader.leaderEpoch)
    return result
  }

  async #becomeProducer(client: KafkaClient, state: PartitionState): Promise<void> {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 }
    const answer = await client.send('initProducerId', 4, request)
    if (answer.errorCode !== 0) throw new Error(errorByCode(answer.errorCode).name)
    state.producerId = answer.producerId
    state.producerEpoch = answer.producerEpoch
  }
}
