// One partition as it is, and what is wanted of it: the record that takes it there. Pure. Here are
// the rules that hold whoever asks: a reassignment is done once the ISR holds all its targets;
// replicas that leave an ISR below min.insync.replicas stay eligible to lead (KIP-966); a leader
// comes from the ISR, else from those, else from outside only as a last resort, and then recovers.

import type { BrokerId, PartitionImage, TopicId } from '../image.ts'
import type { NewRecord } from '../records/record.ts'
import { sameLeader } from '../records/records.ts'
import type { TopicRules } from './topic-rules.ts'

export const noLeader = -1

/**
 * Who may be elected where the present leader cannot go on. Always the ISR, else the eligible
 * leader replicas, else the last known leader. `as configured`: else any replica that is alive, if
 * the topic's unclean.leader.election.enable says so; `unclean`: in any case; `clean`: in none.
 * `preferred`: the first replica if it is able, even where the leader could go on; else as clean.
 */
export type Election = 'as configured' | 'unclean' | 'clean' | 'preferred'

/** What is wanted of a partition; what is left out stays as it is. */
export interface Target {
  /** `as configured` if left out. */
  readonly election?: Election
  readonly isr?: readonly BrokerId[]
  readonly replicas?: readonly BrokerId[]
  readonly addingReplicas?: readonly BrokerId[]
  readonly removingReplicas?: readonly BrokerId[]
  readonly recovering?: boolean
  /** A replica that may have lost what it acknowledged: it is eligible no more. */
  readonly uncleanReplica?: BrokerId
  /** A replica whose disk was replaced: it has nothing, and is no last resort. */
  readonly emptyReplica?: BrokerId
  /** New log directories of some replicas. */
  readonly directories?: ReadonlyMap<BrokerId, string>
}

export interface Surroundings {
  readonly topicId: TopicId
  readonly rules: TopicRules
  /** Whether the broker could lead this partition now: in service, and its directory online. */
  readonly mayLead: (partition: PartitionImage, brokerId: BrokerId) => boolean
  /** Whether it could go on leading, if need be: in service, though it may be about to stop. */
  readonly mayStay: (partition: PartitionImage, brokerId: BrokerId) => boolean
  /** The log directory that a new replica on the broker gets. */
  readonly directoryOf: (brokerId: BrokerId) => string
}

export type PartitionChange = Extract<NewRecord, { type: 'partitionChange' }>

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The record of the change; null when the partition is as wanted already. */
export function changePartition(
  partition: PartitionImage,
  target: Target,
  surroundings: Surroundings,
): PartitionChange | null {
  const after: Mutable<PartitionImage> = {
    ...partition,
    isr: target.isr ?? partition.isr,
    replicas: target.replicas ?? partition.replicas,
    addingReplicas: target.addingReplicas ?? partition.addingReplicas,
    removingReplicas: target.removingReplicas ?? partition.removingReplicas,
    recovering: target.recovering ?? partition.recovering,
  }
  completeReassignment(after)
  after.directories = directoriesAfter(partition, after, target, surroundings)
  after.elr = eligibleReplicas(partition, after, target, surroundings.rules)
  after.lastKnownElr = lastLeaders(partition, target)
  elect(partition, after, target, surroundings)
  if (after.isr.length === 0 && !surroundings.rules.eligibleLeaders) {
    // Its last member is the only one known to hold every committed record, and is not forgotten.
    after.isr = partition.isr.filter((id) => after.replicas.includes(id))
  }
  after.lastKnownElr = lastKnownLeader(partition, after)
  return difference(partition, after, surroundings.topicId)
}

/** Ends a reassignment whose wanted replicas are all in the ISR: the others leave. */
function completeReassignment(after: Mutable<PartitionImage>): void {
  const { addingReplicas, removingReplicas } = after
  if (addingReplicas.length === 0 && removingReplicas.length === 0) return
  const stays = (id: BrokerId) => !removingReplicas.includes(id)
  const replicas = after.replicas.filter(stays)
  const isr = after.isr.filter(stays)
  if (replicas.length === 0 || !replicas.every((id) => isr.includes(id))) return
  after.replicas = replicas
  after.isr = isr
  after.addingReplicas = []
  after.removingReplicas = []
}

/** As many in-sync replicas as acknowledge a record, where there are that many replicas at all. */
function minIsrOf({ replicas, removingReplicas }: PartitionImage, rules: TopicRules): number {
  return Math.min(rules.minInsyncReplicas, replicas.length - removingReplicas.length)
}

function eligibleReplicas(
  before: PartitionImage,
  after: PartitionImage,
  { uncleanReplica }: Target,
  rules: TopicRules,
): readonly BrokerId[] {
  // While the ISR is large enough the high watermark moves on, and leaves the others behind.
  if (!rules.eligibleLeaders || after.isr.length >= minIsrOf(after, rules)) return []
  const candidates = new Set([...before.elr, ...before.isr])
  return [...candidates].filter(
    (id) => id !== uncleanReplica && !after.isr.includes(id) && after.replicas.includes(id),
  )
}

