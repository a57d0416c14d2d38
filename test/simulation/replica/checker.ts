// Watches simulated brokers and the metadata, and says when something that must always hold does
// not. Knows what is in every log and on every disk; knows nothing of how brokers decide.
//
// The numbers are those of the invariants that the project's tests go by: 12 what was acknowledged
// is there, once, at its offset, on whoever may be elected; 13 high watermarks never go back and
// what was visible stays as it was; 14 replicas are the same below the high watermark, and nothing
// committed is cut; 15 no leader comes from outside the ISR and the eligible replicas; 17 nothing
// is committed that fewer than min.insync.replicas hold; 18 one leader a leader epoch; 26 the
// sequences of a producer have no gap; 19 after the faults all goes on.

import type { MetadataImage, PartitionImage } from '@samsa/controller/image'
import { noLeader } from '@samsa/controller/replication/partition-change'
import { violated } from '../shared/violation.ts'
import { describe, indexOf, isSame, type LoggedBatch } from './batches.ts'
import { type ModelDisk, replicaKey, type StoredReplica } from './model-disk.ts'
import type { LogWatcher, ModelLog } from './model-log.ts'
import type { MetadataStep } from './model-quorum.ts'

interface Acknowledged {
  readonly number: number
  readonly baseOffset: number
}

/** One partition as it truly is. */
export class Truth {
  readonly key: string
  readonly topicId: string
  image: PartitionImage
  /** What any broker has taken for committed; without gaps. */
  readonly committed: LoggedBatch[] = []
  readonly acknowledged: Acknowledged[] = []
  /** By leader epoch. */
  readonly leaders = new Map<number, number>()
  /** The next sequence of each idempotent producer. */
  readonly sequences = new Map<number, number>()
  /** The ISR of each partition epoch. */
  readonly isrs = new Map<number, readonly number[]>()
  logStartMax = 0

  constructor(topicId: string, image: PartitionImage) {
    this.key = replicaKey(topicId, image.index)
    this.topicId = topicId
    this.image = image
  }

  get end(): number {
    return (this.committed.at(-1)?.lastOffset ?? -1) + 1
  }
}

export interface CheckerWorld {
  readonly minInsyncReplicas: number
  /**
   * False where records are deleted: a replica that is made anew then does not know all producers.
   */
  readonly keepsProducers: boolean
  readonly diskOf: (brokerId: number) => ModelDisk | undefined
}

export class Checker implements LogWatcher {
  readonly #world: CheckerWorld
  readonly #truths = new Map<string, Truth>()
  /** The registration of each broker that its damage was told by. */
  elections = 0
  lastResorts = 0
  isrChanges = 0

  constructor(world: CheckerWorld) {
    this.#world = world
  }

  get truths(): Iterable<Truth> {
    return this.#truths.values()
  }

  truth(topicId: string, index: number): Truth | undefined {
    return this.#truths.get(replicaKey(topicId, index))
  }

  // What controllers decide.

  stepped({ image, records }: MetadataStep, before: MetadataImage): void {
    const restarted: number[] = []
    for (const record of records) {
      if (record.type !== 'registerBroker') continue
      if (before.brokers.get(record.brokerId)?.incarnationId === record.incarnationId) continue
      // From here on nobody may count on what it lost.
      restarted.push(record.brokerId)
      for (const one of this.#replicasOf(record.brokerId)) one.isDamaged = false
    }
    for (const truth of restarted.length === 0 ? [] : this.#truths.values()) {
      const { isr, elr } = partitionOf(image, truth)
      for (const id of restarted)
        if (isr.includes(id) || elr.includes(id)) this.#checkHolds(truth, id)
    }
    for (const topic of image.topicsById.values()) {
      const topicBefore = before.topicsById.get(topic.id)
      if (topicBefore === topic) continue
      for (const partition of topic.partitions) {
        const key = replicaKey(topic.id, partition.index)
        const truth = this.#truths.get(key) ?? new Truth(topic.id, partition)
        this.#truths.set(key, truth)
        const was = topicBefore?.partitions[partition.index]
        if (was !== undefined && was !== partition)
          this.#changed(truth, without(was, restarted), partition)
        truth.image = partition
        truth.isrs.set(partition.partitionEpoch, partition.isr)
        this.#checkCandidates(truth, was)
      }
    }
  }

  *#replicasOf(brokerId: number): Generator<StoredReplica> {
    yield* this.#world.diskOf(brokerId)?.replicas.values() ?? []
  }

