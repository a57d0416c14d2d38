// AddPartitionsToTxn (key 24), versions 0-5: the partitions that a transaction writes to, from its
// producer (KIP-98), or from the brokers that it writes to, for several transactions at once (v4),
// also only to ask whether they are in it (KIP-890). KIP-588 PRODUCER_FENCED (v2).
// Differs from Kafka: nothing known.

import type { MetadataImage } from '@samsa/controller/image'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { fencedError } from './shared/fenced-error.ts'

type AskedTransaction = RequestOf<'addPartitionsToTxn'>['transactions'][number]
type AskedTopic = AskedTransaction['topics'][number]
type ErrorOf = (topic: string, partition: number) => KafkaErrorName

const severalSince = 4
const fencedSince = 2

export const addPartitionsToTxn: Handler<'addPartitionsToTxn'> = async (request, services, c) => {
  if (c.apiVersion >= severalSince) return addForSeveral(request, services)
  const topics = request.v3AndBelowTopics
  const errorOf = await addOrVerify(
    {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics,
    },
    services,
  )
  const known: ErrorOf = (topic, partition) =>
    c.apiVersion >= fencedSince ? errorOf(topic, partition) : fencedError(errorOf(topic, partition))
  return { resultsByTopicV3AndBelow: resultsOf(topics, known) }
}

/** In the form of version 4 and later. */
export async function addForSeveral(
  { transactions }: RequestOf<'addPartitionsToTxn'>,
  services: Services,
): Promise<ResponseOf<'addPartitionsToTxn'>> {
  const results = transactions.map(async (asked) => {
    const { transactionalId, topics } = asked
    const errorOf = await addOrVerify(asked, services)
    return { transactionalId, topicResults: resultsOf(topics, errorOf) }
  })
  return { errorCode: errorCodes.NONE, resultsByTransaction: await Promise.all(results) }
}

function resultsOf(topics: readonly AskedTopic[], errorOf: ErrorOf) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorCodes[errorOf(name, partitionIndex)],
    })),
  }))
}

async function addOrVerify(asked: AskedTransaction, services: Services): Promise<ErrorOf> {
  const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = asked
  const partitions = new Map(topics.map(({ name, partitions: all }) => [name, new Set(all)]))
  const producer = { transactionalId, producerId, producerEpoch, partitions }
  if (verifyOnly) {
    const answer = await services.transactions.verifyPartitions(producer)
    if (answer.type === 'refused') return () => answer.error
    return (topic, partition) =>
      answer.partitions.get(topic)?.has(partition) === true ? 'NONE' : 'TRANSACTION_ABORTABLE'
  }
  const image = services.metadata()
  if (topics.every((topic) => exists(topic, image))) {
    const error = await services.transactions.addPartitions(producer)
    return () => error
  }
  // All or none, as in Kafka.
  return (name, partition) => {
    const isThere = exists({ name, partitions: [partition] }, image)
    return isThere ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION'
  }
}

function exists({ name, partitions }: AskedTopic, image: MetadataImage): boolean {
  const count = image.topicsByName.get(name)?.partitions.length ?? 0
  return partitions.every((index) => index >= 0 && index < count)
}
