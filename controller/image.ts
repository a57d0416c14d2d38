// The metadata image: what the cluster is at one offset of the metadata log. Immutable; every
// change makes a new image that shares what did not change. Brokers read it, nobody but the
// controller's replay makes one.

export type BrokerId = number
/** A topic's UUID, as Kafka prints it: 22 characters of URL-safe base64. */
export type TopicId = string

export interface Endpoint {
  readonly listener: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
}

/** Levels of a feature, inclusive. */
export interface FeatureRange {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

export interface BrokerImage {
  readonly id: BrokerId
  /** A new one each start of the process: tells a restarted broker from its former self. */
  readonly incarnationId: string
  readonly epoch: number
  readonly endpoints: readonly Endpoint[]
  readonly features: readonly FeatureRange[]
  readonly rack: string | null
  /** Ids of the log directories that are online, as 22 characters of base64. */
  readonly logDirs: readonly string[]
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
}

/** A node of the controller quorum, as it last said itself. */
export interface ControllerImage {
  readonly id: BrokerId
  readonly directoryId: string
  readonly incarnationId: string
  readonly endpoints: readonly Endpoint[]
}

export interface PartitionImage {
  readonly index: number
  readonly replicas: readonly BrokerId[]
  readonly isr: readonly BrokerId[]
  /** -1 while no replica may lead. */
  readonly leader: BrokerId
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly addingReplicas: readonly BrokerId[]
  readonly removingReplicas: readonly BrokerId[]
  /** The log directory of each replica, in the order of `replicas` (KIP-858). */
  readonly directories: readonly string[]
  /** Replicas outside the ISR that still hold every committed record (KIP-966). */
  readonly elr: readonly BrokerId[]
  readonly lastKnownElr: readonly BrokerId[]
  /** Whether the leader came from an unclean election and has not yet recovered. */
  readonly recovering: boolean
}

export interface TopicImage {
  readonly name: string
  readonly id: TopicId
  readonly partitions: readonly PartitionImage[]
}

/** Config overrides of one resource, in Kafka's string form. */
export type ConfigOverrides = ReadonlyMap<string, string>

/**
 * Kafka's resource types, by their code in the protocol. `broker` with name '' is the cluster-wide
 * default.
 */
export type ConfigResourceType = 'topic' | 'broker' | 'broker-logger' | 'client-metrics' | 'group'

export interface ConfigResource {
  readonly type: ConfigResourceType
  readonly name: string
}

export interface QuotaEntityPart {
  readonly type: string
  /** null: the default of its type. */
  readonly name: string | null
}

export interface ClientQuotaImage {
  readonly entity: readonly QuotaEntityPart[]
  readonly values: ReadonlyMap<string, number>
}

/** Types, operations and permissions by their numbers in the protocol. */
export interface AccessControlEntry {
  readonly id: string
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface ScramCredential {
  readonly name: string
  /** The mechanism's number in the protocol. */
  readonly mechanism: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

/** KIP-48. Principals are in Kafka's form, `User:alice`; times are those of the wall clock. */
export interface DelegationToken {
  readonly tokenId: string
  /** As whom one logs in with it. */
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly issueTimestampMs: number
  /** Beyond this it cannot be renewed. */
  readonly maxTimestampMs: number
  readonly expiryTimestampMs: number
}

export interface MetadataImage {
  /** Offset of the last metadata record in this image; -1 for the empty image. */
  readonly offset: number
  readonly clusterId: string
  /** The node that leads the controller quorum; -1 when not known. */
  readonly controllerId: BrokerId
  readonly brokers: ReadonlyMap<BrokerId, BrokerImage>
  readonly controllers: ReadonlyMap<BrokerId, ControllerImage>
  readonly topicsByName: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<TopicId, TopicImage>
  /** How many replicas of each topic a broker has; only those that it has any of. */
  readonly replicaCounts: ReadonlyMap<BrokerId, ReadonlyMap<TopicId, number>>
  /** Keyed by configKey(type, name). */
  readonly configs: ReadonlyMap<string, ConfigOverrides>
  /** By quotaEntityKey. */
  readonly clientQuotas: ReadonlyMap<string, ClientQuotaImage>
  readonly accessControlEntries: ReadonlyMap<string, AccessControlEntry>
  /** By scramKey. */
  readonly scramCredentials: ReadonlyMap<string, ScramCredential>
  readonly delegationTokens: ReadonlyMap<string, DelegationToken>
  /** Finalized feature levels by name. */
  readonly features: ReadonlyMap<string, number>
  /** First producer id not yet handed out in a block. */
  readonly nextProducerId: number
  /** The epoch that the next broker registration gets. */
  readonly nextBrokerEpoch: number
  /**
   * Topics whose names have a '.' or '_', by the name with each '.' made '_': two of one key would
   * collide.
   */
  readonly collidingNames: ReadonlyMap<string, readonly string[]>
}

/** What changed between two images: lets a broker act on changes without comparing whole images. */
export interface MetadataDelta {
  readonly from: number
  readonly to: number
  /** Topics created or changed (partitions, leaders, ISR), by id. */
  readonly changedTopics: ReadonlySet<TopicId>
  /** Topics deleted: as they were. */
  readonly deletedTopics: readonly TopicImage[]
  /** Keys (configKey) of resources whose configs changed. */
  readonly changedConfigs: ReadonlySet<string>
  readonly brokersChanged: boolean
  readonly controllersChanged: boolean
  readonly featuresChanged: boolean
  readonly quotasChanged: boolean
  /** Access control entries, or credentials. */
  readonly securityChanged: boolean
}

export function configKey(type: ConfigResourceType, name: string): string {
  return `${type}:${name}`
}

const noOverrides: ConfigOverrides = new Map()

export function configOverrides(
  image: MetadataImage,
  type: ConfigResourceType,
  name: string,
): ConfigOverrides {
  return image.configs.get(configKey(type, name)) ?? noOverrides
}

/** A replica's whose log cannot be relied on; its broker says in which directory it begins anew. */
export const lostDirectoryId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Ids below 100 are no directories: unassigned, lost, migrating (KIP-858). */
export function isReservedDirectory(directoryId: string): boolean {
  const bytes = Buffer.from(directoryId, 'base64url')
  const last = bytes[15]
  if (bytes.length !== 16 || last === undefined) return true
  return last < 100 && bytes.subarray(0, 15).every((byte) => byte === 0)
}
