// Topics: CreateTopics and DeleteTopics decided with Kafka's checks in Kafka's order, and the
// replay of their records. Each topic of a request stands for itself: one that is refused keeps no
// other from being made.

import { zeroUuid } from '@samsa/proto/wire/types'
import { accepted, configRecord } from './configs.ts'
import {
  type DecideContext,
  type Decision,
  duplicatesOf,
  noError,
  outcomeOf,
  Refusal,
} from './decision.ts'
import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { BrokerId, ConfigOverrides, MetadataImage, TopicImage } from './image.ts'
import { checkAssignment, newPartition, placeNew, refuseExcess } from './partitions.ts'
import type { NewRecord, RecordOf } from './records/record.ts'
import type {
  CreateTopicResult,
  CreateTopics,
  DeleteTopicResult,
  DeleteTopics,
  NewTopic,
  Outcome,
  TopicReference,
} from './requests.ts'
import {
  clusterMetadataTopic,
  hasCollisionChars,
  topicNameProblem,
  unifiedName,
} from './topic-names.ts'

export function createTopics(
  image: MetadataImage,
  request: CreateTopics,
  context: DecideContext,
): Decision<CreateTopicResult[]> {
  const duplicates = duplicatesOf(request.topics.map(({ name }) => name))
  // Names that this request takes, for collisions between its own topics.
  const taken = new Map<string, string>()
  const records: NewRecord[] = []
  const response: CreateTopicResult[] = []
  for (const topic of request.topics) {
    if (duplicates.has(topic.name)) continue
    let created: Created | undefined
    const outcome = outcomeOf(() => {
      checkName(image, topic.name, taken)
      created = createTopic(image, topic, context)
      refuseExcess(records.length + created.records.length)
      records.push(...created.records)
      if (hasCollisionChars(topic.name)) taken.set(unifiedName(topic.name), topic.name)
    })
    response.push(topicResult(topic, outcome, created))
  }
  for (const name of duplicates) {
    const outcome: Outcome = { error: 'INVALID_REQUEST', message: 'Duplicate topic name.' }
    response.push(topicResult({ name }, outcome, undefined))
  }
  return { records: request.validateOnly ? [] : records, response }
}

interface Created {
  readonly records: readonly NewRecord[]
  readonly topicId: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: ConfigOverrides
}

const noConfigs: ConfigOverrides = new Map()

function topicResult(
  { name }: { name: string },
  outcome: Outcome,
  created: Created | undefined,
): CreateTopicResult {
  const failed = outcome.error !== 'NONE' || created === undefined
  return {
    name,
    ...outcome,
    topicId: failed ? zeroUuid : created.topicId,
    numPartitions: failed ? -1 : created.numPartitions,
    replicationFactor: failed ? -1 : created.replicationFactor,
    configs: failed ? noConfigs : created.configs,
  }
}

function checkName(image: MetadataImage, name: string, taken: ReadonlyMap<string, string>): void {
  if (name === clusterMetadataTopic) {
    throw new Refusal('INVALID_REQUEST', `Creation of internal topic ${name} is prohibited.`)
  }
  const problem = topicNameProblem(name)
  if (problem !== null) throw new Refusal('INVALID_TOPIC_EXCEPTION', problem)
  if (image.topicsByName.has(name)) {
    throw new Refusal('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  }
  if (!hasCollisionChars(name)) return
  const unified = unifiedName(name)
  const other = image.collidingNames.get(unified)?.[0] ?? taken.get(unified)
  if (other === undefined) return
  throw new Refusal(
    'INVALID_TOPIC_EXCEPTION',
    `Topic '${name}' collides with existing topic: ${other}`,
  )
}

function createTopic(image: MetadataImage, topic: NewTopic, context: DecideContext): Created {
  const configs = checkedConfigs(topic, context)
  const replicas =
    topic.assignments.length > 0 ? assigned(image, topic) : placed(image, topic, context)
  refuseExcess(replicas.length)
  const topicId = context.newUuid()
  const resource = { type: 'topic', name: topic.name } as const
  const records: NewRecord[] = [{ type: 'topic', name: topic.name, topicId }]
  for (const [name, value] of configs) records.push(configRecord(resource, name, value))
  for (const [index, brokerIds] of replicas.entries()) {
    const record = newPartition(image, topicId, index, brokerIds)
    if (record === null) throw noLeader(topic, index, brokerIds.length)
    records.push(record)
  }
  return {
    records,
    topicId,
    numPartitions: replicas.length,
    replicationFactor: replicas[0]?.length ?? 0,
    configs,
  }
}

function checkedConfigs(topic: NewTopic, { configRules }: DecideContext): ConfigOverrides {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    throw new Refusal(
      'INVALID_CONFIG',
      `Null value not supported for topic configs: ${nulls.join(',')}`,
    )
  }
  if (topic.configs.length === 0) return noConfigs
  return accepted(configRules.replace({ type: 'topic', name: topic.name }, topic.configs))
}

/** The client chose the replicas. */
function assigned(image: MetadataImage, topic: NewTopic): (readonly BrokerId[])[] {
  if (topic.replicationFactor !== -1) throw notDefaulted('replication factor')
  if (topic.numPartitions !== -1) throw notDefaulted('numPartitions')
  const byIndex = new Map<number, readonly BrokerId[]>()
  let replicationFactor: number | null = null
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byIndex.has(partitionIndex)) {
      throw new Refusal(
        'INVALID_REPLICA_ASSIGNMENT',
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    checkAssignment(image, brokerIds, replicationFactor)
    replicationFactor = brokerIds.length
    byIndex.set(partitionIndex, brokerIds)
  }
  return Array.from({ length: byIndex.size }, (_, index) => {
    const brokerIds = byIndex.get(index)
    if (brokerIds !== undefined) return brokerIds
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    )
  })
}

