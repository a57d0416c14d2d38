// What brokers that come, go, stop or lose a disk do to partitions: who leads them and who is in
// sync. Pure: an image and what happened come in, the records of the partitions that change come
// out. Only partitions that the broker has a replica of are looked at.

import type { TopicDefaults } from '../decision.ts'
import { type BrokerId, isReservedDirectory, type MetadataImage } from '../image.ts'
import type { NewRecord } from '../records/record.ts'
import {
  changePartition,
  leaderAfter,
  noLeader,
  type PartitionChange,
  type Surroundings,
} from './partition-change.ts'
import {
  type Changed,
  directoryOfReplica,
  isActive,
  isOnline,
  type PlacedPartition,
  partitionsOn,
  surroundingsOf,
} from './surroundings.ts'

/** What becomes of one partition; null: nothing. */
type Change = (placed: PlacedPartition, surroundings: Surroundings) => PartitionChange | null

function changesOn(
  image: MetadataImage,
  brokerId: BrokerId,
  { defaults, changed = {} }: { defaults: TopicDefaults; changed?: Changed },
  change: Change,
): PartitionChange[] {
  const changes: PartitionChange[] = []
  let surroundings: Surroundings | undefined
  for (const placed of partitionsOn(image, brokerId)) {
    // A topic's partitions come one after the other.
    if (surroundings?.topicId !== placed.topic.id) {
      surroundings = surroundingsOf(image, placed.topic, defaults, changed)
    }
    const result = change(placed, surroundings)
    if (result !== null) changes.push(result)
  }
  return changes
}

function without(members: readonly BrokerId[], brokerId: BrokerId): readonly BrokerId[] {
  return members.includes(brokerId) ? members.filter((id) => id !== brokerId) : members
}

/** The broker is fenced: it leads nothing, and leaves each ISR. */
export function changesWithout(
  image: MetadataImage,
  brokerId: BrokerId,
  defaults: TopicDefaults,
): NewRecord[] {
  const scope = { defaults, changed: { without: brokerId } }
  return changesOn(image, brokerId, scope, ({ partition }, surroundings) => {
    if (partition.leader !== brokerId && !partition.isr.includes(brokerId)) return null
    const isr = without(partition.isr, brokerId)
    return changePartition(partition, { isr }, surroundings)
  })
}

/**
 * The broker is no more, or another process has taken its place after it stopped uncleanly: what it
 * had acknowledged may be lost, so that it is in sync with nothing.
 */
export function changesAfterLoss(
  image: MetadataImage,
  brokerId: BrokerId,
  defaults: TopicDefaults,
): NewRecord[] {
  const scope = { defaults, changed: { without: brokerId } }
  return changesOn(image, brokerId, scope, ({ partition }, surroundings) => {
    const { leader, isr, elr } = partition
    if (leader !== brokerId && !isr.includes(brokerId) && !elr.includes(brokerId)) return null
    const target = {
      isr: without(isr, brokerId),
      uncleanReplica: brokerId,
    }
    return changePartition(partition, target, surroundings)
  })
}

/**
 * The broker has one log directory now, and `image` shows its registration: replicas that were in
 * another are in this one, or will be made there.
 */
export function changesOfDirectory(
  image: MetadataImage,
  brokerId: BrokerId,
  { directoryId, defaults }: { directoryId: string; defaults: TopicDefaults },
): NewRecord[] {
  const directories = new Map([[brokerId, directoryId]])
  return changesOn(image, brokerId, { defaults }, ({ partition }, surroundings) => {
    const known = directoryOfReplica(partition, brokerId)
    if (known === directoryId || known === undefined) return null
    if (isReservedDirectory(known)) return changePartition(partition, { directories }, surroundings)
    const replaced = { directories, emptyReplica: brokerId }
    return changePartition(partition, replaced, surroundings)
  })
}

/** The broker is taken in: partitions without a leader that it may lead get one. */
export function changesWith(
  image: MetadataImage,
  brokerId: BrokerId,
  defaults: TopicDefaults,
): NewRecord[] {
  const scope = { defaults, changed: { with: brokerId } }
  return changesOn(image, brokerId, scope, ({ partition }, surroundings) => {
    if (partition.leader !== noLeader) return null
    return changePartition(partition, {}, surroundings)
  })
}

export interface Handover {
  readonly records: NewRecord[]
  /** Partitions that it leads until another of their replicas, which is alive, is in sync. */
  readonly remainingLeaders: number
}

/**
 * The broker is about to stop: it leaves each ISR that has another member to lead. Where it is the
 * only one it goes on, since a partition without a leader would help nobody.
 */
export function changesOfHandover(
  image: MetadataImage,
  brokerId: BrokerId,
  defaults: TopicDefaults,
): Handover {
  let remainingLeaders = 0
  const scope = { defaults, changed: { without: brokerId } }
  const records = changesOn(image, brokerId, scope, ({ partition }, surroundings) => {
    if (partition.leader !== brokerId && !partition.isr.includes(brokerId)) return null
    const isr = without(partition.isr, brokerId)
    const change = changePartition(partition, { election: 'clean', isr }, surroundings)
    if (partition.leader !== brokerId) return change
    if (leaderAfter(change, partition.leader) !== noLeader) return change
    const others = without(partition.replicas, brokerId)
    if (others.some((id) => isActive(image.brokers.get(id)))) remainingLeaders++
    return null
  })
  return { records, remainingLeaders }
}

/**
 * Log directories of the broker failed, and `image` shows it without them: what they held can be
 * neither led nor relied on.
 */
export function changesOfLostDirectories(
  image: MetadataImage,
  brokerId: BrokerId,
  defaults: TopicDefaults,
): NewRecord[] {
  const broker = image.brokers.get(brokerId)
  return changesOn(image, brokerId, { defaults }, ({ partition }, surroundings) => {
    const { leader, isr, elr } = partition
    const directoryId = directoryOfReplica(partition, brokerId)
    if (broker === undefined || directoryId === undefined) return null
    if (isOnline(broker, directoryId)) return null
    if (leader !== brokerId && !isr.includes(brokerId) && !elr.includes(brokerId)) return null
    const target = {
      isr: without(isr, brokerId),
      uncleanReplica: brokerId,
    }
    return changePartition(partition, target, surroundings)
  })
}
