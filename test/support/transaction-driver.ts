// Drives one TransactionShard with a clock that moves by hand and a log kept in memory. Writes end
// at once unless the test holds them; markers wait for the test to write them.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { KeyValueRecord } from '../../broker/coordinator/partition-writer.ts'
import type {
  ProducerAnswer,
  TransactionEvent,
  VerifyAnswer,
} from '../../broker/coordinator/transaction/events.ts'
import type {
  TopicPartitions,
  Transaction,
} from '../../broker/coordinator/transaction/transaction.ts'
import type { TransactionConfig } from '../../broker/coordinator/transaction/transaction-config.ts'
import { TransactionShard } from '../../broker/coordinator/transaction/transaction-shard.ts'
import type { Effect, SendMarkersEffect } from '../../broker/coordinator/transaction/turn.ts'

export interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** Each event without what every one of its type has. */
type EventOf<T extends TransactionEvent['type']> = Extract<TransactionEvent, { type: T }>

const wallStartMs = 1_700_000_000_000

export class TransactionDriver {
  shard = new TransactionShard()
  nowMs = wallStartMs
  config: TransactionConfig = {
    maxTimeoutMs: 900_000,
    idExpirationMs: 7 * 86_400_000,
    abortTimedOutIntervalMs: 10_000,
    removeExpiredIntervalMs: 3_600_000,
  }
  /** What was written and not refused, in order. */
  readonly log: KeyValueRecord[] = []
  /** Writes that wait for endWrite, while holdWrites is set. */
  readonly held: { readonly writeId: number; readonly records: readonly KeyValueRecord[] }[] = []
  holdWrites = false
  /** Markers that are to be written; taken by writeMarkers. */
  markers: SendMarkersEffect[] = []
  retries: string[] = []
  nextProducerId = 1000
  noProducerIds = false
  readonly answers = new Map<number, unknown>()
  #nextToken = 1

  feed(event: TransactionEvent): void {
    const now = { monotonicMs: this.nowMs, wallMs: this.nowMs }
    for (const effect of this.shard.step(event, now, this.config)) this.#carryOut(effect)
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'respond':
        if (this.answers.has(effect.token)) throw new Error('answered twice')
        this.answers.set(effect.token, effect.response)
        return
      case 'write':
        this.held.push(effect)
        if (!this.holdWrites) this.endWrite()
        return
      case 'sendMarkers':
        this.markers.push(effect)
        return
      case 'allocateProducerId': {
        const allocated = this.noProducerIds
          ? ({ type: 'refused', error: 'COORDINATOR_LOAD_IN_PROGRESS' } as const)
          : ({ type: 'id', producerId: this.nextProducerId++ } as const)
        return this.feed({ ...effect.event, allocated })
      }
      case 'retryCompletion':
        this.retries.push(effect.transactionalId)
        return
    }
  }

  endWrite(error: KafkaErrorName | null = null): void {
    const write = this.held.shift()
    if (write === undefined) throw new Error('no write is under way')
    if (error === null) this.log.push(...write.records)
    this.feed({ type: 'written', writeId: write.writeId, error })
  }

  /** All markers that are due are written. */
  writeMarkers(): SendMarkersEffect[] {
    const sent = this.markers
    this.markers = []
    for (const { type: _, isCommit: _c, transactionVersion: _v, ...marker } of sent) {
      this.feed({ type: 'markersWritten', ...marker })
    }
    return sent
  }

  /** Another coordinator reads what this one has written. */
  fail(): void {
    this.shard = new TransactionShard()
    this.held.length = 0
    this.markers = []
    for (const record of this.log) this.shard.replay(record)
    this.feed({ type: 'loaded' })
  }

  #ask<T extends TransactionEvent['type']>(event: Omit<EventOf<T>, 'token'>): unknown {
    const token = this.#nextToken++
    this.feed({ ...event, token } as unknown as TransactionEvent)
    return this.answers.get(token)
  }

  init(
    transactionalId: string,
    options: { timeoutMs?: number; expected?: Producer } = {},
  ): ProducerAnswer | undefined {
    const { timeoutMs = 60_000, expected = null } = options
    return this.#ask<'initProducer'>({
      type: 'initProducer',
      transactionalId,
      timeoutMs,
      expected,
    }) as ProducerAnswer | undefined
  }

  /** An id and epoch; for tests that are about what comes after. */
  begin(transactionalId: string, options: { timeoutMs?: number } = {}): Producer {
    const { error, ...producer } = this.init(transactionalId, options) ?? { error: 'no answer' }
    if (error !== 'NONE' || !('producerId' in producer)) throw new Error(error)
    return producer
  }

  add(transactionalId: string, producer: Producer, ...partitions: number[]) {
    const { producerId, producerEpoch } = producer
    return this.#ask<'addPartitions'>({
      type: 'addPartitions',
      transactionalId,
      producerId,
      producerEpoch,
      partitions: topicT(partitions),
    }) as KafkaErrorName | undefined
  }

  verify(transactionalId: string, producer: Producer, ...partitions: number[]) {
    const { producerId, producerEpoch } = producer
    return this.#ask<'verifyPartitions'>({
      type: 'verifyPartitions',
      transactionalId,
      producerId,
      producerEpoch,
      partitions: topicT(partitions),
    }) as VerifyAnswer | undefined
  }

  end(
    transactionalId: string,
    producer: Producer,
    result: 'commit' | 'abort',
    clientVersion = 2,
  ): ProducerAnswer | undefined {
    const { producerId, producerEpoch } = producer
    return this.#ask<'endTransaction'>({
      type: 'endTransaction',
      transactionalId,
      producerId,
      producerEpoch,
      isCommit: result === 'commit',
      clientVersion,
    }) as ProducerAnswer | undefined
  }

  known(transactionalId: string): Transaction | null {
    const found = this.#ask<'describe'>({ type: 'describe', transactionalId })
    return (found ?? null) as Transaction | null
  }
}

export function topicT(partitions: readonly number[]): TopicPartitions {
  return new Map([['t', new Set(partitions)]])
}
