// An image as the records that make it from nothing, and back. The records come one at a time, so
// that whoever writes a large snapshot can pause between them: the image does not change meanwhile.

import { brokerRecord } from '../broker-records.ts'
import { clientQuotaRecords } from '../client-quotas.ts'
import { configRecord } from '../configs.ts'
import { controllerRecord } from '../controllers.ts'
import { delegationTokenRecord } from '../delegation-tokens.ts'
import { featureRecord, metadataLevelFeature } from '../features.ts'
import type { PartitionImage } from '../image.ts'
import { type ConfigResource, type ConfigResourceType, type MetadataImage } from '../image.ts'
import { decodeRecord, encodeRecord, type NewRecord } from '../records/record.ts'
import { replay } from '../replay.ts'
import { accessControlRecord, scramCredentialRecord } from '../security.ts'
import { emptyImage, MetadataDraft } from './draft.ts'

/** In an order that replays; the level needed to read the rest comes first. */
export function* snapshotRecords(image: MetadataImage): Generator<NewRecord, undefined> {
  const level = image.features.get(metadataLevelFeature)
  if (level !== undefined) yield featureRecord(metadataLevelFeature, level)
  if (image.clusterId !== '') yield { type: 'cluster', clusterId: image.clusterId }
  for (const [name, featureLevel] of image.features) {
    if (name !== metadataLevelFeature) yield featureRecord(name, featureLevel)
  }
  for (const broker of image.brokers.values()) yield brokerRecord(broker)
  for (const controller of image.controllers.values()) yield controllerRecord(controller)
  yield { type: 'nextBrokerEpoch', nextBrokerEpoch: image.nextBrokerEpoch }
  for (const topic of image.topicsById.values()) {
    yield { type: 'topic', name: topic.name, topicId: topic.id }
    for (const partition of topic.partitions) yield partitionRecord(topic.id, partition)
  }
  for (const [key, overrides] of image.configs) {
    for (const [name, value] of overrides) yield configRecord(resourceOf(key), name, value)
  }
  for (const quota of image.clientQuotas.values()) yield* clientQuotaRecords(quota)
  for (const entry of image.accessControlEntries.values()) yield accessControlRecord(entry)
  for (const each of image.scramCredentials.values()) yield scramCredentialRecord(each)
  for (const token of image.delegationTokens.values()) yield delegationTokenRecord(token)
  if (image.nextProducerId > 0) {
    yield { type: 'producerIds', brokerId: -1, nextProducerId: image.nextProducerId }
  }
}

export function* encodedSnapshot(image: MetadataImage): Generator<Buffer, undefined> {
  for (const record of snapshotRecords(image)) yield encodeRecord(record)
}

/** The image that a snapshot's records make. */
export function imageOfSnapshot(
  records: Iterable<Buffer>,
  offset: number,
  controllerId: number,
): MetadataImage {
  const draft = new MetadataDraft(emptyImage)
  for (const bytes of records) replay(draft, decodeRecord(bytes))
  return draft.finish(offset, controllerId).image
}

function partitionRecord(topicId: string, partition: PartitionImage): NewRecord {
  return {
    type: 'partition',
    topicId,
    partitionId: partition.index,
    replicas: partition.replicas,
    isr: partition.isr,
    removingReplicas: partition.removingReplicas,
    addingReplicas: partition.addingReplicas,
    leader: partition.leader,
    leaderRecoveryState: partition.recovering ? 1 : 0,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    directories: partition.directories,
    eligibleLeaderReplicas: partition.elr.length > 0 ? partition.elr : null,
    lastKnownElr: partition.lastKnownElr.length > 0 ? partition.lastKnownElr : null,
  }
}

/** The resource that configKey made the key of. */
function resourceOf(key: string): ConfigResource {
  const colon = key.indexOf(':')
  return { type: key.slice(0, colon) as ConfigResourceType, name: key.slice(colon + 1) }
}