  #changed(truth: Truth, before: PartitionImage, after: PartitionImage): void {
    const { key } = truth
    if (after.isr.length !== before.isr.length) this.isrChanges++
    if (after.leader === before.leader && after.leaderEpoch === before.leaderEpoch) return
    if (after.leaderEpoch <= before.leaderEpoch) {
      violated(18, `${key} has leader ${after.leader} in epoch ${after.leaderEpoch} again`)
    }
    if (after.leader === noLeader) return
    this.elections++
    if (before.isr.includes(after.leader) || before.elr.includes(after.leader)) return
    // A leader may have taken it into the ISR to be succeeded by it: see #checkCandidates.
    if (after.isr.includes(after.leader) && !after.recovering) return
    const nobodyElse = before.isr.length === 0 && before.elr.length === 0
    const isLastResort =
      nobodyElse && before.lastKnownElr.includes(after.leader) && after.recovering
    if (!isLastResort) {
      const { isr, elr, lastKnownElr } = before
      const text = `ISR ${isr.join()}, eligible ${elr.join()}, last known ${lastKnownElr.join()}`
      violated(15, `${key} is led by ${after.leader}, from outside (${text})`)
    }
    this.lastResorts++
  }

  /** Whoever has come to be electable has all that is committed. */
  #checkCandidates(truth: Truth, before: PartitionImage | undefined): void {
    const { isr, elr } = truth.image
    for (const brokerId of [...isr, ...elr]) {
      if (before?.isr.includes(brokerId) || before?.elr.includes(brokerId)) continue
      this.#checkHolds(truth, brokerId)
    }
  }

  #replica(truth: Truth, brokerId: number): StoredReplica | undefined {
    return this.#world.diskOf(brokerId)?.replicas.get(truth.key)
  }

  #checkHolds(truth: Truth, brokerId: number): void {
    const stored = this.#replica(truth, brokerId)
    if (stored?.isDamaged === true) return
    for (const batch of truth.committed) {
      if (batch.lastOffset < truth.logStartMax) continue
      if (!holds(stored, batch)) this.#lacks(truth, brokerId, batch)
    }
  }

  #lacks({ key, image }: Truth, brokerId: number, batch: LoggedBatch): never {
    const { isr, elr, leaderEpoch, partitionEpoch } = image
    const sets = `ISR ${isr.join()}, eligible ${elr.join()}`
    const where = `${sets}, epochs ${leaderEpoch}/${partitionEpoch}`
    return violated(
      12,
      `broker ${brokerId} may be elected for ${key} (${where}) and lacks ${describe(batch)}, ` +
        'which is committed',
    )
  }

  // What brokers do.

  #truthOf(log: ModelLog): Truth {
    const truth = this.truth(log.topicId, log.partition)
    if (truth === undefined) throw new Error(`${log.directory} is no partition`)
    return truth
  }

  led(log: ModelLog, batch: LoggedBatch): void {
    const { brokerId } = log.world
    const { leaders, key } = this.#truthOf(log)
    const other = leaders.get(batch.leaderEpoch)
    if (other !== undefined && other !== brokerId) {
      violated(18, `${other} and ${brokerId} both lead ${key} in epoch ${batch.leaderEpoch}`)
    }
    leaders.set(batch.leaderEpoch, brokerId)
  }

  highWatermarkMoved(log: ModelLog, from: number): void {
    const truth = this.#truthOf(log)
    const { highWatermark, batches } = log
    // A log that begins within a batch, from which on all is deleted, begins again at the batch.
    if (highWatermark < from && from > truth.logStartMax) {
      violated(
        13,
        `broker ${log.world.brokerId}: the high watermark of ${truth.key} falls to ${highWatermark}`,
      )
    }
    for (let at = indexOf(batches, from); ; at++) {
      const batch = batches[at]
      if (batch === undefined || batch.lastOffset >= highWatermark) return
      // Below the last log start nobody can tell any more whose records were the right ones.
      if (batch.lastOffset >= truth.logStartMax) this.#visible(truth, log, batch)
    }
  }

  #visible(truth: Truth, log: ModelLog, batch: LoggedBatch): void {
    const { brokerId } = log.world
    const known = truth.committed[indexOf(truth.committed, batch.baseOffset)]
    if (known === undefined) return this.#commit(truth, log, batch)
    if (isSame(known, batch)) return
    violated(
      13,
      `broker ${brokerId} shows ${describe(batch)} of ${truth.key}, where ${describe(known)} was visible`,
    )
  }

  #commit(truth: Truth, log: ModelLog, batch: LoggedBatch): void {
    const { brokerId } = log.world
    const { key, image, committed, sequences } = truth
    if (batch.baseOffset !== truth.end) {
      violated(12, `broker ${brokerId} commits ${describe(batch)} of ${key} behind ${truth.end}`)
    }
    if (batch.producerId >= 0 && this.#world.keepsProducers) {
      const expected = sequences.get(batch.producerId) ?? 0
      if (batch.baseSequence !== expected) {
        const text = `sequence ${batch.baseSequence} of producer ${batch.producerId}`
        violated(26, `${describe(batch)} of ${key} has ${text}, ${expected} was next`)
      }
      sequences.set(batch.producerId, expected + batch.lastOffset - batch.baseOffset + 1)
    }
    committed.push(batch)
    for (const candidate of [...image.isr, ...image.elr]) {
      const stored = this.#replica(truth, candidate)
      if (stored?.isDamaged !== true && !holds(stored, batch)) {
        this.#lacks(truth, candidate, batch)
      }
    }
    const needed = Math.min(
      this.#world.minInsyncReplicas,
      image.replicas.length - image.removingReplicas.length,
    )
    // Of replicas that are no more a leader that was deposed cannot know.
    if (log.latestEpoch < image.leaderEpoch) return
    const holders = this.#holders(truth, batch)
    if (holders < needed) {
      violated(17, `broker ${brokerId} commits ${describe(batch)} of ${key}, held by ${holders}`)
    }
  }

  /** Those who have lost it since count: the leader need not know. */
  #holders(truth: Truth, batch: LoggedBatch): number {
    let count = 0
    for (let brokerId = 1; ; brokerId++) {
      const disk = this.#world.diskOf(brokerId)
      if (disk === undefined) return count
      const stored = disk.replicas.get(truth.key)
      if (stored?.lost.has(batch.number) === true || holds(stored, batch)) count++
    }
  }

  startMoved(log: ModelLog): void {
    const truth = this.#truthOf(log)
    truth.logStartMax = Math.max(truth.logStartMax, log.logStartOffset)
  }

  cut(log: ModelLog, offset: number): void {
    const truth = this.#truthOf(log)
    const { brokerId } = log.world
    for (let at = indexOf(log.batches, offset); at < log.batches.length; at++) {
      const batch = log.batches[at]
      if (batch === undefined || batch.lastOffset < truth.logStartMax) continue
      const known = truth.committed[indexOf(truth.committed, batch.baseOffset)]
      if (known !== undefined && isSame(known, batch)) {
        violated(14, `broker ${brokerId} cuts ${describe(batch)} off ${truth.key}: it is committed`)
      }
    }
  }

  // What clients see.

  acknowledged(truth: Truth, { number, baseOffset }: Acknowledged): void {
    const batch = truth.committed[indexOf(truth.committed, baseOffset)]
    if (batch?.number !== number || batch.baseOffset !== baseOffset) {
      const there = batch === undefined ? 'nothing' : describe(batch)
      violated(12, `batch ${number} is acknowledged at ${baseOffset} of ${truth.key}: ${there} is`)
    }
    truth.acknowledged.push({ number, baseOffset })
  }

  read(truth: Truth, brokerId: number, batch: LoggedBatch): void {
    const known = truth.committed[indexOf(truth.committed, batch.baseOffset)]
    if (known !== undefined && isSame(known, batch)) return
    violated(13, `broker ${brokerId} gives ${describe(batch)} of ${truth.key}: not committed`)
  }

  // After all faults.

  /** Why replicas are not the same yet; null when they are. */
  difference(truth: Truth): string | null {
    const { image, key } = truth
    if (image.leader === noLeader) return `${key} has no leader`
    if (image.isr.length !== image.replicas.length) return `${key} has ISR ${image.isr.join()}`
    for (const brokerId of image.replicas) {
      const stored = this.#replica(truth, brokerId)
      if (stored === undefined || stored.endOffset !== truth.end) {
        return `${key} ends at ${stored?.endOffset} on broker ${brokerId}, not at ${truth.end}`
      }
    }
    return null
  }

  /** All replicas are the same, and what was acknowledged is in them once. */
  checkReplicas(truth: Truth, epochsOf: (brokerId: number) => string): void {
    const { image, key, committed, acknowledged } = truth
    const numbers = new Set<number>()
    for (const { number } of this.#world.keepsProducers ? committed : []) {
      if (numbers.has(number)) violated(12, `batch ${number} is twice in ${key}`)
      numbers.add(number)
    }
    for (const ack of acknowledged) {
      const batch = committed[indexOf(committed, ack.baseOffset)]
      if (batch?.number !== ack.number) violated(12, `batch ${ack.number} is not in ${key}`)
    }
    for (const brokerId of image.replicas) {
      const stored = this.#replica(truth, brokerId)
      for (const batch of committed) {
        if (batch.baseOffset < (stored?.logStartOffset ?? 0)) continue
        if (!holds(stored, batch)) this.#lacks(truth, brokerId, batch)
      }
      const [a, b] = [epochsOf(brokerId), epochsOf(image.leader)]
      if (a !== b)
        violated(14, `the epochs of ${key} differ: ${a} on ${brokerId}, ${b} on its leader`)
    }
  }
}

function partitionOf(image: MetadataImage, { topicId, image: known }: Truth): PartitionImage {
  return image.topicsById.get(topicId)?.partitions[known.index] ?? known
}

/** Brokers that have just come back are in sync with nothing. */
function without(partition: PartitionImage, restarted: readonly number[]): PartitionImage {
  const stays = (id: number) => !restarted.includes(id)
  return { ...partition, isr: partition.isr.filter(stays), elr: partition.elr.filter(stays) }
}

/** What is below the log start was deleted, not lost. */
function holds(stored: StoredReplica | undefined, batch: LoggedBatch): boolean {
  if (stored === undefined) return false
  if (batch.lastOffset < stored.logStartOffset) return true
  const own = stored.batches[indexOf(stored.batches, batch.baseOffset)]
  return own !== undefined && isSame(own, batch)
}
