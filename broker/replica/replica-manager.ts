// The partitions that this node holds. Owns the table of them and keeps it equal to the metadata
// image: opens logs for what the image places here, drops what it no longer does, lets each know
// its role. Decides nothing about placement or leadership itself.

import {
  type BrokerId,
  isReservedDirectory,
  type MetadataDelta,
  type MetadataImage,
  type PartitionImage,
  type TopicId,
  type TopicImage,
} from '@samsa/controller/image'
import type { AlterPartition, AlterPartitionResult } from '@samsa/controller/requests'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../clock.ts'
import { BrokerError } from '../errors.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import { CommitTimeouts } from './commit-waits.ts'
import { IsrChanges } from './isr-changes.ts'
import { Partition } from './partition.ts'
import type { PartitionContext } from './partition-context.ts'
import type { PeerLinks } from './peer-link.ts'
import { ReplicaMetrics } from './replica-metrics.ts'

export interface LeadershipListener {
  /** The partition's log is open and led here in this epoch. */
  onElected(partition: Partition): void
  onResigned(partition: Partition): void
}

export interface ReplicaManagerOptions {
  readonly nodeId: BrokerId
  readonly logs: LogManager
  readonly topicConfig: (topic: string) => LogConfig & { readonly minInsyncReplicas: number }
  /** replica.lag.time.max.ms */
  readonly lagTimeMaxMs: () => number
  readonly image: () => MetadataImage
  /** Of this process's registration; -1 until it has one. */
  readonly brokerEpoch: () => number
  /**
   * Whether the metadata names this very process. What it says before that is about its former
   * self, whose log may have been longer: roles begin only after.
   */
  readonly isRegistered: () => boolean
  readonly alterPartition: (request: AlterPartition) => Promise<AlterPartitionResult[]>
  readonly links: PeerLinks
  readonly leadership: LeadershipListener
  /**
   * Whether the controller takes this broker for alive, as far as it can know: without that,
   * another may lead already what it believes to lead.
   */
  readonly inContact: () => boolean
  readonly clock: Clock
  readonly timers: Timers
  readonly events: LogEvents
}

/** Whether this node leads, may be elected, or may be the last one to have led. */
function isCountedOn({ isr, elr, lastKnownElr }: PartitionImage, nodeId: BrokerId): boolean {
  return isr.includes(nodeId) || elr.includes(nodeId) || lastKnownElr.includes(nodeId)
}

/** How often ISRs are looked at for members that lag, and for what was refused before. */
const isrTickMs = 500

export class ReplicaManager {
  readonly logs: LogManager
  readonly metrics = new ReplicaMetrics()
  readonly #options: ReplicaManagerOptions
  readonly #context: PartitionContext
  readonly #timeouts: CommitTimeouts
  /** By topic id, then by partition index; a hole is a partition that lives elsewhere. */
  readonly #partitions = new Map<TopicId, (Partition | undefined)[]>()
  /** Replicas in a directory that is offline. */
  readonly #stranded = new Set<Partition>()
  /** Replicas with damage that was found while they were in use. */
  readonly #rotten = new Map<Partition, Error>()
  /** Those of them that followers have to get past to catch up. */
  readonly #inTheWay = new Set<Partition>()
  /** Damaged logs that are being removed. */
  readonly #healing = new Set<Partition>()
  /** Moved elsewhere by metadata that is older than this process: see #putAside. */
  readonly #aside = new Set<Partition>()
  #tick: { cancel(): void } | null = null
  /** Whether the metadata knows this process. What is older is no reason to give up any data. */
  #mayBegin = false

  constructor(options: ReplicaManagerOptions) {
    const { clock, timers, logs } = options
    this.#options = options
    this.logs = logs
    this.#timeouts = new CommitTimeouts(clock, timers)
    this.#context = this.#makeContext()
    logs.onDirectoryFailure(() => {
      for (const partition of this.all()) if (partition.log?.online === false) partition.fail()
    })
  }

