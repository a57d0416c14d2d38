// TxnOffsetCommit (key 28), versions 0-5: a group's offsets as a part of a transaction: they count
// once it is committed (KIP-98). Answered once they are durable. KIP-320 leader epochs (v2),
// KIP-447 fencing by member and generation (v3), KIP-890: the transaction is looked up before, and
// from v5 on the partition of `__consumer_offsets` joins it by this request.
// Differs from Kafka: one request may have 50,000 partitions at most.

import { offsetsTopic } from '@samsa/controller/topic-names'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { joinError, joinTransaction } from './shared/transactional-appends.ts'

type Asked = RequestOf<'txnOffsetCommit'>
type AnsweredTopic = ResponseOf<'txnOffsetCommit'>['topics'][number]

const implicitSince = 5
const abortableSince = 4

export const txnOffsetCommit: Handler<'txnOffsetCommit'> = async (request, services, context) => {
  if (request.groupId === '') return failed(request, 'INVALID_GROUP_ID')
  const image = services.metadata()
  const topicIds = new Map<string, string>()
  const known: Asked['topics'] = []
  const unknown: AnsweredTopic[] = []
  for (const asked of request.topics) {
    const topic = image.topicsByName.get(asked.name)
    const count = topic?.partitions.length ?? 0
    const isKnown = ({ partitionIndex }: { partitionIndex: number }) =>
      partitionIndex >= 0 && partitionIndex < count
    const partitions = asked.partitions.filter(isKnown)
    if (topic !== undefined) topicIds.set(asked.name, topic.id)
    if (partitions.length > 0) known.push({ ...asked, partitions })
    const missing = asked.partitions.filter((partition) => !isKnown(partition))
    if (missing.length > 0) {
      unknown.push(answerOf({ ...asked, partitions: missing }, 'UNKNOWN_TOPIC_OR_PARTITION'))
    }
  }
  if (known.length === 0) return { topics: unknown }
  const answered = await commit({ ...request, topics: known }, topicIds, services, context)
  return { topics: merged([...unknown, ...answered.topics]) }
}

async function commit(
  request: Asked,
  topicIds: ReadonlyMap<string, string>,
  services: Services,
  context: Parameters<Handler<'txnOffsetCommit'>>[2],
) {
  const index = services.groups.partitionFor(request.groupId)
  const partition = services.replicas.leader(
    services.metadata().topicsByName.get(offsetsTopic),
    index,
  )
  if (typeof partition === 'string') return failed(request, 'NOT_COORDINATOR')
  let log: Awaited<ReturnType<typeof partition.openLog>>
  try {
    log = await partition.openLog()
  } catch {
    return failed(request, 'NOT_COORDINATOR')
  }
  const { transactionalId, producerId, producerEpoch } = request
  const producer = { transactionalId, producerId, producerEpoch }
  const guard = log.guardFor({ producerId, epoch: producerEpoch, sequence: 0 })
  if (guard !== null) {
    const joins = context.apiVersion >= implicitSince
    const where = [{ topic: offsetsTopic, index }]
    const errorOf = await joinTransaction(services, { ...producer, joins, partitions: where })
    const error = joinError(errorOf(offsetsTopic, index), {
      knowsAbortable: context.apiVersion >= abortableSince,
    })
    if (error !== 'NONE') return failed(request, commitError(error))
  }
  return services.groups.commitTransactional(request, { topicIds, guard }, context)
}

/** What concerns the other coordinator is told so that clients try again, or look for it. */
function commitError(error: KafkaErrorName): KafkaErrorName {
  switch (error) {
    case 'NETWORK_EXCEPTION':
    case 'NOT_COORDINATOR':
    case 'COORDINATOR_NOT_AVAILABLE':
      return 'COORDINATOR_LOAD_IN_PROGRESS'
    default:
      return error
  }
}

function failed({ topics }: Asked, error: KafkaErrorName): ResponseOf<'txnOffsetCommit'> {
  return { topics: topics.map((topic) => answerOf(topic, error)) }
}

function answerOf({ name, partitions }: Asked['topics'][number], error: KafkaErrorName) {
  const errorCode = errorCodes[error]
  return {
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }
}

/** One row for each topic, in the order in which they come. */
function merged(topics: readonly AnsweredTopic[]): AnsweredTopic[] {
  const rows = new Map<string, AnsweredTopic>()
  for (const topic of topics) {
    const partitions = [...(rows.get(topic.name)?.partitions ?? []), ...topic.partitions]
    rows.set(topic.name, { name: topic.name, partitions })
  }
  return [...rows.values()]
}
