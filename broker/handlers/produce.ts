// Produce (key 0), versions 3-13: appends one record batch to each partition named. KIP-98
// idempotence, KIP-467 error messages (v8), KIP-516 topic ids (v13). Appends start in the order
// that requests arrived; the answer to acks=1 and acks=all leaves when the batch is written (and
// flushed, where the topic asks for it) and below the high watermark.
// Differs from Kafka: compressed batches are checked by header and CRC only; their records are not
// unpacked unless the topic recompresses.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { batchField, batchHeaderBytes } from '@samsa/proto/record/batch'
import { BrokerError, errorCodeOf } from '../errors.ts'
import type { Append, PartitionLog } from '../log/partition-log.ts'
import type { Partition } from '../replica/partition.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestContext, RequestOf } from './handler.ts'

type TopicData = RequestOf<'produce'>['topicData'][number]

const acksAll = -1
const acksLeader = 1
const acksNone = 0

interface PartitionResult {
  readonly index: number
  errorCode: number
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  errorMessage: string | null
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

function checkReplicas(partition: Partition, services: Services): void {
  const { isr, replicas } = partition.image
  const configured = services.topicConfig(partition.topic).minInsyncReplicas
  const needed = Math.min(configured, replicas.length)
  if (isr.length < needed) {
    const text = `${isr.length} replicas are in sync, min.insync.replicas is ${needed}`
    throw new BrokerError('NOT_ENOUGH_REPLICAS', text)
  }
}

class ProduceWork {
  readonly #services: Services
  readonly #acks: number
  /** Appends under way with the results they will fill. */
  readonly #started: { result: PartitionResult; append: Append }[] = []
  /** Partitions whose log was still opening. */
  readonly #late: Promise<void>[] = []

  constructor(services: Services, acks: number) {
    this.#services = services
    this.#acks = acks
  }

  start(partition: Partition | KafkaErrorName, records: Buffer | null, result: PartitionResult) {
    try {
      if (typeof partition === 'string') throw new BrokerError(partition, partition)
      const batch = oneBatch(records)
      if (this.#acks === acksAll) checkReplicas(partition, this.#services)
      const log = partition.openLog()
      if (!(log instanceof Promise)) return this.#append(partition, log, batch, result)
      this.#late.push(
        log
          .then((opened) => this.#append(partition, opened, batch, result))
          .catch((error) => fail(result, error)),
      )
    } catch (error) {
      fail(result, error)
    }
  }

  #append(partition: Partition, log: PartitionLog, batch: Buffer, result: PartitionResult) {
    const append = partition.append(log, batch, 'client')
    this.#started.push({ result, append })
    if (append.duplicate) return
    const recordCount = batch.readInt32BE(batchField.recordCount)
    this.#services.metrics.onProduced(partition.topic, batch.length, recordCount)
  }

  /**
   * Waits for every append. Those of one partition and turn share a promise, so few are awaited.
   */
  async finish(): Promise<void> {
    if (this.#late.length > 0) await Promise.all(this.#late)
    for (const { result, append } of this.#started) {
      try {
        await append.written
        result.baseOffset = append.baseOffset
        result.logAppendTimeMs = append.logAppendTimeMs
        result.logStartOffset = append.logStartOffset
      } catch (error) {
        fail(result, error)
      }
    }
  }
}

export const produce: Handler<'produce'> = async (request, services, context) => {
  const { acks, transactionalId, topicData } = request
  const refusal = refusalOf(acks, transactionalId)
  const work = new ProduceWork(services, acks)
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
  await work.finish()
  if (acks !== acksNone) return { responses }
  const failed = responses
    .flatMap((topic) => topic.partitionResponses)
    .find((r) => r.errorCode !== 0)
  // With acks=0 there is no answer to carry the error: a closed connection makes the client look
  // again.
  if (failed !== undefined) throw new BrokerError('UNKNOWN_SERVER_ERROR', failed.errorMessage ?? '')
  return null
}

function refusalOf(acks: number, transactionalId: string | null): KafkaErrorName | null {
  if (acks !== acksAll && acks !== acksLeader && acks !== acksNone) return 'INVALID_REQUIRED_ACKS'
  // No transactional id is handed out yet, so none can have a transaction open.
  return transactionalId === null ? null : 'INVALID_TXN_STATE'
}

function findTopic(topic: TopicData, services: Services, { apiVersion }: RequestContext) {
  const image = services.metadata()
  return apiVersion >= 13 ? image.topicsById.get(topic.topicId) : image.topicsByName.get(topic.name)
}