  #makeContext(): PartitionContext {
    const { nodeId, clock, timers, events, links, lagTimeMaxMs, topicConfig } = this.#options
    const { image, brokerEpoch, alterPartition } = this.#options
    const epochOf = (brokerId: BrokerId) => image().brokers.get(brokerId)?.epoch ?? -1
    const isr = new IsrChanges({ nodeId, brokerEpoch, alterPartition, events })
    return {
      nodeId,
      clock,
      timers,
      events,
      links,
      lagTimeMaxMs,
      isRegistered: this.#options.isRegistered,
      timeouts: this.#timeouts,
      metrics: this.metrics,
      minInsyncReplicas: (topic) => topicConfig(topic).minInsyncReplicas,
      brokers: {
        epochOf,
        isActive: (brokerId) => {
          const broker = image().brokers.get(brokerId)
          return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
        },
      },
      askForIsr: (leading, proposal) => {
        const { topicId, index: partitionIndex } = leading
        const onAnswer = (error: KafkaErrorName) => leading.answered(proposal, error)
        isr.ask({ topicId, partitionIndex, proposal, onAnswer })
      },
    }
  }

  /** The partition if it is led here, else the error that a client gets for it. */
  leader(topic: TopicImage | undefined, index: number): Partition | KafkaErrorName {
    const partition = this.replica(topic, index)
    if (typeof partition === 'string') return partition
    return partition.isLeader ? partition : 'NOT_LEADER_OR_FOLLOWER'
  }

  /** The partition if it is held here, led or followed, else the error that a client gets. */
  replica(topic: TopicImage | undefined, index: number): Partition | KafkaErrorName {
    if (topic === undefined || index < 0 || index >= topic.partitions.length) {
      return 'UNKNOWN_TOPIC_OR_PARTITION'
    }
    return this.#partitions.get(topic.id)?.[index] ?? 'NOT_LEADER_OR_FOLLOWER'
  }

  find(topicId: TopicId, index: number): Partition | undefined {
    return this.#partitions.get(topicId)?.[index]
  }

  /** False where another broker may lead already what this one believes to lead. */
  get inContact(): boolean {
    return this.#options.inContact()
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition
    }
  }

  /**
   * Opens what the first image places here. Resolves once every log is open or known to be out of
   * order. What is led and followed here begins when the metadata knows this process.
   */
  async start(image: MetadataImage): Promise<void> {
    this.#mayBegin = this.#options.isRegistered()
    for (const topic of image.topicsById.values()) this.#applyTopic(topic)
    await Promise.all([...this.all()].map(({ ready }) => ready))
    this.#reportStrays(image)
    this.#scheduleTick()
  }

  #scheduleTick(): void {
    this.#tick = this.#options.timers.schedule(isrTickMs, () => {
      for (const partition of this.all()) partition.leading?.tick()
      for (const partition of this.#rotten.keys()) this.#heal(partition)
      this.#scheduleTick()
    })
  }

  /** Ends all roles; the logs stay open. */
  async close(): Promise<void> {
    this.#tick?.cancel()
    this.#timeouts.close()
    for (const partition of this.all()) partition.drop()
    this.#partitions.clear()
  }

  apply(image: MetadataImage, delta: MetadataDelta): void {
    for (const topic of delta.deletedTopics) this.#dropTopic(topic)
    for (const topicId of delta.changedTopics) {
      const topic = image.topicsById.get(topicId)
      if (topic !== undefined) this.#applyTopic(topic)
    }
    if (this.#mayBegin || !this.#options.isRegistered()) return
    this.#mayBegin = true
    for (const partition of this.#aside) if (this.#isAside(partition)) this.#delete(partition)
    this.#aside.clear()
    for (const partition of this.all()) {
      partition.begin()
      if (partition.openError !== null) this.#heal(partition)
    }
  }

  #applyTopic(topic: TopicImage): void {
    const { nodeId } = this.#options
    const held = this.#partitions.get(topic.id) ?? []
    this.#partitions.set(topic.id, held)
    for (const image of topic.partitions) {
      const known = held[image.index]
      const isHere = image.replicas.includes(nodeId)
      if (known === undefined) {
        if (isHere) held[image.index] = this.#add(topic, image)
      } else if (isHere) {
        known.update(image)
        if (known.openError !== null || this.#rotten.has(known)) this.#heal(known)
      } else {
        held[image.index] = undefined
        if (this.#mayBegin) this.#drop(known)
        else this.#putAside(known)
      }
    }
  }

  #add(topic: TopicImage, image: PartitionImage): Partition {
    const identity = { topic: topic.name, topicId: topic.id, index: image.index }
    const partition = new Partition(identity, image, this.#context, this.#options.leadership)
    this.#open(partition)
    return partition
  }

  #open(partition: Partition): void {
    const { logs, topicConfig } = this.#options
    const { topic, topicId, index } = partition
    if (this.#isStranded(partition)) {
      this.#stranded.add(partition)
      partition.open(Promise.reject(new BrokerError('KAFKA_STORAGE_ERROR', 'its disk is offline')))
    } else {
      partition.open(logs.getOrCreate(topic, topicId, index, topicConfig(topic)))
    }
    void partition.opened.then(() => {
      if (partition.openError === null || partition.isGone) return
      this.#reportUnusable(partition)
      this.#heal(partition)
    })
  }

  /**
   * Whether the replica is in a log directory that is offline, and may be needed from there: begun
   * anew in another directory, an empty log could become the truth.
   */
  #isStranded({ topic, index, image }: Partition): boolean {
    const { nodeId, logs } = this.#options
    const home = image.directories[image.replicas.indexOf(nodeId)]
    if (home === undefined || isReservedDirectory(home)) return false
    if (logs.onlineDirectoryIds.includes(home) || logs.get(topic, index) !== undefined) return false
    return !this.#mayBegin || isCountedOn(image, nodeId)
  }

  /**
   * A damaged log of a replica that nobody counts on is dropped and fetched from the leader. While
   * this node is in the ISR or may be elected all the same, an empty log could become the truth.
   */
  #heal(partition: Partition): void {
    const { topic, index, image } = partition
    const { nodeId, events } = this.#options
    if (this.#stranded.has(partition) && !this.#isStranded(partition)) {
      this.#stranded.delete(partition)
      return this.#open(partition)
    }
    const rotten = this.#rotten.get(partition)
    const wasFoundAtStart = this.logs.damaged.some((log) => {
      return log.topic === topic && log.partition === index
    })
    const isDamaged = wasFoundAtStart || rotten !== undefined
    const isNeeded = image.isr.includes(nodeId) || image.elr.includes(nodeId)
    const hasSource = image.leader >= 0 && image.leader !== nodeId
    if (!isDamaged || !hasSource || !this.#mayBegin || this.#healing.has(partition)) return
    if (isNeeded) return this.#leaveIsr(partition)
    this.#healing.add(partition)
    this.#rotten.delete(partition)
    this.#inTheWay.delete(partition)
    if (rotten !== undefined) partition.closeLog(rotten)
    const fields = { topic, partition: index, leader: image.leader }
    void this.logs.delete(topic, index).then(
      () => {
        this.#healing.delete(partition)
        if (partition.isGone) return
        this.metrics.healedLogs++
        events.warn(
          fields,
          'damage was found in a log, which is dropped and healed from its peers: nothing is lost',
        )
        this.#open(partition)
      },
      (error: unknown) => {
        this.#healing.delete(partition)
        events.error({ ...fields, error }, 'a damaged log could not be removed')
      },
    )
  }

  #leaveIsr(partition: Partition): void {
    if (this.#isDispensable(partition)) partition.following?.leave()
  }

  /** Unless acks=all would be refused without this replica: it lacks little of what counts. */
  #isDispensable({ image, topic }: Partition): boolean {
    const { nodeId, topicConfig } = this.#options
    return image.isr.includes(nodeId) && image.isr.length > topicConfig(topic).minInsyncReplicas
  }

  /** Whether another replica should lead instead of this one, whose log is damaged. */
  givesUp(partition: Partition): boolean {
    if (!this.#rotten.has(partition) || !partition.isLeader) return false
    // While it leads nobody can catch up: the ISR would stay too small for ever.
    const isInTheWay = this.#inTheWay.has(partition) && partition.image.isr.length > 1
    return isInTheWay || this.#isDispensable(partition)
  }

  /**
   * Bytes that were written long ago are not what they were. A follower is healed; a leader is once
   * another leads, and goes on where none can: it may be the only one to have what is sound.
   */
  onDamage(partition: Partition, error: Error, { isInTheWay = false } = {}): void {
    if (isInTheWay && !partition.isGone) this.#inTheWay.add(partition)
    if (partition.isGone || this.#rotten.has(partition)) return
    const { topic, index } = partition
    this.metrics.corruptAtRest++
    const fields = { topic, partition: index, error }
    this.#options.events.error(fields, 'damage was found in a log while it was in use')
    this.#rotten.set(partition, error)
    this.#heal(partition)
  }

  #dropTopic(topic: TopicImage): void {
    for (const partition of this.#partitions.get(topic.id) ?? []) {
      if (partition !== undefined) this.#drop(partition)
    }
    this.#partitions.delete(topic.id)
    // The id of a topic never comes back.
    for (const partition of this.#aside) {
      if (partition.topicId !== topic.id) continue
      this.#aside.delete(partition)
      if (this.#isAside(partition)) this.#delete(partition)
    }
  }

  /** Its topic is deleted, or its replica has moved elsewhere: the data goes. */
  #drop(partition: Partition): void {
    this.#forget(partition)
    this.#delete(partition)
  }

  #forget(partition: Partition): void {
    this.#stranded.delete(partition)
    this.#rotten.delete(partition)
    this.#inTheWay.delete(partition)
    partition.drop()
  }

  /**
   * By metadata of before this process registered: the replica may have come back since, and be
   * counted on for what it has (simulator, seed 11688).
   */
  #putAside(partition: Partition): void {
    this.#forget(partition)
    this.#aside.add(partition)
  }

  #isAside({ topicId, index }: Partition): boolean {
    return this.find(topicId, index) === undefined
  }

  #delete({ topic, index }: Partition): void {
    // At once: a replica that comes back in this very turn must get its log after this, not before.
    this.logs.delete(topic, index).catch((error: unknown) => {
      const fields = { topic, partition: index, error }
      this.#options.events.error(fields, 'a deleted partition could not be removed')
    })
  }

  #reportUnusable({ topic, index, openError }: Partition): void {
    this.#options.events.error(
      { topic, partition: index, error: openError },
      'partition is offline: its log is unusable',
    )
  }

  /** Folders on the disk that no topic claims are kept: deleting data is never a guess. */
  #reportStrays(image: MetadataImage): void {
    for (const log of this.logs.all()) {
      const held = this.find(log.topicId, log.partition)
      if (held !== undefined && image.topicsById.has(log.topicId)) continue
      const { topic, partition, directory } = log
      this.#options.events.warn({ topic, partition, directory }, 'a log belongs to no topic')
    }
  }
}
