// The partitions that this node holds. Owns the table of them and keeps it equal to the metadata
// image: opens logs for what the image places here, drops what it no longer does. Decides nothing
// about placement or leadership itself.

import {
  type BrokerId,
  type MetadataDelta,
  type MetadataImage,
  type TopicId,
  type TopicImage,
} from '@samsa/controller/image'
import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { LogConfig } from '../log/log-config.ts'
import type { LogEvents, LogManager } from '../log/log-manager.ts'
import { Partition } from './partition.ts'

export interface LeadershipListener {
  /** The partition's log is open and led here in this epoch. */
  onElected(partition: Partition): void
  onResigned(partition: Partition): void
}

export interface ReplicaManagerOptions {
  readonly nodeId: BrokerId
  readonly logs: LogManager
  readonly topicConfig: (topic: string) => LogConfig
  readonly leadership: LeadershipListener
  readonly events: LogEvents
}

export class ReplicaManager {
  readonly logs: LogManager
  readonly #options: ReplicaManagerOptions
  /** By topic id, then by partition index; a hole is a partition that lives elsewhere. */
  readonly #partitions = new Map<TopicId, (Partition | undefined)[]>()

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    this.logs = options.logs
  }

  /** The partition if it is led here, else the error that a client gets for it. */
  leader(topic: TopicImage | undefined, index: number): Partition | KafkaErrorName {
    if (topic === undefined || index < 0 || index >= topic.partitions.length) {
      return 'UNKNOWN_TOPIC_OR_PARTITION'
    }
    const partition = this.#partitions.get(topic.id)?.[index]
    return partition?.isLeader === true ? partition : 'NOT_LEADER_OR_FOLLOWER'
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition
    }
  }

  /**
   * Opens what the first image places here. Resolves once every log is open or known to be out of
   * order.
   */
  async start(image: MetadataImage): Promise<void> {
    for (const topic of image.topicsById.values()) this.#applyTopic(topic)
    await Promise.all([...this.all()].map(({ opened }) => opened))
    this.#reportStrays(image)
  }

  apply(image: MetadataImage, delta: MetadataDelta): void {
    for (const topic of delta.deletedTopics) this.#dropTopic(topic)
    for (const topicId of delta.changedTopics) {
      const topic = image.topicsById.get(topicId)
      if (topic !== undefined) this.#applyTopic(topic)
    }
  }

  #applyTopic(topic: TopicImage): void {
    const { nodeId, logs, topicConfig, leadership } = this.#options
    const held = this.#partitions.get(topic.id) ?? []
    this.#partitions.set(topic.id, held)
    for (const image of topic.partitions) {
      const known = held[image.index]
      if (known !== undefined) {
        this.#updateLeadership(known, () => known.update(image))
      } else if (image.replicas.includes(nodeId)) {
        const identity = { topic: topic.name, topicId: topic.id, index: image.index }
        const opening = logs.getOrCreate(topic.name, topic.id, image.index, topicConfig(topic.name))
        const partition = new Partition(identity, image, nodeId, opening)
        held[image.index] = partition
        void partition.opened.then(() => {
          if (partition.log === null) this.#reportUnusable(partition)
          else if (partition.isLeader) this.#elected(partition, leadership)
        })
      }
    }
  }

  #elected(partition: Partition, leadership: LeadershipListener): void {
    partition.log?.assignEpochStart(partition.leaderEpoch)
    leadership.onElected(partition)
  }

  #updateLeadership(partition: Partition, change: () => void): void {
    const wasLeader = partition.isLeader
    const epochBefore = partition.leaderEpoch
    change()
    if (partition.log === null) return
    const elected = partition.isLeader && (!wasLeader || partition.leaderEpoch !== epochBefore)
    if (elected) this.#elected(partition, this.#options.leadership)
    else if (wasLeader && !partition.isLeader) this.#options.leadership.onResigned(partition)
  }

  #dropTopic(topic: TopicImage): void {
    for (const partition of this.#partitions.get(topic.id) ?? []) {
      if (partition === undefined) continue
      this.#updateLeadership(partition, () => partition.delete())
      void partition.opened
        .then(() => this.logs.delete(topic.name, partition.index))
        .catch((error: unknown) => {
          const fields = { topic: topic.name, partition: partition.index, error }
          this.#options.events.error(fields, 'a deleted partition could not be removed')
        })
    }
    this.#partitions.delete(topic.id)
  }

  #reportUnusable(partition: Partition): void {
    const { topic, index } = partition
    this.#options.events.error(
      { topic, partition: index },
      'partition is offline: its log is unusable',
    )
  }

  /** Folders on the disk that no topic claims are kept: deleting data is never a guess. */
  #reportStrays(image: MetadataImage): void {
    for (const log of this.logs.all()) {
      if (image.topicsById.has(log.topicId)) continue
      const { topic, partition, directory } = log
      this.#options.events.warn({ topic, partition, directory }, 'a log belongs to no topic')
    }
  }
}
