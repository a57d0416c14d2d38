// A broker's settings as the code uses them: typed, in camelCase, synonyms resolved. Immutable: a
// dynamic change makes a new one from changed layers. Every key that is `effective` in the tables
// is read here or in topic-configs.ts.

import type { Endpoint } from '@samsa/controller/image'
import { parseHostPort } from './checks.ts'
import { BrokerValues, type ConfigLayers, type Overrides, usableDynamic } from './layers.ts'
import { type ListenerSecurity, readListenerSecurity } from './listener-security.ts'
import { ListenerValues } from './listener-values.ts'
import { readListeners } from './listeners.ts'
import { readNodeSecurity } from './node-security.ts'

export type BrokerConfig = ReturnType<typeof resolveBrokerConfig>

const msPerMinute = 60_000
const msPerHour = 3_600_000

/**
 * Throws a ConfigError for a value that does not parse; what keys demand of each other is in
 * cross-checks.ts.
 */
export function resolveBrokerConfig(layers: ConfigLayers) {
  return brokerConfigOf(new BrokerValues(layers))
}

/**
 * The same node with what was changed while it ran. Dropped ones come back as sentences for the
 * log.
 */
export function withDynamicConfigs(
  config: BrokerConfig,
  dynamic: { readonly broker: Overrides; readonly clusterDefault: Overrides },
): { config: BrokerConfig; warnings: string[] } {
  const broker = usableDynamic(dynamic.broker)
  const clusterDefault = usableDynamic(dynamic.clusterDefault)
  const layers = {
    file: config.values.layers.file,
    dynamicBroker: broker.usable,
    dynamicDefault: clusterDefault.usable,
  }
  return {
    config: resolveBrokerConfig(layers),
    warnings: [...broker.dropped, ...clusterDefault.dropped],
  }
}

/** Exported for the test that holds it to the tables. */
export function brokerConfigOf(values: BrokerValues) {
  const network = networkFields(values)
  return {
    /**
     * Any other key, and the raw layers: for DescribeConfigs and for what follows from several
     * keys.
     */
    values,
    ...nodeFields(values),
    ...network,
    ...securityFields(values, network.listeners),
    ...topicFields(values),
    ...logFields(values),
    ...groupFields(values),
    ...transactionFields(values),
    ...clusterFields(values),
    ...samsaFields(values),
  }
}

function nodeFields(values: BrokerValues) {
  const roles = values.list('process.roles')
  return {
    /** broker.id is the same number. */
    nodeId: values.number('node.id'),
    isBroker: roles.includes('broker'),
    isController: roles.includes('controller'),
    brokerRack: values.string('broker.rack'),
  }
}

