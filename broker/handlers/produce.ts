// Produce (key 0), versions 3-13: appends one record batch to each partition named. KIP-98
// idempotence, KIP-467 error messages (v8), KIP-516 topic ids (v13), KIP-951 leader hints (v10).
// KIP-890: a batch of a transaction is written once its coordinator knows that it writes here; from
// v12 on the partition joins the transaction by this request.
// Appends start in the order that requests arrived. acks=1 is answered when the batch is written
// (and flushed, where the topic asks for it), acks=all when it is committed: every in-sync replica
// has it, and they are as many as min.insync.replicas. A broker that has lost the controller for
// longer than its session refuses, since another may lead already.
// Differs from Kafka: compressed batches are checked by header and CRC only; their records are not
// unpacked unless the topic recompresses.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import {
  baseSequence,
  batchField,
  batchHeaderBytes,
  isTransactional,
  lastSequence,
  producerEpoch,
  producerId,
} from '@samsa/proto/record/batch'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { Append } from '../log/partition-log.ts'
import type { TransactionGuard } from '../log/producer/transaction-guards.ts'
import type { Leading } from '../replica/leading.ts'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestContext, RequestOf } from './handler.ts'
import { type CurrentLeader, LeaderHints } from './shared/leader-hints.ts'
import { joinError, joinTransaction } from './shared/transactional-appends.ts'

type TopicData = RequestOf<'produce'>['topicData'][number]

const acksAll = -1
const acksLeader = 1
const acksNone = 0

/** The versions that know that a transaction can be aborted only, and that join it implicitly. */
const abortableSince = 11
const implicitSince = 12

/** The version that has room for where the leader is (KIP-951). */
const hintsSince = 10

interface PartitionResult {
  readonly index: number
  errorCode: number
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  errorMessage: string | null
  currentLeader: CurrentLeader | undefined
}

function emptyResult(index: number): PartitionResult {
  const errorCode = errorCodes.NONE
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    errorMessage: null,
    currentLeader: undefined,
  }
}

function fail(result: PartitionResult, error: unknown): void {
  result.errorCode = errorCodeOf(error)
  result.errorMessage = error instanceof Error ? error.message : String(error)
}

/** The one batch of a partition's data; Kafka takes exactly one since magic 2. */
function oneBatch(records: Buffer | null): Buffer {
  if (records === null || records.length < batchHeaderBytes) {
    throw new BrokerError('INVALID_RECORD', 'a produce request must hold exactly one record batch')
  }
  return records
}

function checkIsr({ isUnderMinIsr, isr, isrSizeMin }: Leading): void {
  if (!isUnderMinIsr) return
  const text = `${isr.length} replicas are in sync, min.insync.replicas is ${isrSizeMin}`
  throw new BrokerError('NOT_ENOUGH_REPLICAS', text)
}

/** An append under way, and the result that it will fill. */
interface Started {
  readonly result: PartitionResult
  readonly leading: Leading
  readonly append: Append
  /** Null where it is committed, or need not be. */
  committed: Promise<KafkaErrorName | null> | null
}

interface TransactionalBatch {
  readonly partition: Partition
  readonly batch: Buffer
  readonly result: PartitionResult
}

/** Every producer sends again on this one, without looking for another leader. */
const retriable: KafkaErrorName = 'NOT_ENOUGH_REPLICAS'

function guardOf({ log }: Leading, batch: Buffer): TransactionGuard | null {
  const producer = { producerId: producerId(batch, 0), epoch: producerEpoch(batch, 0) }
  const sequences = { sequence: baseSequence(batch, 0), lastSequence: lastSequence(batch, 0) }
  return log.guardFor({ ...producer, ...sequences })
}

class ProduceWork {
  readonly #services: Services
  readonly #acks: number
  readonly #timeoutMs: number
  readonly #started: Started[] = []
  /** Partitions whose leadership was just beginning. */
  readonly #late: Promise<void>[] = []

  /** Batches of transactions; all of one producer. */
  readonly #transactional: TransactionalBatch[] = []
  readonly #transactionalId: string
  readonly #apiVersion: number

