// Features: which levels are finalized for the cluster, what a new log begins with, and the refusal
// of a log that a later version of the software has moved on.

import { MetadataRecordError } from './errors.ts'
import type { MetadataDraft } from './image/draft.ts'
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

/** What ApiVersions tells of this software: the levels it could serve. */
export const supportedFeatures = [
  {
    name: kafkaMetadataVersion.name,
    minVersion: kafkaMetadataVersion.min,
    maxVersion: kafkaMetadataVersion.max,
  },
  { name: metadataLevelFeature, minVersion: 1, maxVersion: metadataLevel },
]

/** The first records of a new cluster's log. */
export function bootstrapRecords(clusterId: string): NewRecord[] {
  return [
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
  ]
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