function networkFields(values: BrokerValues) {
  const listeners = readListeners(values)
  return {
    listeners: listeners.broker,
    controllerListeners: listeners.controller,
    nodeProtocols: listeners.nodeProtocols,
    /** How this node talks to others, and they to it. */
    nodeSecurity: readNodeSecurity(values, listeners),
    advertisedListeners: listeners.advertised,
    advertisedControllerListeners: listeners.advertisedController,
    interBrokerListenerName: interBrokerListenerName(values, listeners.broker),
    socketRequestMaxBytes: values.number('socket.request.max.bytes'),
    socketListenBacklogSize: values.number('socket.listen.backlog.size'),
    maxConnections: values.number('max.connections'),
    maxConnectionsPerIp: values.number('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: connectionOverrides(values),
    maxConnectionCreationRate: values.number('max.connection.creation.rate'),
    connectionsMaxIdleMs: values.number('connections.max.idle.ms'),
    /** -1 is no limit. */
    queuedMaxRequestBytes: values.number('queued.max.request.bytes'),
    maxRequestPartitionSizeLimit: values.number('max.request.partition.size.limit'),
    fetchMaxBytes: values.number('fetch.max.bytes'),
    telemetryMaxBytes: values.number('telemetry.max.bytes'),
    /** Of a listener's own, beside those of the node; null where it has none. */
    listenerConnections: listenerConnections(values, listeners.broker),
    quotaWindows: {
      samples: values.number('quota.window.num'),
      sampleSeconds: values.number('quota.window.size.seconds'),
    },
    controllerQuotaWindows: {
      samples: values.number('controller.quota.window.num'),
      sampleSeconds: values.number('controller.quota.window.size.seconds'),
    },
  }
}

export interface ListenerConnections {
  readonly connectionsMax: number | null
  /** New ones a second. */
  readonly creationRate: number | null
}

function listenerConnections(
  values: BrokerValues,
  listeners: readonly Endpoint[],
): ReadonlyMap<string, ListenerConnections> {
  const own = (listener: ListenerValues, name: string) =>
    listener.keyOf(name) === name ? null : listener.number(name)
  const limitsOf = ({ listener }: Endpoint): [string, ListenerConnections] => {
    const ofListener = new ListenerValues(values, listener)
    const connectionsMax = own(ofListener, 'max.connections')
    const creationRate = own(ofListener, 'max.connection.creation.rate')
    return [listener, { connectionsMax, creationRate }]
  }
  return new Map(listeners.map(limitsOf))
}

function securityFields(values: BrokerValues, listeners: readonly Endpoint[]) {
  const byListener = new Map<string, ListenerSecurity>(
    listeners.map((endpoint) => [endpoint.listener, readListenerSecurity(values, endpoint)]),
  )
  return {
    /** Of a listener of this node's; throws for any other. */
    listenerSecurity: (listener: string): ListenerSecurity => {
      const found = byListener.get(listener)
      if (found === undefined) throw new Error(`there is no listener ${listener}`)
      return found
    },
    isAuthorized: (values.string('authorizer.class.name') ?? '') !== '',
    superUsers: new Set((values.string('super.users') ?? '').split(';').map((user) => user.trim())),
    allowEveryoneIfNoAclFound: values.flag('allow.everyone.if.no.acl.found'),
    connectionFailedAuthenticationDelayMs: values.number(
      'connection.failed.authentication.delay.ms',
    ),
    nodesWithoutTls: values.flag('samsa.nodes.without.tls.enable'),
    delegationTokens: {
      /** Null: there are none, and none are made. */
      secretKey: values.string('delegation.token.secret.key'),
      expiryTimeMs: values.number('delegation.token.expiry.time.ms'),
      maxLifetimeMs: values.number('delegation.token.max.lifetime.ms'),
      checkIntervalMs: values.number('delegation.token.expiry.check.interval.ms'),
    },
    saslPlainWithoutTls: values.flag('samsa.sasl.plain.without.tls.enable'),
    saslOauthbearerWithoutTls: values.flag('samsa.sasl.oauthbearer.without.tls.enable'),
  }
}

/** The listener named for it, or the first one with the protocol named for it. */
function interBrokerListenerName(
  values: BrokerValues,
  listeners: ReturnType<typeof readListeners>['broker'],
): string {
  const named = values.string('inter.broker.listener.name')
  if (named !== null) return named.toUpperCase()
  const protocol = values.string('security.inter.broker.protocol') ?? 'PLAINTEXT'
  return listeners.some(({ listener }) => listener === protocol)
    ? protocol
    : (listeners.find(({ securityProtocol }) => securityProtocol === protocol)?.listener ??
        protocol)
}

/** Host to limit. Entries that are not host:count are refused by cross-checks.ts. */
function connectionOverrides(values: BrokerValues): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const entry of (values.string('max.connections.per.ip.overrides') ?? '').split(',')) {
    const separator = entry.lastIndexOf(':')
    const count = Number(entry.slice(separator + 1))
    if (separator > 0 && Number.isInteger(count))
      limits.set(entry.slice(0, separator).trim(), count)
  }
  return limits
}

function topicFields(values: BrokerValues) {
  return {
    autoCreateTopicsEnable: values.flag('auto.create.topics.enable'),
    numPartitions: values.number('num.partitions'),
    defaultReplicationFactor: values.number('default.replication.factor'),
    deleteTopicEnable: values.flag('delete.topic.enable'),
    messageMaxBytes: values.number('message.max.bytes'),
    minInsyncReplicas: values.number('min.insync.replicas'),
    uncleanLeaderElectionEnable: values.flag('unclean.leader.election.enable'),
    autoLeaderRebalanceEnable: values.flag('auto.leader.rebalance.enable'),
    leaderImbalanceCheckIntervalMs: values.number('leader.imbalance.check.interval.seconds') * 1000,
    compressionType: values.string('compression.type') ?? 'producer',
    compressionGzipLevel: values.number('compression.gzip.level'),
    compressionLz4Level: values.number('compression.lz4.level'),
    compressionZstdLevel: values.number('compression.zstd.level'),
  }
}

