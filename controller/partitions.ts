// Partitions: how new ones begin, CreatePartitions, and the replay of partition records. Who leads
// when brokers come and go is replication/.

import { type DecideContext, type Decision, duplicatesOf, outcomeOf, Refusal } from './decision.ts'
import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { BrokerId, MetadataImage, PartitionImage, TopicImage } from './image.ts'
import { recordsPerRequestMax } from './limits.ts'
import { placeReplicas } from './placement.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import { sameLeader } from './records/records.ts'
import { defaultDirectory, isActive } from './replication/surroundings.ts'
import type { CreatePartitions, CreatePartitionsResult, CreatePartitionsTopic } from './requests.ts'

/** Places replicas of new partitions on the brokers that there are. */
export function placeNew(
  image: MetadataImage,
  wanted: { partitionCount: number; replicationFactor: number },
  context: DecideContext,
): BrokerId[][] {
  return placeReplicas({ brokers: image.brokers.values(), random: context.random, ...wanted })
}

/**
 * Refuses a list of replicas that a client made: unknown brokers, repeated ones, another length
 * than the others.
 */
export function checkAssignment(
  image: MetadataImage,
  replicas: readonly BrokerId[],
  replicationFactor: number | null,
): void {
  if (replicas.length === 0) throw badAssignment('an empty replica list.')
  const sorted = [...replicas].sort((a, b) => a - b)
  for (const [index, brokerId] of sorted.entries()) {
    if (!image.brokers.has(brokerId)) {
      throw badAssignment(`broker ${brokerId}, but no such broker is registered.`)
    }
    if (brokerId === sorted[index - 1])
      throw badAssignment(`the broker ${brokerId} more than once.`)
  }
  if (replicationFactor !== null && replicas.length !== replicationFactor) {
    throw badAssignment(
      `a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, ` +
        `which have ${replicationFactor} replica(s).`,
    )
  }
}

function badAssignment(what: string): Refusal {
  return new Refusal(
    'INVALID_REPLICA_ASSIGNMENT',
    `The manual partition assignment includes ${what}`,
  )
}

/** The record of a new partition; null when no replica of it can lead. */
export function newPartition(
  image: MetadataImage,
  topicId: string,
  partitionId: number,
  replicas: readonly BrokerId[],
): NewRecord | null {
  const isr = replicas.filter((id) => isActive(image.brokers.get(id)))
  const [leader] = isr
  if (leader === undefined) return null
  return {
    type: 'partition',
    partitionId,
    topicId,
    replicas,
    isr,
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: replicas.map((id) => defaultDirectory(image.brokers.get(id))),
  }
}

export function createPartitions(
  image: MetadataImage,
  request: CreatePartitions,
  context: DecideContext,
): Decision<CreatePartitionsResult[]> {
  const duplicates = duplicatesOf(request.topics.map(({ name }) => name))
  const records: NewRecord[] = []
  const response: CreatePartitionsResult[] = []
  for (const name of duplicates) {
    response.push({ name, error: 'INVALID_REQUEST', message: 'Duplicate topic name.' })
  }
  for (const topic of request.topics) {
    if (duplicates.has(topic.name)) continue
    const added: NewRecord[] = []
    const outcome = outcomeOf(() => {
      addPartitions(image, topic, context, added)
      refuseExcess(records.length + added.length)
      records.push(...added)
    })
    response.push({ name: topic.name, ...outcome })
  }
  return { records: request.validateOnly ? [] : records, response }
}

export function refuseExcess(recordCount: number): void {
  if (recordCount <= recordsPerRequestMax) return
  throw new Refusal('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
}

function addPartitions(
  image: MetadataImage,
  wanted: CreatePartitionsTopic,
  context: DecideContext,
  records: NewRecord[],
): void {
  const topic = image.topicsByName.get(wanted.name)
  if (topic === undefined) {
    throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', null)
  }
  const present = topic.partitions.length
  if (wanted.count === present) {
    throw new Refusal('INVALID_PARTITIONS', `Topic already has ${present} partition(s).`)
  }
  if (wanted.count < present) {
    throw new Refusal(
      'INVALID_PARTITIONS',
      `The topic ${topic.name} currently has ${present} partition(s); ${wanted.count} would not be an increase.`,
    )
  }
  const additional = wanted.count - present
  refuseExcess(additional)
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  for (const [index, replicas] of replicasFor(image, wanted, additional, {
    replicationFactor,
    context,
  }).entries()) {
    const record = newPartition(image, topic.id, present + index, replicas)
    if (record === null) throw noLeader(wanted, present + index, replicationFactor)
    records.push(record)
  }
}

function replicasFor(
  image: MetadataImage,
  wanted: CreatePartitionsTopic,
  additional: number,
  { replicationFactor, context }: { replicationFactor: number; context: DecideContext },
): readonly (readonly BrokerId[])[] {
  const { assignments } = wanted
  if (assignments === null) {
    return placeNew(image, { partitionCount: additional, replicationFactor }, context)
  }
  if (assignments.length !== additional) {
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  }
  for (const replicas of assignments) checkAssignment(image, replicas, replicationFactor)
  return assignments
}

function noLeader(
  wanted: CreatePartitionsTopic,
  partitionId: number,
  replicationFactor: number,
): Refusal {
  return wanted.assignments === null
    ? new Refusal(
        'INVALID_REPLICATION_FACTOR',
        `Unable to replicate the partition ${replicationFactor} time(s): All brokers are currently fenced or in controlled shutdown.`,
      )
    : new Refusal(
        'INVALID_REPLICA_ASSIGNMENT',
        `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in controlled shutdown.`,
      )
}

export function replayPartition(draft: MetadataDraft, record: RecordOf<'partition'>): void {
  const topic = topicOf(draft, record)
  const known = topic.partitions.length
  if (record.partitionId < 0 || record.partitionId > known) {
    throw new MetadataRecordError(
      `partition ${record.partitionId} of topic ${topic.name} follows on none: it has ${known}`,
    )
  }
  draft.setPartition(topic, {
    index: record.partitionId,
    replicas: record.replicas,
    isr: record.isr,
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    addingReplicas: record.addingReplicas,
    removingReplicas: record.removingReplicas,
    directories: record.directories,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    recovering: record.leaderRecoveryState === 1,
  })
}

export function replayPartitionChange(
  draft: MetadataDraft,
  record: RecordOf<'partitionChange'>,
): void {
  const topic = topicOf(draft, record)
  const before = topic.partitions[record.partitionId]
  if (before === undefined) {
    throw new MetadataRecordError(`topic ${topic.name} has no partition ${record.partitionId}`)
  }
  const leaderNamed = record.leader !== sameLeader
  const changed: PartitionImage = {
    index: before.index,
    replicas: record.replicas ?? before.replicas,
    isr: record.isr ?? before.isr,
    leader: leaderNamed ? record.leader : before.leader,
    leaderEpoch: leaderNamed ? before.leaderEpoch + 1 : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    addingReplicas: record.addingReplicas ?? before.addingReplicas,
    removingReplicas: record.removingReplicas ?? before.removingReplicas,
    directories: record.directories ?? before.directories,
    elr: record.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    recovering:
      record.leaderRecoveryState === -1 ? before.recovering : record.leaderRecoveryState === 1,
  }
  draft.setPartition(topic, changed)
}

function topicOf(draft: MetadataDraft, record: { topicId: string; type: string }): TopicImage {
  const topic = draft.topic(record.topicId)
  if (topic !== undefined) return topic
  throw new MetadataRecordError(`a '${record.type}' record names topic ${record.topicId}: no such`)
}
