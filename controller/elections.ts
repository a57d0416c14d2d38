// Who leads a partition and who is in its ISR as brokers come and go. Pure: a partition and what
// changed come in, the record that changes the partition comes out. Leaders are elected only from
// the ISR, or from the eligible leader replicas when the ISR is empty (KIP-966).

import type { BrokerId, MetadataImage, PartitionImage, TopicImage } from './image.ts'
import { isActive } from './partitions.ts'
import type { NewRecord } from './records/record.ts'
import { sameLeader } from './records/records.ts'

export const noLeader = -1

interface Target {
  readonly isr: readonly BrokerId[]
  readonly mayLead: (brokerId: BrokerId) => boolean
}

/** The change that brings a partition to the target; null when it is there already. */
function changeTo(topic: TopicImage, partition: PartitionImage, target: Target): NewRecord | null {
  const leader = electLeader(partition, target)
  const elected = leader !== partition.leader && leader !== noLeader
  const isr = target.isr.length === 0 && elected ? [leader] : target.isr
  // An ISR never becomes empty: its last member is the only one known to hold every committed
  // record.
  const isrChanged = isr.length > 0 && isr.length !== partition.isr.length
  if (leader === partition.leader && !isrChanged) return null
  return {
    type: 'partitionChange',
    topicId: topic.id,
    partitionId: partition.index,
    leader: leader === partition.leader ? sameLeader : leader,
    isr: isrChanged ? isr : null,
  }
}

function electLeader(partition: PartitionImage, { isr, mayLead }: Target): BrokerId {
  const candidates = isr.length > 0 ? isr : partition.elr
  const valid = (id: BrokerId) => candidates.includes(id) && mayLead(id)
  if (valid(partition.leader)) return partition.leader
  return partition.replicas.find(valid) ?? noLeader
}

function* partitionsOf(image: MetadataImage): Generator<[TopicImage, PartitionImage], undefined> {
  for (const topic of image.topicsById.values()) {
    for (const partition of topic.partitions) yield [topic, partition]
  }
}

/** The broker is gone: it leads nothing, and leaves each ISR that has another member. */
export function changesWithout(image: MetadataImage, brokerId: BrokerId): NewRecord[] {
  const mayLead = (id: BrokerId) => id !== brokerId && isActive(image.brokers.get(id))
  const records: NewRecord[] = []
  for (const [topic, partition] of partitionsOf(image)) {
    if (partition.leader !== brokerId && !partition.isr.includes(brokerId)) continue
    const isr = partition.isr.filter((id) => id !== brokerId)
    const change = changeTo(topic, partition, { isr, mayLead })
    if (change !== null) records.push(change)
  }
  return records
}

/** The broker is back: partitions without a leader that it may lead get one. */
export function changesWith(image: MetadataImage, brokerId: BrokerId): NewRecord[] {
  const mayLead = (id: BrokerId) => id === brokerId || isActive(image.brokers.get(id))
  const records: NewRecord[] = []
  for (const [topic, partition] of partitionsOf(image)) {
    if (partition.leader !== noLeader || !partition.replicas.includes(brokerId)) continue
    const change = changeTo(topic, partition, { isr: partition.isr, mayLead })
    if (change !== null) records.push(change)
  }
  return records
}

/**
 * The broker's process is another than before and joins at once: as if it had gone and come back,
 * in one step. Where it is the last of the ISR it goes on leading, in a new leader epoch.
 */
export function changesOfRestart(image: MetadataImage, brokerId: BrokerId): NewRecord[] {
  const mayLead = (id: BrokerId) => id !== brokerId && isActive(image.brokers.get(id))
  const records: NewRecord[] = []
  for (const [topic, partition] of partitionsOf(image)) {
    const isr = partition.isr.filter((id) => id !== brokerId)
    const isMember = isr.length < partition.isr.length
    if (isMember && isr.length === 0) {
      records.push({
        type: 'partitionChange',
        topicId: topic.id,
        partitionId: partition.index,
        leader: brokerId,
      })
    } else if (isMember || partition.leader === brokerId) {
      const change = changeTo(topic, partition, { isr, mayLead })
      if (change !== null) records.push(change)
    }
  }
  return records
}