function logFields(values: BrokerValues) {
  const dirs = values.list('log.dirs')
  const logDirs = dirs.length > 0 ? dirs : values.list('log.dir')
  return {
    logDirs,
    metadataLogDir: values.string('metadata.log.dir') ?? logDirs[0] ?? '',
    logCleanupPolicy: values.list('log.cleanup.policy'),
    /** -1 is for ever. */
    logRetentionMs: retentionMs(values),
    logRetentionBytes: values.number('log.retention.bytes'),
    logRetentionCheckIntervalMs: values.number('log.retention.check.interval.ms'),
    logSegmentBytes: values.number('log.segment.bytes'),
    logRollMs: values.numberOrNull('log.roll.ms') ?? values.number('log.roll.hours') * msPerHour,
    logRollJitterMs:
      values.numberOrNull('log.roll.jitter.ms') ??
      values.number('log.roll.jitter.hours') * msPerHour,
    logIndexSizeMaxBytes: values.number('log.index.size.max.bytes'),
    logIndexIntervalBytes: values.number('log.index.interval.bytes'),
    logFlushIntervalMessages: values.number('log.flush.interval.messages'),
    logFlushIntervalMs:
      values.numberOrNull('log.flush.interval.ms') ??
      values.number('log.flush.scheduler.interval.ms'),
    logFlushSchedulerIntervalMs: values.number('log.flush.scheduler.interval.ms'),
    logFlushOffsetCheckpointIntervalMs: values.number('log.flush.offset.checkpoint.interval.ms'),
    logFlushStartOffsetCheckpointIntervalMs: values.number(
      'log.flush.start.offset.checkpoint.interval.ms',
    ),
    logSegmentDeleteDelayMs: values.number('log.segment.delete.delay.ms'),
    logPreallocate: values.flag('log.preallocate'),
    logMessageTimestampType: values.string('log.message.timestamp.type') ?? 'CreateTime',
    logMessageTimestampBeforeMaxMs: values.number('log.message.timestamp.before.max.ms'),
    logMessageTimestampAfterMaxMs: values.number('log.message.timestamp.after.max.ms'),
    ...cleanerFields(values),
  }
}

function retentionMs(values: BrokerValues): number {
  const minutes = values.numberOrNull('log.retention.minutes')
  const ms =
    values.numberOrNull('log.retention.ms') ??
    (minutes === null ? values.number('log.retention.hours') * msPerHour : minutes * msPerMinute)
  return ms < 0 ? -1 : ms
}

function cleanerFields(values: BrokerValues) {
  const mapBytes = values.number('log.cleaner.dedupe.buffer.size')
  return {
    logCleanerMinCleanableRatio: values.number('log.cleaner.min.cleanable.ratio'),
    logCleanerMinCompactionLagMs: values.number('log.cleaner.min.compaction.lag.ms'),
    logCleanerMaxCompactionLagMs: values.number('log.cleaner.max.compaction.lag.ms'),
    logCleanerDeleteRetentionMs: values.number('log.cleaner.delete.retention.ms'),
    logCleanerEnable: values.flag('log.cleaner.enable') && values.number('log.cleaner.threads') > 0,
    logCleanerBackoffMs: values.number('log.cleaner.backoff.ms'),
    /** Kafka's 128 MiB are more than a node takes for all else. */
    logCleanerDedupeBufferBytes: values.isSet('log.cleaner.dedupe.buffer.size')
      ? mapBytes
      : 32 * 1024 * 1024,
    /** One half is for what is read, as in Kafka. */
    logCleanerIoBufferBytes: Math.floor(values.number('log.cleaner.io.buffer.size') / 2),
    logCleanerIoBufferLoadFactor: values.number('log.cleaner.io.buffer.load.factor'),
    logCleanerIoMaxBytesPerSecond: values.number('log.cleaner.io.max.bytes.per.second'),
  }
}

/** group.consumer.*: groups of the consumer protocol (KIP-848). */
/** A setting of groups, and the bounds of what a group may have of its own. */
function groupBounds(values: BrokerValues, kind: 'consumer' | 'streams') {
  return (rest: string) => ({
    default: values.number(`group.${kind}.${rest}`),
    min: values.number(`group.${kind}.min.${rest}`),
    max: values.number(`group.${kind}.max.${rest}`),
  })
}

function streamsGroupFields(values: BrokerValues) {
  const bounds = groupBounds(values, 'streams')
  return {
    maxSize: values.number('group.streams.max.size'),
    sessionTimeoutMs: bounds('session.timeout.ms'),
    heartbeatIntervalMs: bounds('heartbeat.interval.ms'),
    assignmentIntervalMs: bounds('assignment.interval.ms'),
    initialRebalanceDelayMs: values.number('group.streams.initial.rebalance.delay.ms'),
    standbyReplicas: values.number('group.streams.num.standby.replicas'),
    standbyReplicasMax: values.number('group.streams.max.standby.replicas'),
  }
}

function consumerGroupFields(values: BrokerValues) {
  const bounds = groupBounds(values, 'consumer')
  return {
    maxSize: values.number('group.consumer.max.size'),
    assignors: values.list('group.consumer.assignors'),
    migrationPolicy: (values.string('group.consumer.migration.policy') ?? '').toUpperCase(),
    regexRefreshIntervalMs: values.number('group.consumer.regex.refresh.interval.ms'),
    sessionTimeoutMs: bounds('session.timeout.ms'),
    heartbeatIntervalMs: bounds('heartbeat.interval.ms'),
    assignmentIntervalMs: bounds('assignment.interval.ms'),
  }
}