function notDefaulted(what: string): Refusal {
  return new Refusal(
    'INVALID_REQUEST',
    `A manual partition assignment was specified, but ${what} was not set to -1.`,
  )
}

function placed(image: MetadataImage, topic: NewTopic, context: DecideContext): BrokerId[][] {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    throw new Refusal(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    throw new Refusal(
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const partitionCount =
    topic.numPartitions === -1 ? context.numPartitionsDefault : topic.numPartitions
  const replicationFactor =
    topic.replicationFactor === -1 ? context.replicationFactorDefault : topic.replicationFactor
  // Before placing, which takes time and memory by the partition.
  refuseExcess(partitionCount)
  return placeNew(image, { partitionCount, replicationFactor }, context)
}

function noLeader(topic: NewTopic, partitionIndex: number, replicationFactor: number): Refusal {
  return topic.assignments.length > 0
    ? new Refusal(
        'INVALID_REPLICA_ASSIGNMENT',
        `All brokers specified in the manual partition assignment for partition ${partitionIndex} ` +
          'are fenced or in controlled shutdown.',
      )
    : new Refusal(
        'INVALID_REPLICATION_FACTOR',
        `Unable to replicate the partition ${replicationFactor} time(s): ` +
          'All brokers are currently fenced or in controlled shutdown.',
      )
}

export function deleteTopics(
  image: MetadataImage,
  request: DeleteTopics,
): Decision<DeleteTopicResult[]> {
  const duplicateNames = duplicatesOf(request.topics.flatMap(({ name }) => name ?? []))
  const duplicateIds = duplicatesOf(request.topics.flatMap(({ topicId }) => topicId ?? []))
  const response: DeleteTopicResult[] = []
  const refuse = (name: string | null, topicId: string, outcome: Outcome) =>
    response.push({ name, topicId, ...outcome })
  for (const name of duplicateNames) {
    refuse(name, zeroUuid, { error: 'INVALID_REQUEST', message: 'Duplicate topic name.' })
  }
  for (const topicId of duplicateIds) {
    refuse(null, topicId, { error: 'INVALID_REQUEST', message: 'Duplicate topic id.' })
  }
  const doomed = new Map<string, TopicImage>()
  // Ids first: a name that leads to an id given as well is the one refused, as in Kafka.
  for (const reference of [...request.topics].sort(idsFirst)) {
    if (reference.name !== null && duplicateNames.has(reference.name)) continue
    if (reference.topicId !== null && duplicateIds.has(reference.topicId)) continue
    const topic = resolve(image, reference)
    if (topic === undefined) {
      refuse(reference.name, reference.topicId ?? zeroUuid, unknownTopic(reference))
    } else if (doomed.has(topic.id)) {
      doomed.delete(topic.id)
      refuse(topic.name, topic.id, {
        error: 'INVALID_REQUEST',
        message: 'The provided topic name maps to an ID that was already supplied.',
      })
    } else {
      doomed.set(topic.id, topic)
    }
  }
  const records: NewRecord[] = []
  for (const topic of doomed.values()) {
    records.push({ type: 'removeTopic', topicId: topic.id })
    response.push({ name: topic.name, topicId: topic.id, ...noError })
  }
  return { records, response }
}

function idsFirst(a: TopicReference, b: TopicReference): number {
  return Number(a.topicId === null) - Number(b.topicId === null)
}

function resolve(image: MetadataImage, reference: TopicReference): TopicImage | undefined {
  return reference.name === null
    ? image.topicsById.get(reference.topicId)
    : image.topicsByName.get(reference.name)
}

function unknownTopic(reference: TopicReference): Outcome {
  return reference.name === null
    ? { error: 'UNKNOWN_TOPIC_ID', message: 'This server does not host this topic ID.' }
    : {
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
        message: 'This server does not host this topic-partition.',
      }
}

export function replayTopic(draft: MetadataDraft, record: RecordOf<'topic'>): void {
  if (draft.topicNamed(record.name) !== undefined || draft.topic(record.topicId) !== undefined) {
    throw new MetadataRecordError(`topic ${record.name} (${record.topicId}) is there already`)
  }
  draft.addTopic(record.name, record.topicId)
}

export function replayRemoveTopic(draft: MetadataDraft, record: RecordOf<'removeTopic'>): void {
  const topic = draft.topic(record.topicId)
  if (topic === undefined) {
    throw new MetadataRecordError(`a 'removeTopic' record names topic ${record.topicId}: no such`)
  }
  draft.removeTopic(topic)
}