  constructor(services: Services, request: RequestOf<'produce'>, apiVersion: number) {
    this.#services = services
    this.#acks = request.acks
    this.#timeoutMs = request.timeoutMs
    this.#transactionalId = request.transactionalId ?? ''
    this.#apiVersion = apiVersion
  }

  start(partition: Partition | KafkaErrorName, records: Buffer | null, result: PartitionResult) {
    try {
      if (typeof partition === 'string') throw new BrokerError(partition, partition)
      const batch = oneBatch(records)
      if (isTransactional(batch, 0)) return this.#addTransactional({ partition, batch, result })
      const leading = partition.lead()
      if (!(leading instanceof Promise)) return this.#append(partition, leading, batch, result)
      this.#late.push(
        leading
          .then((begun) => this.#append(partition, begun, batch, result))
          .catch((error) => fail(result, error)),
      )
    } catch (error) {
      fail(result, error)
    }
  }

  #addTransactional(one: TransactionalBatch): void {
    const { batch } = this.#transactional[0] ?? one
    if (this.#transactionalId === '') {
      throw new BrokerError(
        'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
        'the batch is a part of a transaction, the request names no transactional id',
      )
    }
    if (producerId(one.batch, 0) !== producerId(batch, 0)) {
      throw new BrokerError('INVALID_PRODUCER_ID_MAPPING', 'one request has several producers')
    }
    this.#transactional.push(one)
  }

  /** To be called once all are started. The order of a producer's requests is kept. */
  startTransactional(): void {
    const [first] = this.#transactional
    if (first === undefined) return
    const { transactionJoins } = this.#services
    const late = transactionJoins.inOrder(producerId(first.batch, 0), () => {
      const rest = this.#transactional.filter((one) => !this.#appendIfOpen(one))
      return rest.length === 0 ? undefined : this.#joinAndAppend(rest)
    })
    if (late !== undefined) this.#late.push(late)
  }

  /** The usual case: the transaction is open in the partition, and nothing has to be asked. */
  #appendIfOpen(one: TransactionalBatch): boolean {
    const leading = one.partition.leading
    if (leading === null || guardOf(leading, one.batch) !== null) return false
    this.#appendGuarded(one, leading, null)
    return true
  }

  async #joinAndAppend(batches: readonly TransactionalBatch[]): Promise<void> {
    const begun: [TransactionalBatch, Leading, TransactionGuard | null][] = []
    for (const one of batches) {
      try {
        const leading = await one.partition.lead()
        begun.push([one, leading, guardOf(leading, one.batch)])
      } catch (error) {
        fail(one.result, error)
      }
    }
    const [first] = begun
    if (first === undefined) return
    const errorOf = await joinTransaction(this.#services, {
      transactionalId: this.#transactionalId,
      producerId: producerId(first[0].batch, 0),
      producerEpoch: producerEpoch(first[0].batch, 0),
      joins: this.#apiVersion >= implicitSince,
      partitions: begun.filter(([, , guard]) => guard !== null).map(([{ partition }]) => partition),
    })
    for (const [one, leading, guard] of begun) {
      const { topic, index } = one.partition
      const error = guard === null ? 'NONE' : this.#joinError(errorOf(topic, index))
      if (error === 'NONE') this.#appendGuarded(one, leading, guard)
      else
        fail(
          one.result,
          new BrokerError(error, 'the partition is not known to be in a transaction'),
        )
    }
  }

  #joinError(found: KafkaErrorName): KafkaErrorName {
    const error = joinError(found, { knowsAbortable: this.#apiVersion >= abortableSince })
    switch (error) {
      case 'CONCURRENT_TRANSACTIONS':
        return this.#apiVersion >= implicitSince ? error : retriable
      case 'NETWORK_EXCEPTION':
      case 'NOT_COORDINATOR':
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'COORDINATOR_LOAD_IN_PROGRESS':
        return retriable
      default:
        return error
    }
  }

  #appendGuarded(
    { partition, batch, result }: TransactionalBatch,
    leading: Leading,
    guard: TransactionGuard | null,
  ): void {
    try {
      this.#append(partition, leading, batch, result, { guard })
    } catch (error) {
      fail(result, error)
    }
  }

  #append(
    partition: Partition,
    leading: Leading,
    batch: Buffer,
    result: PartitionResult,
    checks?: { readonly guard: TransactionGuard | null },
  ) {
    if (this.#acks === acksAll) checkIsr(leading)
    const append = leading.append(batch, 'client', checks)
    this.#started.push({ result, leading, append, committed: null })
    if (append.duplicate) return
    const recordCount = batch.readInt32BE(batchField.recordCount)
    this.#services.metrics.onProduced(partition.topic, batch.length, recordCount)
  }

  /**
   * Waits for every append. Those of one partition and turn share a promise, so few are awaited.
   */
  async finish(): Promise<void> {
    if (this.#late.length > 0) await Promise.all(this.#late)
    for (const started of this.#started) {
      const { result, leading, append } = started
      try {
        await append.written
        if (this.#acks === acksAll) started.committed = leading.committed(append, this.#timeoutMs)
        result.baseOffset = append.baseOffset
        result.logAppendTimeMs = append.logAppendTimeMs
        result.logStartOffset = append.logStartOffset
      } catch (error) {
        fail(result, error)
      }
    }
    for (const { result, committed } of this.#started) {
      const error = committed === null ? null : await committed
      if (error !== null) refuse(result, error)
    }
  }
}

/** The batch is in the leader's log, but not known to be committed. */
function refuse(result: PartitionResult, error: KafkaErrorName): void {
  fail(result, new BrokerError(error, 'the batch was written, but is not known to be committed'))
  result.baseOffset = -1
  result.logAppendTimeMs = -1
  result.logStartOffset = -1
}

export const produce: Handler<'produce'> = async (request, services, context) => {
  const { acks, topicData } = request
  const refusal = refusalOf(acks, services)
  const work = new ProduceWork(services, request, context.apiVersion)
  const responses = topicData.map((topic) => {
    const image = findTopic(topic, services, context)
    const partitionResponses = topic.partitionData.map(({ index, records }) => {
      const result = emptyResult(index)
      const unknownId = image === undefined && context.apiVersion >= 13
      const found = unknownId ? 'UNKNOWN_TOPIC_ID' : services.replicas.leader(image, index)
      work.start(refusal ?? found, records, result)
      return result
    })
    return { name: topic.name, topicId: topic.topicId, partitionResponses }
  })
  work.startTransactional()
  await work.finish()
  if (acks !== acksNone) return { responses, ...addHints(responses, services, context) }
  const failed = responses
    .flatMap((topic) => topic.partitionResponses)
    .find((r) => r.errorCode !== 0)
  // With acks=0 there is no answer to carry the error: a closed connection makes the client look
  // again.
  if (failed !== undefined) throw new BrokerError('UNKNOWN_SERVER_ERROR', failed.errorMessage ?? '')
  return null
}

function refusalOf(acks: number, services: Services): KafkaErrorName | null {
  if (acks !== acksAll && acks !== acksLeader && acks !== acksNone) return 'INVALID_REQUIRED_ACKS'
  return services.replicas.inContact ? null : 'NOT_LEADER_OR_FOLLOWER'
}

interface TopicResult {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: PartitionResult[]
}

/** Tells refused clients where the leaders are. */
function addHints(topics: TopicResult[], services: Services, context: RequestContext) {
  if (context.apiVersion < hintsSince) return {}
  if (topics.every((topic) => topic.partitionResponses.every((r) => r.errorCode === 0))) return {}
  const hints = new LeaderHints(services, context.listener)
  for (const { name, topicId, partitionResponses } of topics) {
    const byName = services.metadata().topicsByName.get(name)?.id
    for (const result of partitionResponses) {
      const id = context.apiVersion >= 13 ? topicId : byName
      result.currentLeader = hints.currentLeader(id, result.index, result.errorCode)
    }
  }
  return { nodeEndpoints: hints.nodeEndpoints() }
}

function findTopic(topic: TopicData, services: Services, { apiVersion }: RequestContext) {
  const image = services.metadata()
  return apiVersion >= 13 ? image.topicsById.get(topic.topicId) : image.topicsByName.get(topic.name)
}
