// What can be asked of the controller and what it answers: plain data, so that a request can cross
// a thread or the network to the active controller unchanged. Handlers translate the Kafka protocol
// into these and back.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { BrokerId, ConfigOverrides, ConfigResource, Endpoint, TopicId } from './image.ts'

/**
 * How one item of a request went. `message` is null when there is nothing to add to the error's own
 * text.
 */
export interface Outcome {
  readonly error: KafkaErrorName
  readonly message: string | null
}

export interface ReplicaAssignment {
  readonly partitionIndex: number
  readonly brokerIds: readonly BrokerId[]
}

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
}

export interface NewTopic {
  readonly name: string
  /** -1: the broker's num.partitions, or as many as `assignments` has. */
  readonly numPartitions: number
  /** -1: the broker's default.replication.factor, or what `assignments` says. */
  readonly replicationFactor: number
  /** Empty: the controller places the replicas. */
  readonly assignments: readonly ReplicaAssignment[]
  readonly configs: readonly ConfigEntry[]
}

export interface CreateTopics {
  readonly topics: readonly NewTopic[]
  readonly validateOnly: boolean
}

export interface CreateTopicResult extends Outcome {
  readonly name: string
  /** The zero UUID unless the topic was created. */
  readonly topicId: TopicId
  /** -1 on an error. */
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: ConfigOverrides
}

/** One topic by name or by id: exactly one is set. */
export type TopicReference =
  | { readonly name: string; readonly topicId: null }
  | { readonly name: null; readonly topicId: TopicId }

export interface DeleteTopics {
  readonly topics: readonly TopicReference[]
}

export interface DeleteTopicResult extends Outcome {
  /** null when the topic was asked for by an unknown id. */
  readonly name: string | null
  readonly topicId: TopicId
}

export interface CreatePartitionsTopic {
  readonly name: string
  /** The total wanted, not what is added. */
  readonly count: number
  /** One list of brokers for each new partition; null: the controller places them. */
  readonly assignments: readonly (readonly BrokerId[])[] | null
}

export interface CreatePartitions {
  readonly topics: readonly CreatePartitionsTopic[]
  readonly validateOnly: boolean
}

export interface CreatePartitionsResult extends Outcome {
  readonly name: string
}

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract'

export interface IncrementalConfigChange {
  readonly name: string
  readonly operation: ConfigOperation
  readonly value: string | null
}

export interface IncrementalAlterConfigs {
  readonly resources: readonly (ConfigResource & {
    readonly changes: readonly IncrementalConfigChange[]
  })[]
  readonly validateOnly: boolean
}

/** Replaces all overrides of each resource. */
export interface AlterConfigs {
  readonly resources: readonly (ConfigResource & { readonly configs: readonly ConfigEntry[] })[]
  readonly validateOnly: boolean
}

export interface AlterConfigsResult extends Outcome, ConfigResource {}

export interface BrokerRegistration {
  readonly brokerId: BrokerId
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
  readonly rack: string | null
  /** Ids of the log directories that are online. */
  readonly logDirs: readonly string[]
  /** Whether the broker starts fenced and is to be unfenced once it has caught up. */
  readonly fenced: boolean
}

export interface BrokerRegistered {
  readonly epoch: number
}

/** A block of producer ids that no one else is given: first, first + 1 … first + count - 1. */
export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}
