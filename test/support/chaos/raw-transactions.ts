// A transactional producer of the second protocol (KIP-890) that tells exactly what it wrote, how
// it asked each transaction to end and what it was answered. Some it aborts; from some it walks
// away, as a process that dies: before EndTxn, or right after it was sent. Each transaction writes
// to several partitions and commits its number as an offset of the producer's own group.

import { setTimeout as delay } from 'node:timers/promises'
import { errorByCode, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { zeroUuid } from '@samsa/proto/wire/types'
import { SeededRandom } from '../conformance/random.ts'
import type { ClusterView, NodeAddress } from './cluster-view.ts'
import { CoordinatorLink } from './coordinator-link.ts'
import type { History } from './history.ts'
import { LeaderLink } from './leader-link.ts'

export interface RawTransactionsOptions {
  readonly name: string
  readonly partitions: readonly number[]
  readonly nodes: readonly NodeAddress[]
  readonly seed: number
  readonly timeoutMs: number
  readonly pauseMs: number
  readonly requestTimeoutMs: number
}

type Plan = 'commit' | 'abort' | 'die' | 'die at the end'
type Outcome = 'committed' | 'aborted' | 'unknown'

interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

/** The broker's word that this producer cannot go on as it is. */
class Refused extends Error {
  readonly error: KafkaErrorName

  constructor(error: KafkaErrorName) {
    super(error)
    this.error = error
  }
}

/** Asked again until they are over; every other error is the end of the transaction. */
const retriable = new Set<KafkaErrorName>([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNSTABLE_OFFSET_COMMIT',
])

/** What a producer is told whose transaction took too long. Anything else would be a finding. */
const expected = new Set<KafkaErrorName>([
  'INVALID_PRODUCER_EPOCH',
  'INVALID_TXN_STATE',
  'PRODUCER_FENCED',
  'TRANSACTION_ABORTABLE',
])

const recordsPerPartition = 2
const retryMs = 30
const produceVersion = 12
const commitVersion = 5

export class RawTransactions {
  readonly #history: History
  readonly #view: ClusterView
  readonly #options: RawTransactionsOptions
  readonly #random: SeededRandom
  readonly #group: string
  readonly #leaders: LeaderLink
  readonly #transactions: CoordinatorLink
  readonly #groups: CoordinatorLink
  #sequences = new Map<number, number>()
  #number = 0
  #isStopping = false
  #patienceEndMs = Number.POSITIVE_INFINITY
  #loop: Promise<void> = Promise.resolve()

  constructor(history: History, view: ClusterView, options: RawTransactionsOptions) {
    const { name, nodes, seed, requestTimeoutMs: answerMs } = options
    this.#history = history
    this.#view = view
    this.#options = options
    this.#random = new SeededRandom(seed)
    this.#group = `${name}-group`
    this.#leaders = new LeaderLink(view, { answerMs })
    this.#transactions = new CoordinatorLink(nodes, 'transaction', { key: name, answerMs })
    this.#groups = new CoordinatorLink(nodes, 'group', { key: this.#group, answerMs })
  }

  start(): void {
    this.#loop = this.#run()
    // Told by stop().
    this.#loop.catch(() => undefined)
  }

  /** Ends the transaction under way, and asks one last time what is committed. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true
    this.#patienceEndMs = performance.now() + patienceMs
    await this.#loop
  }

  async #run(): Promise<void> {
    let producer = await this.#begin()
    while (!this.#isStopping) {
      const next = await this.#transact(producer)
      producer = next ?? (await this.#begin())
      await delay(this.#options.pauseMs)
    }
    await this.#begin()
    await this.#leaders.close()
    this.#transactions.close()
    this.#groups.close()
  }

  /** Null: another producer has to take over from this one. */
  async #transact(producer: Producer): Promise<Producer | null> {
    const { partitions, name } = this.#options
    const number = this.#number++
    const plan = this.#plan()
    const first = this.#random.below(partitions.length)
    const count = 1 + this.#random.below(Math.min(3, partitions.length))
    const chosen = Array.from({ length: count }, (_, index) => (first + index) % partitions.length)
    const of = { producer: name, number }
    this.#history.add({ type: 'transactionBegins', ...of, partitions: chosen, plan })
    try {
      for (const partition of chosen) await this.#produce(producer, partition, number)
      await this.#commitOffset(producer, number + 1)
    } catch (error) {
      return this.#giveUp(number, error)
    }
    if (plan === 'die') return this.#ended(number, 'aborted', 'walked away')
    const isCommit = plan !== 'abort'
    if (isCommit) this.#history.add({ type: 'transactionEnding', ...of })
    if (plan === 'die at the end') {
      await this.#end(producer, isCommit, { isPatient: false }).catch(() => undefined)
      return this.#ended(number, 'unknown', 'walked away at the end')
    }
    try {
      const next = await this.#end(producer, isCommit)
      this.#ended(number, isCommit ? 'committed' : 'aborted', '')
      return next
    } catch (error) {
      if (isCommit) return this.#ended(number, 'unknown', (error as Error).message)
      return this.#giveUp(number, error)
    }
  }

  #plan(): Plan {
    const roll = this.#random.below(100)
    if (roll < 65) return 'commit'
    if (roll < 85) return 'abort'
    return roll < 93 ? 'die' : 'die at the end'
  }

  #ended(number: number, outcome: Outcome, reason: string): null {
    const { name: producer } = this.#options
    this.#history.add({ type: 'transactionEnded', producer, number, outcome, reason })
    return null
  }

  /** Nobody asked for a commit: whatever was written must never be seen. */
  #giveUp(number: number, error: unknown): null {
    if (error instanceof Refused && !expected.has(error.error)) {
      const detail = `${this.#options.name} in transaction ${number}: ${error.error}`
      this.#history.add({ type: 'complaint', partition: -1, detail })
    }
    return this.#ended(number, 'aborted', (error as Error).message)
  }

  /** A new producer of the id: what the one before left open is over once it has its epoch. */
  async #begin(): Promise<Producer> {
    const { name, timeoutMs } = this.#options
    const answer = await this.#persist(async () => {
      const request = { transactionalId: name, transactionTimeoutMs: timeoutMs }
      const found = await this.#transactions.ask((client) =>
        client.send('initProducerId', 4, request),
      )
      return { found, errorCode: found.errorCode }
    }, this.#transactions)
    this.#sequences = new Map()
    await this.#tellOffset()
    const { producerId, producerEpoch } = answer.found
    return { producerId, producerEpoch }
  }

  /** What the group has committed now: the number of the next transaction, or an earlier one. */
  async #tellOffset(): Promise<void> {
    const asked = { topic: this.#view.topic, group: this.#group }
    const { row } = await this.#persist(async () => {
      const answer = await this.#groups.ask((client) =>
        client.send('offsetFetch', 7, {
          groupId: asked.group,
          topics: [{ name: asked.topic, partitionIndexes: [0] }],
          requireStable: true,
        }),
      )
      const found = answer.topics[0]?.partitions[0]
      return { row: found, errorCode: answer.errorCode || (found?.errorCode ?? -1) }
    }, this.#groups)
    const { name: producer } = this.#options
    const offset = row?.committedOffset ?? -1
    this.#history.add({ type: 'transactionalOffset', producer, offset })
  }

  async #produce(producer: Producer, partition: number, number: number): Promise<void> {
    const { name, requestTimeoutMs } = this.#options
    const baseSequence = this.#sequences.get(partition) ?? 0
    const records = Array.from({ length: recordsPerPartition }, (_, index) => ({
      key: Buffer.from(`${name}:${number}.${index}`),
      value: Buffer.alloc(100, 'x'),
      timestampMs: Date.now(),
    }))
    const batch = () => encodeBatch(records, { ...producer, baseSequence, isTransactional: true })
    await this.#persist(async () => {
      const answer = await this.#leaders.ask(partition, (client) =>
        client.send('produce', produceVersion, {
          transactionalId: name,
          acks: -1,
          timeoutMs: requestTimeoutMs,
          topicData: [
            {
              name: this.#view.topic,
              topicId: zeroUuid,
              partitionData: [{ index: partition, records: batch() }],
            },
          ],
        }),
      )
      return { errorCode: answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1 }
    })
    this.#sequences.set(partition, baseSequence + recordsPerPartition)
  }

  async #commitOffset({ producerId, producerEpoch }: Producer, offset: number): Promise<void> {
    const { name } = this.#options
    await this.#persist(async () => {
      const answer = await this.#groups.ask((client) =>
        client.send('txnOffsetCommit', commitVersion, {
          transactionalId: name,
          groupId: this.#group,
          producerId,
          producerEpoch,
          memberId: '',
          topics: [
            {
              name: this.#view.topic,
              partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
            },
          ],
        }),
      )
      return { errorCode: answer.topics[0]?.partitions[0]?.errorCode ?? -1 }
    }, this.#groups)
  }

  async #end(producer: Producer, committed: boolean, { isPatient = true } = {}): Promise<Producer> {
    const { name: transactionalId } = this.#options
    const ask = async () => {
      const found = await this.#transactions.ask((client) =>
        client.send('endTxn', 5, { transactionalId, ...producer, committed }),
      )
      return { found, errorCode: found.errorCode }
    }
    const { found } = isPatient ? await this.#persist(ask, this.#transactions) : await ask()
    // From one epoch to the next the sequences begin anew.
    this.#sequences = new Map()
    const { producerId, producerEpoch } = found
    return { producerId, producerEpoch }
  }

  /** Asks until there is an answer that is final. `link` is to look for another coordinator. */
  async #persist<T extends { readonly errorCode: number }>(
    ask: () => Promise<T>,
    link?: CoordinatorLink,
  ): Promise<T> {
    for (;;) {
      let reason: Error
      try {
        const answer = await ask()
        if (answer.errorCode === 0) return answer
        const { name } = errorByCode(answer.errorCode)
        reason = new Refused(name)
        if (!retriable.has(name)) throw reason
        if (name !== 'CONCURRENT_TRANSACTIONS') link?.close()
      } catch (error) {
        reason = error as Error
        if (reason instanceof Refused && !retriable.has(reason.error)) throw reason
      }
      if (performance.now() > this.#patienceEndMs) throw reason
      await Promise.all([link === undefined ? this.#view.refresh() : undefined, delay(retryMs)])
    }
  }
}