function groupFields(values: BrokerValues) {
  return {
    consumerGroups: consumerGroupFields(values),
    streamsGroups: streamsGroupFields(values),
    groupMinSessionTimeoutMs: values.number('group.min.session.timeout.ms'),
    groupMaxSessionTimeoutMs: values.number('group.max.session.timeout.ms'),
    groupInitialRebalanceDelayMs: values.number('group.initial.rebalance.delay.ms'),
    groupMaxSize: values.number('group.max.size'),
    offsetMetadataMaxBytes: values.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: values.number('offsets.retention.minutes') * msPerMinute,
    offsetsRetentionCheckIntervalMs: values.number('offsets.retention.check.interval.ms'),
    offsetsTopicNumPartitions: values.number('offsets.topic.num.partitions'),
    offsetsTopicReplicationFactor: values.number('offsets.topic.replication.factor'),
    offsetsTopicSegmentBytes: values.number('offsets.topic.segment.bytes'),
  }
}

function transactionFields(values: BrokerValues) {
  return {
    producerIdExpirationMs: values.number('producer.id.expiration.ms'),
    producerIdExpirationCheckIntervalMs: values.number('producer.id.expiration.check.interval.ms'),
    transactionMaxTimeoutMs: values.number('transaction.max.timeout.ms'),
    transactionalIdExpirationMs: values.number('transactional.id.expiration.ms'),
    transactionAbortTimedOutIntervalMs: values.number(
      'transaction.abort.timed.out.transaction.cleanup.interval.ms',
    ),
    transactionRemoveExpiredIntervalMs: values.number(
      'transaction.remove.expired.transaction.cleanup.interval.ms',
    ),
    transactionPartitionVerificationEnable: values.flag(
      'transaction.partition.verification.enable',
    ),
    addPartitionsToTxnRetryBackoffMs: values.number('add.partitions.to.txn.retry.backoff.ms'),
    addPartitionsToTxnRetryBackoffMaxMs: values.number(
      'add.partitions.to.txn.retry.backoff.max.ms',
    ),
    transactionStateLogNumPartitions: values.number('transaction.state.log.num.partitions'),
    transactionStateLogReplicationFactor: values.number('transaction.state.log.replication.factor'),
    transactionStateLogMinIsr: values.number('transaction.state.log.min.isr'),
    transactionStateLogSegmentBytes: values.number('transaction.state.log.segment.bytes'),
  }
}

function clusterFields(values: BrokerValues) {
  // Kafka's defaults are for nodes that notice a death by silence alone.
  const ifSet = (name: string) => {
    const value = values.number(name)
    return values.isSet(name) ? value : null
  }
  return {
    controllerQuorumVoters: values.list('controller.quorum.voters'),
    controllerQuorumBootstrapServers: values.list('controller.quorum.bootstrap.servers'),
    controllerQuorumAutoJoinEnable: values.flag('controller.quorum.auto.join.enable'),
    /** A voter stands for election when it has not heard of a leader for so long. */
    electionTimeoutMinMs: ifSet('controller.quorum.fetch.timeout.ms') ?? 300,
    /** And for a random time up to this, so that not all stand at once. */
    electionTimeoutSpreadMs: ifSet('controller.quorum.election.backoff.max.ms') ?? 300,
    brokerHeartbeatIntervalMs: ifSet('broker.heartbeat.interval.ms') ?? 200,
    brokerSessionTimeoutMs: ifSet('broker.session.timeout.ms') ?? 1_000,
    replicaLagTimeMaxMs: values.number('replica.lag.time.max.ms'),
    replicaSelectorClass: values.string('replica.selector.class'),
    leaderReplicationThrottledRate: values.number('leader.replication.throttled.rate'),
    followerReplicationThrottledRate: values.number('follower.replication.throttled.rate'),
    replicaHighWatermarkCheckpointIntervalMs: values.number(
      'replica.high.watermark.checkpoint.interval.ms',
    ),
  }
}

function samsaFields(values: BrokerValues) {
  const address = (name: string) => parseHostPort(values.string(name) ?? '')
  return {
    httpListener: address('samsa.http.listener'),
    grpcListener: address('samsa.grpc.listener'),
    grpcAdvertisedListener: address('samsa.grpc.advertised.listener'),
    logDirReserveBytes: values.number('samsa.log.dir.reserve.bytes'),
    logScrubBytesPerSecond: values.number('samsa.log.scrub.bytes.per.second'),
    logLevel: values.string('samsa.log.level') ?? 'info',
  }
}
