// A transactional producer and a reader of one test, frame by frame: nothing is tried again but
// what the broker asks to try again, so that a test sees what it is answered.

import { errorByCode, errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { visibleRecords } from './chaos/committed-reader.ts'
import type { KafkaClient } from './kafka-client.ts'

export interface Nodes {
  /** A connection to that node. */
  connect(id: number): Promise<KafkaClient>
}

const groupKeyType = 0
const transactionKeyType = 1
const deadlineMs = 30_000

/** Repeats while the broker asks for it. */
export async function whileRetriable<T>(
  ask: () => Promise<T>,
  errorOf: (answer: T) => KafkaErrorName,
): Promise<T> {
  const endMs = Date.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    const error = errorOf(answer)
    if (!retriable.has(error) || Date.now() > endMs) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const retriable: ReadonlySet<KafkaErrorName> = new Set<KafkaErrorName>([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
])

export const nameOf = (code: number): KafkaErrorName => errorByCode(code).name

export class TransactionalClient {
  readonly transactionalId: string
  readonly #nodes: Nodes
  readonly #any: KafkaClient
  readonly #sequences = new Map<string, number>()
  producerId = -1
  producerEpoch = -1

  constructor(transactionalId: string, nodes: Nodes, any: KafkaClient) {
    this.transactionalId = transactionalId
    this.#nodes = nodes
    this.#any = any
  }

  async coordinator(
    key = this.transactionalId,
    keyType = transactionKeyType,
  ): Promise<KafkaClient> {
    return this.#nodes.connect(await this.coordinatorId(key, keyType))
  }

  groupCoordinator(groupId: string): Promise<KafkaClient> {
    return this.coordinator(groupId, groupKeyType)
  }

  async coordinatorId(key = this.transactionalId, keyType = transactionKeyType): Promise<number> {
    const { coordinators } = await whileRetriable(
      () => this.#any.send('findCoordinator', 4, { keyType, coordinatorKeys: [key] }),
      (answer) => nameOf(answer.coordinators[0]?.errorCode ?? 0),
    )
    return coordinators[0]?.nodeId ?? -1
  }

  async init(options: { timeoutMs?: number } = {}): Promise<KafkaErrorName> {
    const { timeoutMs: transactionTimeoutMs = 60_000 } = options
    const { transactionalId } = this
    const answer = await whileRetriable(
      async () =>
        (await this.coordinator()).send('initProducerId', 4, {
          transactionalId,
          transactionTimeoutMs,
        }),
      ({ errorCode }) => nameOf(errorCode),
    )
    if (answer.errorCode === errorCodes.NONE) this.#took(answer)
    return nameOf(answer.errorCode)
  }

  #took({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.#sequences.clear()
  }

  /** In the second protocol: the partition joins the transaction by this. */
  produce(topic: string, index: number, ...values: string[]): Promise<KafkaErrorName> {
    return this.produceKeyed(
      topic,
      index,
      values.map((value) => [null, value]),
    )
  }

  /** By key and value; null deletes the key where the topic is compacted. */
  async produceKeyed(
    topic: string,
    index: number,
    pairs: readonly (readonly [key: string | null, value: string | null])[],
  ): Promise<KafkaErrorName> {
    const key = `${topic}-${index}`
    const baseSequence = this.#sequences.get(key) ?? 0
    const { transactionalId, producerId, producerEpoch } = this
    const answer = await whileRetriable(
      async () => {
        const records = encodeBatch(
          pairs.map(([name, value]) => ({
            key: name === null ? null : Buffer.from(name),
            value: value === null ? null : Buffer.from(value),
            timestampMs: Date.now(),
          })),
          { producerId, producerEpoch, baseSequence, isTransactional: true },
        )
        const leader = await this.leaderOf(topic, index)
        const { responses } = await leader.send('produce', 12, {
          transactionalId,
          acks: -1,
          timeoutMs: 10_000,
          topicData: [{ name: topic, partitionData: [{ index, records }] }],
        })
        return nameOf(responses[0]?.partitionResponses[0]?.errorCode ?? -1)
      },
      (error) => error,
    )
    if (answer === 'NONE') this.#sequences.set(key, baseSequence + pairs.length)
    return answer
  }

  async leaderOf(topic: string, index: number): Promise<KafkaClient> {
    const { topics } = await this.#any.send('metadata', 12, { topics: [{ name: topic }] })
    const partition = topics[0]?.partitions.find((one) => one.partitionIndex === index)
    return this.#nodes.connect(partition?.leaderId ?? 1)
  }

  /** One request, one answer. */
  async end(committed: boolean, via?: KafkaClient): Promise<KafkaErrorName> {
    const { transactionalId, producerId, producerEpoch } = this
    const coordinator = via ?? (await this.coordinator())
    const request = { transactionalId, producerId, producerEpoch, committed }
    const answer = await coordinator.send('endTxn', 5, request)
    if (answer.errorCode === errorCodes.NONE) this.#took(answer)
    return nameOf(answer.errorCode)
  }

  async commit(): Promise<KafkaErrorName> {
    return whileRetriable(
      () => this.end(true),
      (error) => error,
    )
  }

  async abort(): Promise<KafkaErrorName> {
    return whileRetriable(
      () => this.end(false),
      (error) => error,
    )
  }

  async commitOffset(groupId: string, topic: string, offset: number): Promise<KafkaErrorName> {
    const { transactionalId, producerId, producerEpoch } = this
    return whileRetriable(
      async () => {
        const coordinator = await this.groupCoordinator(groupId)
        const { topics } = await coordinator.send('txnOffsetCommit', 5, {
          transactionalId,
          groupId,
          producerId,
          producerEpoch,
          memberId: '',
          topics: [
            {
              name: topic,
              partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
            },
          ],
        })
        return nameOf(topics[0]?.partitions[0]?.errorCode ?? -1)
      },
      (error) => error,
    )
  }

  /** What the group has committed, or the error that says why nobody knows. */
  async fetchOffset(
    groupId: string,
    topic: string,
    requireStable = false,
  ): Promise<number | KafkaErrorName> {
    const coordinator = await this.groupCoordinator(groupId)
    const { groups } = await coordinator.send('offsetFetch', 8, {
      groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }],
      requireStable,
    })
    const row = groups[0]?.topics[0]?.partitions[0]
    const error = nameOf(row?.errorCode ?? groups[0]?.errorCode ?? -1)
    return error === 'NONE' ? (row?.committedOffset ?? -2) : error
  }

  /** Every value that a reader of this isolation sees, as clients filter what is aborted. */
  async read(topic: string, index: number, { committed = true } = {}): Promise<string[]> {
    const leader = await this.leaderOf(topic, index)
    const values: string[] = []
    // One answer has the batches of one segment at most.
    for (let offset = 0, end = 1; offset < end; ) {
      const { responses } = await leader.send('fetch', 12, {
        maxWaitMs: 0,
        minBytes: 0,
        isolationLevel: committed ? 1 : 0,
        sessionEpoch: -1,
        topics: [
          {
            topic,
            partitions: [{ partition: index, fetchOffset: offset, partitionMaxBytes: 10_000_000 }],
          },
        ],
      })
      const row = responses[0]?.partitions[0]
      const found = visibleRecords(row?.records ?? null, row?.abortedTransactions ?? [], {
        offset,
        shown: ({ value }) => String(value),
      })
      values.push(...found.records.map(([, value]) => value))
      if (found.nextOffset === offset) break
      offset = found.nextOffset
      end = row?.highWatermark ?? 0
    }
    return values
  }
}
