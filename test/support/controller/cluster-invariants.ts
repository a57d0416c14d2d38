// What must hold of a cluster's partitions whatever happens, looked at after every single record.
// Besides the image there is a model of the data: which replicas surely hold every committed
// record. Whoever is elected without recovering must be one of them.

import type { MetadataImage, PartitionImage, TopicImage } from '@samsa/controller/image'
import type { NewRecord } from '@samsa/controller/records/record'
import { isActive, isOnline } from '@samsa/controller/replication/surroundings'
import { topicRules } from '@samsa/controller/replication/topic-rules'
import { expect } from 'vitest'
import type { Asked } from './cluster-life.ts'
import { applied, decideContext } from './controllers.ts'

const defaults = decideContext().topicDefaults

export interface Elections {
  clean: number
  eligible: number
  lastKnown: number
  unclean: number
}

export class ClusterInvariants {
  /** By topic id and partition. */
  readonly #holders = new Map<string, Set<number>>()
  readonly elections: Elections = { clean: 0, eligible: 0, lastKnown: 0, unclean: 0 }
  completedReassignments = 0

  constructor(image: MetadataImage) {
    this.#commit(image)
  }

  /** Applies what was asked, record by record; returns the image that comes of it. */
  advance(image: MetadataImage, asked: Asked): MetadataImage {
    this.#lose(image, asked)
    let now = image
    for (const record of asked.records) {
      const next = applied(now, [record])
      if (record.type === 'partitionChange') this.#checkChange(now, next, record, asked)
      now = next
    }
    for (const [topic, partition] of partitionsOf(now)) checkState(now, topic, partition)
    checkIndex(now)
    this.#commit(now)
    return now
  }

  /** Data is gone before the controller hears of it. */
  #lose(image: MetadataImage, { lost, lostDirectory }: Asked): void {
    for (const [topic, partition] of partitionsOf(image)) {
      for (const [index, brokerId] of partition.replicas.entries()) {
        const directoryLost = partition.directories[index] === lostDirectory
        if (brokerId !== lost && !directoryLost) continue
        // Without eligible leader replicas the last in-sync replica is trusted as it comes back.
        const trusts = !topicRules(image, topic.name, defaults).eligibleLeaders
        if (!trusts) this.#holders.get(keyOf(topic, partition))?.delete(brokerId)
      }
    }
  }

  /** Where enough replicas are in sync the high watermark moves on, and leaves all others behind. */
  #commit(image: MetadataImage): void {
    for (const [topic, partition] of partitionsOf(image)) {
      const key = keyOf(topic, partition)
      if (!this.#holders.has(key)) this.#holders.set(key, new Set(partition.isr))
      if (partition.leader === -1) continue
      if (partition.isr.length >= minIsr(image, topic, partition)) {
        this.#holders.set(key, new Set(partition.isr))
      } else {
        // A member of the ISR has caught up with the leader, which has them all.
        for (const id of partition.isr) this.#holders.get(key)?.add(id)
      }
    }
  }

  #checkChange(
    image: MetadataImage,
    next: MetadataImage,
    record: Extract<NewRecord, { type: 'partitionChange' }>,
    asked: Asked,
  ): void {
    const topic = next.topicsById.get(record.topicId)
    const index = record.partitionId ?? -1
    const before = image.topicsById.get(record.topicId)?.partitions[index]
    const after = topic?.partitions[index]
    if (topic === undefined || before === undefined || after === undefined) {
      throw new Error('a change of nothing')
    }
    expect(after.partitionEpoch).toBe(before.partitionEpoch + 1)
    const led = after.leader !== before.leader
    expect(after.leaderEpoch - before.leaderEpoch).toBe(record.leader === undefined ? 0 : 1)
    if (led) expect(after.leaderEpoch).toBe(before.leaderEpoch + 1)
    expect(after.directories).toHaveLength(after.replicas.length)
    const holders = this.#holders.get(keyOf(topic, after)) ?? new Set<number>()
    for (const id of asked.caughtUp ?? []) holders.add(id)
    const holdsSome = ({ replicas }: PartitionImage) => replicas.some((id) => holders.has(id))
    // Taking replicas away never takes the last copy away, but where the loss was accepted.
    if (holdsSome(before) && !(after.recovering && led)) expect(holdsSome(after)).toBe(true)
    if (led && after.leader !== -1) this.#checkElection(next, { topic, before, after }, asked)
    const ends = isReassigning(before) && !isReassigning(after)
    if (ends && asked.reassigns !== true) {
      expect(after.isr).toEqual(expect.arrayContaining([...after.replicas]))
      this.completedReassignments++
    }
    if (asked.reassigns !== true && !ends) expect(after.replicas).toEqual(before.replicas)
  }

  #checkElection(
    image: MetadataImage,
    { topic, before, after }: { topic: TopicImage; before: PartitionImage; after: PartitionImage },
    asked: Asked,
  ): void {
    const { leader } = after
    const holders = this.#holders.get(keyOf(topic, after)) ?? new Set<number>()
    const fromIsr = before.isr.includes(leader)
    const fromElr = !fromIsr && before.elr.includes(leader)
    const joined = asked.caughtUp?.includes(leader) === true
    if (!after.recovering || before.recovering) {
      if (fromIsr || fromElr || joined) {
        expect(after.recovering || joined || holders.has(leader)).toBe(true)
        if (fromElr) this.elections.eligible++
        else this.elections.clean++
        return
      }
    }
    expect(after.recovering).toBe(true)
    expect(after.isr).toEqual([leader])
    const rules = topicRules(image, topic.name, defaults)
    const lastKnown = before.lastKnownElr.includes(leader)
    if (lastKnown) this.elections.lastKnown++
    else this.elections.unclean++
    expect(lastKnown || rules.uncleanElection || asked.uncleanAsked === true).toBe(true)
    // What others held beyond it is given up.
    this.#holders.set(keyOf(topic, after), new Set([leader]))
  }
}