function elect(
  before: PartitionImage,
  after: Mutable<PartitionImage>,
  target: Target,
  { mayLead, mayStay, rules }: Surroundings,
): void {
  const { election = 'as configured' } = target
  const candidates = after.isr.length > 0 ? after.isr : after.elr
  const able = (id: BrokerId) => mayLead(after, id)
  const valid = (id: BrokerId) => candidates.includes(id) && able(id)
  const stays = candidates.includes(before.leader) && mayStay(after, before.leader)
  const [preferred] = after.replicas
  if (election === 'preferred' && preferred !== undefined && valid(preferred)) {
    after.leader = preferred
  } else if (!valid(before.leader)) {
    after.leader = after.replicas.find(valid) ?? (stays ? before.leader : noLeader)
  }
  const { leader } = after
  if (leader === noLeader) {
    electOutside(after, able, election === 'unclean' || configured(election, rules))
    return
  }
  if (after.isr.length === 0) after.isr = [leader]
  // Others may have gone while nobody led: eligible leaders, when that feature was turned off.
  else if (before.leader === noLeader) {
    after.isr = after.isr.filter((id) => id === leader || mayStay(after, id))
  }
  // With whom it leads now: they may be enough for the high watermark to move on.
  after.elr = eligibleReplicas(before, after, target, rules)
}

function configured(election: Election, rules: TopicRules): boolean {
  return election === 'as configured' && rules.uncleanElection
}

/**
 * When every in-sync and eligible replica went down uncleanly there is none that surely holds every
 * committed record, but the last one to lead most likely does (KIP-966, balanced recovery). An
 * unclean election gives up even that.
 */
function electOutside(
  after: Mutable<PartitionImage>,
  able: (id: BrokerId) => boolean,
  unclean: boolean,
): void {
  const isLastKnown = (id: BrokerId) => after.lastKnownElr.includes(id)
  const noneLeft = after.isr.length === 0 && after.elr.length === 0
  const alive = after.replicas.filter(able)
  const leader =
    (noneLeft ? alive.find(isLastKnown) : undefined) ?? (unclean ? alive[0] : undefined)
  if (leader === undefined) return
  after.leader = leader
  after.isr = [leader]
  after.elr = []
  after.recovering = true
}

/** The only replica may be empty and lead all the same: there is nothing else to wait for. */
function lastLeaders(before: PartitionImage, { emptyReplica }: Target): readonly BrokerId[] {
  if (before.replicas.length === 1) return before.lastKnownElr
  return before.lastKnownElr.filter((id) => id !== emptyReplica)
}

/** The leader that was lost with the last of the ISR, until there is another. */
function lastKnownLeader(before: PartitionImage, after: PartitionImage): readonly BrokerId[] {
  if (after.isr.length > 0) return []
  if (before.isr.length === 0) {
    // Where the one that led has been moved elsewhere, those that may be elected hold as much.
    const isMoved = !after.lastKnownElr.some((id) => after.replicas.includes(id))
    return isMoved && after.elr.length > 0 ? after.elr : after.lastKnownElr
  }
  return [before.leader === noLeader ? (before.isr[0] ?? noLeader) : before.leader]
}

function directoriesAfter(
  before: PartitionImage,
  after: PartitionImage,
  { directories }: Target,
  { directoryOf }: Surroundings,
): readonly string[] {
  return after.replicas.map((id) => {
    const known = before.directories[before.replicas.indexOf(id)]
    return directories?.get(id) ?? known ?? directoryOf(id)
  })
}

function difference(
  before: PartitionImage,
  after: PartitionImage,
  topicId: TopicId,
): PartitionChange | null {
  const change: Mutable<PartitionChange> = {
    type: 'partitionChange',
    topicId,
    partitionId: before.index,
  }
  const fields = Object.keys(change).length
  // A replica that is gone must not go on as a follower of this epoch.
  const removed = before.replicas.some((id) => !after.replicas.includes(id))
  if (after.leader !== before.leader || removed) change.leader = after.leader
  if (!same(after.isr, before.isr)) change.isr = after.isr
  if (!same(after.elr, before.elr)) change.eligibleLeaderReplicas = after.elr
  if (!same(after.lastKnownElr, before.lastKnownElr)) change.lastKnownElr = after.lastKnownElr
  if (!same(after.replicas, before.replicas)) change.replicas = after.replicas
  if (!same(after.addingReplicas, before.addingReplicas)) {
    change.addingReplicas = after.addingReplicas
  }
  if (!same(after.removingReplicas, before.removingReplicas)) {
    change.removingReplicas = after.removingReplicas
  }
  if (!same(after.directories, before.directories)) change.directories = after.directories
  if (after.recovering !== before.recovering) change.leaderRecoveryState = after.recovering ? 1 : 0
  return Object.keys(change).length > fields ? change : null
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** The leader that a change leads to, for a partition led by `leader` before. */
export function leaderAfter(change: PartitionChange | null, leader: BrokerId): BrokerId {
  const named = change?.leader
  return named === undefined || named === sameLeader ? leader : named
}
