// Features: which levels are finalized for the cluster, what a new log begins with, and the refusal
// of a log that a later version of the software has moved on.

import { ControllerError, MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
import type { FeatureRange, MetadataImage } from './image.ts'
import type { NewRecord, RecordOf } from './records/record.ts'

/**
 * What the records of a metadata log may say. Raised by whoever adds to them, with the release that
 * did.
 */
export const metadataLevelFeature = 'samsa.metadata.version'
export const metadataLevel = 1
const metadataLevelRelease = '0.1.0'

/** Kafka's metadata.version, as its tools read it: the level of the reference release, 4.3. */
export const kafkaMetadataVersion = { name: 'metadata.version', min: 7, max: 30 } as const

/** Eligible leader replicas (KIP-966). Kafka ties it to a metadata.version. */
export const eligibleLeaders = {
  name: 'eligible.leader.replicas.version',
  min: 0,
  max: 1,
  metadataVersionMin: 23,
} as const

/** The second transaction protocol (KIP-890): from 2 on each transaction has an epoch of its own. */
export const epochPerTransaction = { name: 'transaction.version', min: 0, max: 2 } as const
/** Groups of the consumer protocol (KIP-848). */
export const groupVersion = { name: 'group.version', min: 0, max: 1 } as const
/** Groups of Kafka Streams (KIP-1071). */
export const streamsVersion = { name: 'streams.version', min: 0, max: 1 } as const

/** What this software could serve: ApiVersions and the registrations of nodes tell it. */
export const supportedFeatures: readonly FeatureRange[] = [
  {
    name: kafkaMetadataVersion.name,
    minVersion: kafkaMetadataVersion.min,
    maxVersion: kafkaMetadataVersion.max,
  },
  { name: metadataLevelFeature, minVersion: 1, maxVersion: metadataLevel },
  {
    name: eligibleLeaders.name,
    minVersion: eligibleLeaders.min,
    maxVersion: eligibleLeaders.max,
  },
  {
    name: epochPerTransaction.name,
    minVersion: epochPerTransaction.min,
    maxVersion: epochPerTransaction.max,
  },
  { name: groupVersion.name, minVersion: groupVersion.min, maxVersion: groupVersion.max },
  { name: streamsVersion.name, minVersion: streamsVersion.min, maxVersion: streamsVersion.max },
]

/** Kafka's number for configs of brokers; the name '' stands for all of them. */
const brokerResourceType = 4

/** min.insync.replicas where nobody says otherwise. */
export const minInsyncReplicasUnset = 1

/** The first records of a new cluster's log. */
export function bootstrapRecords(
  clusterId: string,
  { minInsyncReplicas }: { minInsyncReplicas: number },
): NewRecord[] {
  const records: NewRecord[] = [
    {
      type: 'featureLevel',
      name: metadataLevelFeature,
      featureLevel: metadataLevel,
      softwareVersion: metadataLevelRelease,
    },
    { type: 'cluster', clusterId },
    {
      type: 'featureLevel',
      name: kafkaMetadataVersion.name,
      featureLevel: kafkaMetadataVersion.max,
    },
    { type: 'featureLevel', name: eligibleLeaders.name, featureLevel: eligibleLeaders.max },
    { type: 'featureLevel', name: epochPerTransaction.name, featureLevel: epochPerTransaction.max },
    { type: 'featureLevel', name: groupVersion.name, featureLevel: groupVersion.max },
    { type: 'featureLevel', name: streamsVersion.name, featureLevel: streamsVersion.max },
  ]
  // What the founder's file says holds for all: see replication/topic-rules.ts.
  if (minInsyncReplicas !== minInsyncReplicasUnset) {
    records.push({
      type: 'config',
      resourceType: brokerResourceType,
      resourceName: '',
      name: 'min.insync.replicas',
      value: String(minInsyncReplicas),
    })
  }
  return records
}

/** Refuses a broker that cannot serve what the cluster has finalized. */
export function checkBrokerFeatures(
  image: MetadataImage,
  supported: readonly FeatureRange[],
): void {
  const ranges = new Map(supported.map((range) => [range.name, range]))
  for (const [name, level] of image.features) {
    const { minVersion, maxVersion } = ranges.get(name) ?? { minVersion: 0, maxVersion: 0 }
    if (level >= minVersion && level <= maxVersion) continue
    throw new ControllerError(
      'UNSUPPORTED_VERSION',
      `Unable to register because the broker does not support finalized version ${level} of ` +
        `${name}. The broker wants a version between ${minVersion} and ${maxVersion}, inclusive.`,
    )
  }
}

/** The record of one finalized level in a snapshot. */
export function featureRecord(name: string, featureLevel: number): NewRecord {
  const softwareVersion = name === metadataLevelFeature ? metadataLevelRelease : ''
  return { type: 'featureLevel', name, featureLevel, softwareVersion }
}

export function replayFeatureLevel(draft: MetadataDraft, record: RecordOf<'featureLevel'>): void {
  const { name, featureLevel } = record
  if (name === metadataLevelFeature && featureLevel > metadataLevel) {
    throw new MetadataRecordError(
      `this metadata log is at ${name} ${featureLevel} and needs Samsa ${record.softwareVersion} or later; ` +
        `this software reads up to ${metadataLevel} (Samsa ${metadataLevelRelease})`,
    )
  }
  // Level 0 means that the feature is off, which is what its absence means too.
  if (featureLevel === 0) draft.features.delete(name)
  else draft.features.set(name, featureLevel)
}

export function replayCluster(draft: MetadataDraft, record: RecordOf<'cluster'>): void {
  if (draft.clusterId !== '' && draft.clusterId !== record.clusterId) {
    throw new MetadataRecordError(
      `the metadata log of cluster ${draft.clusterId} has a record of cluster ${record.clusterId}`,
    )
  }
  draft.clusterId = record.clusterId
}
