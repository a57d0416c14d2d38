// What changed configs and features do to partitions, in the same decision: with a lower
// min.insync.replicas the high watermark moves on, and leaves replicas behind that were eligible to
// lead; with unclean elections allowed, a partition without a leader gets one.

import type { Decision, TopicDefaults } from '../decision.ts'
import { imageAfter } from '../image/advance.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../image.ts'
import type { NewRecord } from '../records/record.ts'
import { changePartition, noLeader, type Target } from './partition-change.ts'
import { surroundingsOf } from './surroundings.ts'
import { minInsyncReplicasConfig, uncleanElectionConfig } from './topic-rules.ts'

/** The decision about configs, and what follows from it for partitions. */
export function withEffects<T>(
  image: MetadataImage,
  { records, response }: Decision<T>,
  defaults: TopicDefaults,
): Decision<T> {
  const effects: NewRecord[] = []
  const after = imageAfter(image, records)
  for (const topic of topicsConcerned(after, records)) {
    effects.push(...changesOfRules(after, topic, defaults))
  }
  return effects.length === 0
    ? { records, response }
    : { records: [...records, ...effects], response }
}

const topicResource = 2
const brokerResource = 4

function topicsConcerned(
  image: MetadataImage,
  records: readonly NewRecord[],
): ReadonlySet<TopicImage> {
  const topics = new Set<TopicImage>()
  for (const record of records) {
    if (record.type !== 'config') continue
    if (![minInsyncReplicasConfig, uncleanElectionConfig].includes(record.name)) continue
    if (record.resourceType === topicResource) {
      const topic = image.topicsByName.get(record.resourceName)
      if (topic !== undefined) topics.add(topic)
    } else if (record.resourceType === brokerResource && record.resourceName === '') {
      for (const topic of image.topicsById.values()) topics.add(topic)
    }
  }
  return topics
}

function changesOfRules(
  image: MetadataImage,
  topic: TopicImage,
  defaults: TopicDefaults,
): NewRecord[] {
  const surroundings = surroundingsOf(image, topic, defaults)
  const records: NewRecord[] = []
  for (const partition of topic.partitions) {
    if (partition.leader !== noLeader && partition.elr.length === 0) continue
    const change = changePartition(partition, {}, surroundings)
    if (change !== null) records.push(change)
  }
  return records
}

/**
 * Eligible leader replicas are switched off, and `image` shows it: they hold every committed record
 * as a last in-sync replica does, and become that where there is no other.
 */
export function changesWithoutEligibleLeaders(
  image: MetadataImage,
  defaults: TopicDefaults,
): NewRecord[] {
  const records: NewRecord[] = []
  for (const topic of image.topicsById.values()) {
    const surroundings = surroundingsOf(image, topic, defaults)
    for (const partition of topic.partitions) {
      if (partition.isr.length > 0 && partition.elr.length === 0) continue
      const change = changePartition(partition, lastInSync(partition), surroundings)
      if (change !== null) records.push(change)
    }
  }
  return records
}

function lastInSync({
  isr,
  elr,
  lastKnownElr,
}: PartitionImage): Pick<Target, 'isr' | 'recovering'> {
  if (isr.length > 0) return { isr }
  if (elr.length > 0) return { isr: elr }
  // It went down uncleanly and may lack records: whoever leads by it has to recover.
  return { isr: lastKnownElr, recovering: true }
}
