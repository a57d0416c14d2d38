// WriteTxnMarkers (key 27), versions 1-2: ends transactions in the partitions that this broker
// leads (KIP-98), for tools that end a hanging transaction (KIP-664); coordinators ask for the same
// by gRPC. Answered once the markers are committed. KIP-1228 transaction version (v2).
// Differs from Kafka: a marker that was written before in the same coordinator epoch is not written
// again, and takes no offset.

import { isInternalTopic, offsetsTopic } from '@samsa/controller/topic-names'
import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { MarkerBatch } from '../coordinator/partition-writer.ts'
import { BrokerError } from '../errors.ts'
import { appendMarker } from '../replica/internal-topic.ts'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'

type AskedMarker = RequestOf<'writeTxnMarkers'>['markers'][number]

/** How long the replicas may take; the coordinator asks again. */
const commitTimeoutMs = 5_000

export const writeTxnMarkers: Handler<'writeTxnMarkers'> = (request, services) =>
  writeMarkers(request, services)

export async function writeMarkers(
  { markers }: RequestOf<'writeTxnMarkers'>,
  services: Services,
): Promise<ResponseOf<'writeTxnMarkers'>> {
  // All appends begin before any is waited for, in the order of the request.
  return { markers: await Promise.all(markers.map((marker) => writeOne(marker, services))) }
}

async function writeOne(asked: AskedMarker, services: Services) {
  const marker: MarkerBatch = {
    type: 'marker',
    producerId: asked.producerId,
    producerEpoch: asked.producerEpoch,
    coordinatorEpoch: asked.coordinatorEpoch,
    isCommit: asked.transactionResult,
    transactionVersion: asked.transactionVersion,
  }
  const topics = asked.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(
      partitionIndexes.map(async (partitionIndex) => ({
        partitionIndex,
        errorCode: errorCodes[await end(name, partitionIndex, marker, services)],
      })),
    ),
  }))
  return { producerId: asked.producerId, topics: await Promise.all(topics) }
}

async function end(
  name: string,
  index: number,
  marker: MarkerBatch,
  services: Services,
): Promise<KafkaErrorName> {
  if (!services.replicas.inContact) return 'NOT_LEADER_OR_FOLLOWER'
  const topic = services.metadata().topicsByName.get(name)
  const partition = services.replicas.leader(topic, index)
  if (typeof partition === 'string') return partition
  // The groups' coordinator has to know, in the order of what it writes itself.
  if (name === offsetsTopic) return services.groups.endTransaction(index, marker)
  if (isInternalTopic(name)) return 'INVALID_TOPIC_EXCEPTION'
  try {
    const leading = await partition.lead()
    if (leading.isUnderMinIsr) return 'NOT_ENOUGH_REPLICAS'
    const append = appendMarker(leading, marker, services.clock.nowMs())
    await append.written
    return (await leading.committed(append, commitTimeoutMs)) ?? 'NONE'
  } catch (error) {
    if (error instanceof BrokerError) return error.kafkaError
    throw error
  }
}
