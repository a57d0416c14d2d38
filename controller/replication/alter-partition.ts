// AlterPartition: a leader wants another ISR (KIP-497), each member named with the epoch of the
// registration that caught up, so that a broker that restarted meanwhile is not taken for in sync
// (KIP-903). Checked in Kafka's order, answered with Kafka's errors; one partition each for itself.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { checkedEpoch } from '../broker-epoch.ts'
import type { DecideContext, Decision } from '../decision.ts'
import type { MetadataImage, PartitionImage } from '../image.ts'
import type { NewRecord } from '../records/record.ts'
import type { AlterPartition, AlterPartitionItem, AlterPartitionResult } from '../requests.ts'
import { changePartition, leaderAfter } from './partition-change.ts'
import { surroundingsOf } from './surroundings.ts'

interface Problem {
  readonly error: KafkaErrorName
  readonly message: string | null
}

export function alterPartition(
  image: MetadataImage,
  request: AlterPartition,
  { topicDefaults }: DecideContext,
): Decision<AlterPartitionResult[]> {
  checkedEpoch(image, request.brokerId, request.brokerEpoch)
  const records: NewRecord[] = []
  const altered = new Set<PartitionImage>()
  const response = request.partitions.map((item): AlterPartitionResult => {
    const { topicId, partitionIndex } = item
    const result = (error: KafkaErrorName, message: string | null = null) => {
      return { topicId, partitionIndex, error, message }
    }
    const topic = image.topicsById.get(topicId)
    if (topic === undefined) return result('UNKNOWN_TOPIC_ID')
    const partition = topic.partitions[partitionIndex]
    if (partition === undefined) return result('UNKNOWN_TOPIC_OR_PARTITION')
    const problem = altered.has(partition)
      ? { error: 'INVALID_REQUEST' as const, message: 'Duplicate partition.' }
      : problemOf(image, request, item, partition)
    if (problem !== null) return result(problem.error, problem.message)
    altered.add(partition)
    const surroundings = surroundingsOf(image, topic, topicDefaults)
    const change = changePartition(
      partition,
      {
        isr: item.newIsr.map(({ brokerId }) => brokerId),
        recovering: item.recovering,
      },
      surroundings,
    )
    if (change !== null) records.push(change)
    // The change ended a reassignment that the leader had no part in: it is made, and the leader
    // must look again.
    if (leaderAfter(change, partition.leader) !== partition.leader) {
      return result('NEW_LEADER_ELECTED')
    }
    return result('NONE')
  })
  return { records, response }
}

function problemOf(
  image: MetadataImage,
  request: AlterPartition,
  item: AlterPartitionItem,
  partition: PartitionImage,
): Problem | null {
  const { leaderEpoch, partitionEpoch, leader } = partition
  // A leader that knows more than this controller has seen a later one.
  if (item.leaderEpoch > leaderEpoch || item.partitionEpoch > partitionEpoch) {
    return problem('NOT_CONTROLLER', null)
  }
  if (item.leaderEpoch < leaderEpoch) {
    return problem('FENCED_LEADER_EPOCH', `The leader epoch is ${leaderEpoch}.`)
  }
  if (request.brokerId !== leader) {
    return problem('INVALID_REQUEST', `The leader is ${leader}, not ${request.brokerId}.`)
  }
  if (item.partitionEpoch < partitionEpoch) {
    return problem('INVALID_UPDATE_VERSION', `The partition epoch is ${partitionEpoch}.`)
  }
  return invalidIsr(item, partition) ?? ineligible(image, request, item)
}

function invalidIsr(item: AlterPartitionItem, partition: PartitionImage): Problem | null {
  const isr = item.newIsr.map(({ brokerId }) => brokerId)
  if (new Set(isr).size !== isr.length || !isr.every((id) => partition.replicas.includes(id))) {
    return problem('INVALID_REQUEST', `The ISR [${isr.join(', ')}] is not a set of replicas.`)
  }
  if (!isr.includes(partition.leader)) {
    return problem('INVALID_REQUEST', `The ISR [${isr.join(', ')}] lacks the leader.`)
  }
  if (item.recovering && isr.length > 1) {
    return problem('INVALID_REQUEST', 'The ISR grows only once the leader has recovered.')
  }
  if (item.recovering && !partition.recovering) {
    return problem('INVALID_REQUEST', 'The leader had recovered.')
  }
  return null
}

function ineligible(
  image: MetadataImage,
  request: AlterPartition,
  { newIsr }: AlterPartitionItem,
): Problem | null {
  for (const { brokerId, brokerEpoch } of newIsr) {
    const broker = image.brokers.get(brokerId)
    const why = (() => {
      if (broker === undefined) return 'not registered'
      // One that hands over its leaderships needs a successor to join the ISR beside it.
      if (broker.inControlledShutdown && brokerId !== request.brokerId) return 'shutting down'
      if (broker.fenced) return 'fenced'
      // -1: the leader did not say; as in Kafka, for it to find out by itself.
      if (brokerEpoch === -1 || brokerEpoch === broker.epoch) return null
      return `at broker epoch ${broker.epoch}, not ${brokerEpoch}`
    })()
    if (why !== null) return problem('INELIGIBLE_REPLICA', `Broker ${brokerId} is ${why}.`)
  }
  return null
}

function problem(error: KafkaErrorName, message: string | null): Problem {
  return { error, message }
}