function* partitionsOf(image: MetadataImage): Generator<[TopicImage, PartitionImage], undefined> {
  for (const topic of image.topicsById.values()) {
    for (const partition of topic.partitions) yield [topic, partition]
  }
}

function keyOf({ id }: TopicImage, { index }: PartitionImage): string {
  return `${id}-${index}`
}

function isReassigning({ addingReplicas, removingReplicas }: PartitionImage): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

function minIsr(image: MetadataImage, topic: TopicImage, partition: PartitionImage): number {
  const { minInsyncReplicas } = topicRules(image, topic.name, defaults)
  return Math.min(minInsyncReplicas, partition.replicas.length - partition.removingReplicas.length)
}

function mayLead(image: MetadataImage, partition: PartitionImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId)
  const directory = partition.directories[partition.replicas.indexOf(brokerId)] ?? ''
  return broker !== undefined && isActive(broker) && isOnline(broker, directory)
}

function checkState(image: MetadataImage, topic: TopicImage, partition: PartitionImage): void {
  const { replicas, isr, elr, leader, lastKnownElr } = partition
  const rules = topicRules(image, topic.name, defaults)
  for (const ids of [replicas, isr, elr]) expect(new Set(ids).size).toBe(ids.length)
  const { addingReplicas, removingReplicas } = partition
  for (const ids of [isr, elr, addingReplicas, removingReplicas]) {
    expect(replicas).toEqual(expect.arrayContaining([...ids]))
  }
  expect(replicas.length).toBeGreaterThan(removingReplicas.length)
  expect(isr.filter((id) => elr.includes(id))).toEqual([])
  if (isr.length === 0) expect(leader).toBe(-1)
  if (isr.length > 0) expect(lastKnownElr).toEqual([])
  if (elr.length > 0) expect(isr.length).toBeLessThan(minIsr(image, topic, partition))
  if (!rules.eligibleLeaders) expect(elr).toEqual([])
  if (leader === -1) {
    const candidates = isr.length > 0 ? isr : elr.length > 0 ? elr : lastKnownElr
    // Nobody able is left waiting.
    const able = rules.uncleanElection ? replicas : candidates.filter((id) => replicas.includes(id))
    expect(able.filter((id) => mayLead(image, partition, id))).toEqual([])
    return
  }
  expect(isr).toContain(leader)
  for (const id of isr) expect(image.brokers.get(id)?.fenced).toBe(false)
}

function checkIndex(image: MetadataImage): void {
  const counts = new Map<number, Map<string, number>>()
  for (const [topic, { replicas }] of partitionsOf(image)) {
    for (const id of replicas) {
      const ofBroker = counts.get(id) ?? new Map<string, number>()
      counts.set(id, ofBroker.set(topic.id, (ofBroker.get(topic.id) ?? 0) + 1))
    }
  }
  const indexed = [...image.replicaCounts].map(([id, topics]) => [id, new Map(topics)] as const)
  expect(new Map(indexed)).toEqual(counts)
}
