// What can be asked of the controller and what it answers: plain data, so that a request can cross
// a thread or the network to the active controller unchanged. Handlers translate the Kafka protocol
// into these and back.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type {
  AccessControlEntry,
  BrokerId,
  ConfigOverrides,
  ConfigResource,
  DelegationToken,
  Endpoint,
  FeatureRange,
  QuotaEntityPart,
  ScramCredential,
  TopicId,
} from './image.ts'

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
  /** The cluster that the broker believes it belongs to. */
  readonly clusterId: string
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
  /** The feature levels that this software can serve. */
  readonly features: readonly FeatureRange[]
  readonly rack: string | null
  /** Ids of the log directories that are online. */
  readonly logDirs: readonly string[]
  /** Whether the broker starts fenced and is to be unfenced once it has caught up. */
  readonly fenced: boolean
  /**
   * The epoch it had until its last clean stop; -1 when it did not stop cleanly (or never ran):
   * then its logs may lack what it had acknowledged.
   */
  readonly previousBrokerEpoch: number
}

export interface BrokerRegistered {
  readonly epoch: number
}

/** A block of producer ids that no one else is given: first, first + 1 … first + count - 1. */
export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}

/** One partition whose ISR its leader wants changed (KIP-497, broker epochs by KIP-903). */
export interface AlterPartitionItem {
  readonly topicId: TopicId
  readonly partitionIndex: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** The whole new ISR, each member with the epoch of the registration that caught up. */
  readonly newIsr: readonly { readonly brokerId: BrokerId; readonly brokerEpoch: number }[]
  /** False once a leader of an unclean election has recovered. */
  readonly recovering: boolean
}

export interface AlterPartition {
  readonly brokerId: BrokerId
  readonly brokerEpoch: number
  readonly partitions: readonly AlterPartitionItem[]
}

/** NONE: the change is committed, and the image shows it. */
export interface AlterPartitionResult extends Outcome {
  readonly topicId: TopicId
  readonly partitionIndex: number
}

export interface PartitionReference {
  readonly topic: string
  readonly partitionIndex: number
}

export interface ElectLeaders {
  /** `preferred`: the first replica, if it is in the ISR. `unclean`: any replica that is alive. */
  readonly electionType: 'preferred' | 'unclean'
  /** null: all partitions. */
  readonly partitions: readonly PartitionReference[] | null
}

/** One for each partition named; where all are asked for, only for those that an election changed. */
export interface ElectLeadersResult extends Outcome, PartitionReference {}

export interface PartitionReassignment extends PartitionReference {
  /** The wanted replicas; null cancels the reassignment under way. */
  readonly replicas: readonly BrokerId[] | null
}

export interface AlterReassignments {
  readonly reassignments: readonly PartitionReassignment[]
  /** Whether the number of replicas may change (KIP-860). */
  readonly allowReplicationFactorChange: boolean
}

export interface AlterReassignmentsResult extends Outcome, PartitionReference {}

export interface UpdateFeature {
  readonly name: string
  readonly maxVersionLevel: number
  readonly upgradeType: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'
}

export interface UpdateFeatures {
  readonly updates: readonly UpdateFeature[]
  readonly validateOnly: boolean
}

export interface UpdateFeatureResult extends Outcome {
  readonly name: string
}

/** A user's credential is named by the user and the mechanism's number in the protocol. */
export interface ScramDeletion {
  readonly name: string
  readonly mechanism: number
}

export type ScramUpsertion = ScramCredential

/** KIP-554, with keys in place of salted passwords. */
export interface AlterScramCredentials {
  readonly deletions: readonly ScramDeletion[]
  readonly upsertions: readonly ScramUpsertion[]
}

export interface AlterScramCredentialsResult extends Outcome {
  readonly user: string
}

/** Lifetimes are what the request and the broker's configuration come to. */
export interface CreateDelegationToken {
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly maxLifetimeMs: number
  readonly renewPeriodMs: number
}

export interface RenewDelegationToken {
  readonly tokenId: string
  readonly requester: string
  readonly renewPeriodMs: number
}

export interface ExpireDelegationToken {
  readonly tokenId: string
  readonly requester: string
  readonly expiryPeriodMs: number
}

/** The token as it is now, or was; null with an error. */
export interface DelegationTokenResult extends Outcome {
  readonly token: DelegationToken | null
}

/** An access control entry but for its id. */
export type AclBinding = Omit<AccessControlEntry, 'id'>

/** Null, or 1 for a number, is any; a pattern type of 2 finds all that are about a name. */
export interface AclFilter extends Omit<AclBinding, 'resourceName' | 'principal' | 'host'> {
  readonly resourceName: string | null
  readonly principal: string | null
  readonly host: string | null
}

export interface CreateAcls {
  readonly bindings: readonly AclBinding[]
}

export interface DeleteAcls {
  readonly filters: readonly AclFilter[]
}

/** Of one filter. */
export interface DeletedAcls extends Outcome {
  readonly deleted: readonly AclBinding[]
}

/** One value of an entity's; `value` means nothing where it is removed. */
export interface ClientQuotaOp {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export interface ClientQuotaAlteration {
  readonly entity: readonly QuotaEntityPart[]
  readonly ops: readonly ClientQuotaOp[]
}

/** KIP-546. */
export interface AlterClientQuotas {
  readonly alterations: readonly ClientQuotaAlteration[]
  readonly validateOnly: boolean
}

export interface AlterClientQuotasResult extends Outcome {
  readonly entity: readonly QuotaEntityPart[]
}

/** A voter of the controller quorum: a wiped disk has a new directory id and is a new voter. */
export interface VoterReference {
  readonly nodeId: BrokerId
  readonly directoryId: string
}

export interface AddVoter extends VoterReference {
  /** Where the voter's gRPC service is reached. */
  readonly endpoints: readonly Endpoint[]
}

/** A controller process tells where it is reached (KRaft's RegisterControllerRecord). */
export interface ControllerRegistration {
  readonly nodeId: BrokerId
  readonly directoryId: string
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
}

export interface ControlledShutdown {
  /** Partitions that the broker still leads: it may stop at 0. */
  readonly remainingLeaders: number
}

/** A broker tells in which of its log directories its replicas are (KIP-858). */
export interface AssignDirectories {
  readonly brokerId: BrokerId
  readonly brokerEpoch: number
  readonly assignments: readonly DirectoryAssignment[]
}

export interface DirectoryAssignment {
  readonly directoryId: string
  readonly topicId: TopicId
  readonly partitionIndex: number
}

export interface AssignDirectoriesResult extends Outcome, DirectoryAssignment {}
