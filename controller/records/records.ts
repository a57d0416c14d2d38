// The records of the metadata log, one schema each. Type numbers and layouts below 1000 are those
// of Kafka's KRaft records; from 1000 on they are our own. A field is only ever added, with a
// version or a tag; a number is never given to another record.

import { message } from '@samsa/proto/wire/message'
import {
  array,
  boolean,
  bytes,
  field,
  float64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  string,
  tagged,
  uint16,
  uuid,
} from '@samsa/proto/wire/types'

/**
 * The broker process `incarnationId` has joined, with the endpoints and log directories it has now.
 */
const registerBroker = message(
  { name: 'RegisterBrokerRecord', versions: '0-3', flexible: '0+' },
  {
    brokerId: int32,
    isMigratingZkBroker: field(boolean, { since: 2 }),
    incarnationId: uuid,
    brokerEpoch: int64,
    endpoints: array({ listener: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
    rack: nullable(string),
    fenced: field(boolean, { default: true }),
    inControlledShutdown: field(boolean, { since: 1 }),
    logDirs: tagged(0, array(uuid), { since: 3 }),
  },
)

const unregisterBroker = message(
  { name: 'UnregisterBrokerRecord', versions: '0', flexible: '0+' },
  { brokerId: int32, brokerEpoch: int64 },
)

/**
 * -1, 0 and 1 in `fenced`: unfenced, as before, fenced. 1 in `inControlledShutdown`: it has begun.
 */
const brokerRegistrationChange = message(
  { name: 'BrokerRegistrationChangeRecord', versions: '0-2', flexible: '0+' },
  {
    brokerId: int32,
    brokerEpoch: int64,
    fenced: tagged(0, int8),
    inControlledShutdown: tagged(1, int8, { since: 1 }),
    logDirs: tagged(2, array(uuid), { since: 2 }),
  },
)

const topic = message(
  { name: 'TopicRecord', versions: '0', flexible: '0+' },
  { name: string, topicId: uuid },
)

/** Removes the topic's partitions and configs too. */
const removeTopic = message(
  { name: 'RemoveTopicRecord', versions: '0', flexible: '0+' },
  { topicId: uuid },
)

const partition = message(
  { name: 'PartitionRecord', versions: '0-2', flexible: '0+' },
  {
    partitionId: field(int32, { default: -1 }),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: field(array(int32), {}),
    addingReplicas: field(array(int32), {}),
    leader: field(int32, { default: -1 }),
    leaderRecoveryState: tagged(0, int8),
    leaderEpoch: field(int32, { default: -1 }),
    partitionEpoch: field(int32, { default: -1 }),
    directories: field(array(uuid), { since: 1 }),
    eligibleLeaderReplicas: tagged(1, nullable(array(int32)), { since: 2, default: null }),
    lastKnownElr: tagged(2, nullable(array(int32)), { since: 2, default: null }),
  },
)

/**
 * The leader did not change. A record that names a leader, even the same one, starts a new leader
 * epoch.
 */
export const sameLeader = -2

const partitionChange = message(
  { name: 'PartitionChangeRecord', versions: '0-2', flexible: '0+' },
  {
    partitionId: field(int32, { default: -1 }),
    topicId: uuid,
    isr: tagged(0, nullable(array(int32)), { default: null }),
    leader: tagged(1, int32, { default: sameLeader }),
    replicas: tagged(2, nullable(array(int32)), { default: null }),
    removingReplicas: tagged(3, nullable(array(int32)), { default: null }),
    addingReplicas: tagged(4, nullable(array(int32)), { default: null }),
    leaderRecoveryState: tagged(5, int8, { default: -1 }),
    directories: tagged(8, nullable(array(uuid)), { since: 1, default: null }),
    eligibleLeaderReplicas: tagged(6, nullable(array(int32)), { since: 2, default: null }),
    lastKnownElr: tagged(7, nullable(array(int32)), { since: 2, default: null }),
  },
)

/** Sets one config of one resource; null removes it. */
const config = message(
  { name: 'ConfigRecord', versions: '0', flexible: '0+' },
  { resourceType: int8, resourceName: string, name: string, value: nullable(string) },
)

const featureLevel = message(
  { name: 'FeatureLevelRecord', versions: '0', flexible: '0+' },
  {
    name: string,
    featureLevel: int16,
    // Ours: the release that brought the level, so that an older one can say which release it is
    // too old for.
    softwareVersion: tagged(0, string),
  },
)

const producerIds = message(
  { name: 'ProducerIdsRecord', versions: '0', flexible: '0+' },
  { brokerId: int32, brokerEpoch: field(int64, { default: -1 }), nextProducerId: int64 },
)

const userScramCredential = message(
  { name: 'UserScramCredentialRecord', versions: '0', flexible: '0+' },
  {
    name: string,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  },
)

const removeUserScramCredential = message(
  { name: 'RemoveUserScramCredentialRecord', versions: '0', flexible: '0+' },
  { name: string, mechanism: int8 },
)

/** Makes a token, or changes it. */
const delegationToken = message(
  { name: 'DelegationTokenRecord', versions: '0', flexible: '0+' },
  {
    owner: string,
    requester: string,
    renewers: array(string),
    issueTimestampMs: int64,
    maxTimestampMs: int64,
    expiryTimestampMs: int64,
    tokenId: string,
  },
)

const removeDelegationToken = message(
  { name: 'RemoveDelegationTokenRecord', versions: '0', flexible: '0+' },
  { tokenId: string },
)

/** Sets or removes one value of one entity; in an entity, a name of null is the default. */
const clientQuota = message(
  { name: 'ClientQuotaRecord', versions: '0', flexible: '0+' },
  {
    entity: array({ entityType: string, entityName: nullable(string) }),
    key: string,
    value: float64,
    remove: boolean,
  },
)

const accessControlEntry = message(
  { name: 'AccessControlEntryRecord', versions: '0', flexible: '0+' },
  {
    id: uuid,
    resourceType: int8,
    resourceName: string,
    patternType: int8,
    principal: string,
    host: string,
    operation: int8,
    permissionType: int8,
  },
)

const removeAccessControlEntry = message(
  { name: 'RemoveAccessControlEntryRecord', versions: '0', flexible: '0+' },
  { id: uuid },
)

/** The controller process `incarnationId` is reached at these endpoints. */
const registerController = message(
  { name: 'RegisterControllerRecord', versions: '0', flexible: '0+' },
  {
    controllerId: int32,
    incarnationId: uuid,
    zkMigrationReady: field(boolean, {}),
    endpoints: array({ listener: string, host: string, port: uint16, securityProtocol: int16 }),
    features: array({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 }),
    // Ours: the directory of its metadata log, which makes it the voter that it is (KIP-853).
    directoryId: tagged(0, uuid),
  },
)

const noOp = message({ name: 'NoOpRecord', versions: '0', flexible: '0+' }, {})

/** The id of the cluster, once, as the first record of a log. */
const cluster = message(
  { name: 'ClusterRecord', versions: '0', flexible: '0+' },
  { clusterId: string },
)

/**
 * Only in snapshots: what the registrations of brokers that have left would otherwise have told.
 */
const nextBrokerEpoch = message(
  { name: 'NextBrokerEpochRecord', versions: '0', flexible: '0+' },
  { nextBrokerEpoch: int64 },
)

export const recordTypes = {
  registerBroker: { id: 0, schema: registerBroker },
  unregisterBroker: { id: 1, schema: unregisterBroker },
  topic: { id: 2, schema: topic },
  partition: { id: 3, schema: partition },
  config: { id: 4, schema: config },
  partitionChange: { id: 5, schema: partitionChange },
  removeTopic: { id: 9, schema: removeTopic },
  delegationToken: { id: 10, schema: delegationToken },
  userScramCredential: { id: 11, schema: userScramCredential },
  featureLevel: { id: 12, schema: featureLevel },
  clientQuota: { id: 14, schema: clientQuota },
  producerIds: { id: 15, schema: producerIds },
  brokerRegistrationChange: { id: 17, schema: brokerRegistrationChange },
  accessControlEntry: { id: 18, schema: accessControlEntry },
  removeAccessControlEntry: { id: 19, schema: removeAccessControlEntry },
  noOp: { id: 20, schema: noOp },
  removeUserScramCredential: { id: 22, schema: removeUserScramCredential },
  removeDelegationToken: { id: 26, schema: removeDelegationToken },
  registerController: { id: 27, schema: registerController },
  cluster: { id: 1000, schema: cluster },
  nextBrokerEpoch: { id: 1001, schema: nextBrokerEpoch },
} as const
