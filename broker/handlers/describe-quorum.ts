// DescribeQuorum (key 55), versions 0-2: leader, voters and observers of the controller quorum, and
// how far each has come (KIP-595, KIP-836 times, KIP-853 directories and endpoints). The metadata
// log is shown as partition 0 of __cluster_metadata, as Kafka's tools expect it.
// Differs from Kafka: the listeners of a controller are where it speaks gRPC, since our quorum does
// not speak Kafka's protocol; those of observers are told, too.

import type { QuorumReplica } from '@samsa/controller/metadata-log'
import { clusterMetadataTopic } from '@samsa/controller/topic-names'
import { errorByCode, errorCodes } from '@samsa/proto/kafka/errors'
import type { Services } from '../services.ts'
import type { Handler, RequestOf, ResponseOf } from './handler.ts'
import { errorFields, refusable } from './shared/ask-controller.ts'

export const describeQuorum: Handler<'describeQuorum'> = async (request, services) => {
  if (!asksForMetadataLog(request)) return unknownPartitions(request)
  const asked = await refusable(services.controller.describeQuorum())
  if (asked.type === 'refused') return { ...errorFields(asked.outcome), topics: [], nodes: [] }
  const quorum = asked.answer
  const partition = {
    partitionIndex: 0,
    errorCode: errorCodes.NONE,
    leaderId: quorum.leaderId,
    leaderEpoch: quorum.epoch,
    highWatermark: quorum.highWatermark,
    currentVoters: quorum.voters.map(replicaOf),
    observers: quorum.observers.map(replicaOf),
  }
  return {
    errorCode: errorCodes.NONE,
    topics: [{ topicName: clusterMetadataTopic, partitions: [partition] }],
    nodes: [...quorum.voters, ...quorum.observers].map(({ replicaId }) =>
      nodeOf(replicaId, services),
    ),
  }
}

function asksForMetadataLog({ topics }: RequestOf<'describeQuorum'>): boolean {
  const [topic, ...otherTopics] = topics
  const [partition, ...otherPartitions] = topic?.partitions ?? []
  return (
    topic?.topicName === clusterMetadataTopic &&
    partition?.partitionIndex === 0 &&
    otherTopics.length === 0 &&
    otherPartitions.length === 0
  )
}

function unknownPartitions({ topics }: RequestOf<'describeQuorum'>): ResponseOf<'describeQuorum'> {
  const errorCode = errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return {
    errorCode: errorCodes.NONE,
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode,
        errorMessage: errorByCode(errorCode).text,
        leaderId: 0,
        leaderEpoch: 0,
        highWatermark: 0,
        currentVoters: [],
        observers: [],
      })),
    })),
    nodes: [],
  }
}

function replicaOf(replica: QuorumReplica) {
  return {
    replicaId: replica.replicaId,
    replicaDirectoryId: replica.directoryId,
    logEndOffset: replica.logEndOffset,
    lastFetchTimestamp: replica.lastFetchTimestampMs,
    lastCaughtUpTimestamp: replica.lastCaughtUpTimestampMs,
  }
}

/** What the controller itself has told; until it has, this node knows only its own listeners. */
function nodeOf(nodeId: number, services: Services) {
  const own = nodeId === services.nodeId ? services.config().controllerListeners : []
  const endpoints = services.metadata().controllers.get(nodeId)?.endpoints ?? own
  const listeners = endpoints.map(({ listener, host, port }) => ({ name: listener, host, port }))
  return { nodeId, listeners }
}
