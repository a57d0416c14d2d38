// The requests to the controller and its answers, as they cross the network: one schema for each
// type of requests.ts. A field is only ever added, behind a tag, so that nodes of two releases
// understand each other.

import {
  array,
  boolean,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  type Type,
  uuid,
} from '@samsa/proto/wire/types'
import type { QuorumStatus } from '../metadata-log.ts'
import type * as requests from '../requests.ts'
import {
  brokerIds,
  configOverrides,
  endpoints,
  featureRanges,
  mapped,
  oneOf,
  outcome,
} from './types.ts'

const configEntries = array({ name: string, value: nullable(string) })

export const createTopics: Type<requests.CreateTopics> = struct({
  topics: array({
    name: string,
    numPartitions: int32,
    replicationFactor: int16,
    assignments: array({ partitionIndex: int32, brokerIds }),
    configs: configEntries,
  }),
  validateOnly: boolean,
})

export const createTopicResults: Type<requests.CreateTopicResult[]> = array({
  ...outcome,
  name: string,
  topicId: uuid,
  numPartitions: int32,
  replicationFactor: int16,
  configs: configOverrides,
})

/** By name where the name is not null. */
const topicReference: Type<requests.TopicReference> = mapped(
  struct({ name: nullable(string), topicId: uuid }),
  ({ name, topicId }): requests.TopicReference =>
    name === null ? { name, topicId } : { name, topicId: null },
  ({ name, topicId }) => ({ name, topicId: topicId ?? uuid.zero }),
)

export const deleteTopics: Type<requests.DeleteTopics> = struct({ topics: array(topicReference) })

export const deleteTopicResults: Type<requests.DeleteTopicResult[]> = array({
  ...outcome,
  name: nullable(string),
  topicId: uuid,
})

export const createPartitions: Type<requests.CreatePartitions> = struct({
  topics: array({ name: string, count: int32, assignments: nullable(array(brokerIds)) }),
  validateOnly: boolean,
})

export const createPartitionsResults: Type<requests.CreatePartitionsResult[]> = array({
  ...outcome,
  name: string,
})

const configResource = {
  type: oneOf(['topic', 'broker', 'broker-logger', 'client-metrics', 'group']),
  name: string,
}

export const incrementalAlterConfigs: Type<requests.IncrementalAlterConfigs> = struct({
  resources: array({
    ...configResource,
    changes: array({
      name: string,
      operation: oneOf(['set', 'delete', 'append', 'subtract']),
      value: nullable(string),
    }),
  }),
  validateOnly: boolean,
})

export const alterConfigs: Type<requests.AlterConfigs> = struct({
  resources: array({ ...configResource, configs: configEntries }),
  validateOnly: boolean,
})

export const alterConfigsResults: Type<requests.AlterConfigsResult[]> = array({
  ...outcome,
  ...configResource,
})

export const brokerRegistration: Type<requests.BrokerRegistration> = struct({
  brokerId: int32,
  clusterId: string,
  incarnationId: uuid,
  endpoints,
  features: featureRanges,
  rack: nullable(string),
  logDirs: array(uuid),
  fenced: boolean,
  previousBrokerEpoch: int64,
})

export const brokerRegistered: Type<requests.BrokerRegistered> = struct({ epoch: int64 })

export const brokerId: Type<number> = int32

/** The arguments of methods on behalf of one broker process. */
export const brokerAndEpoch: Type<[brokerId: number, epoch: number]> = mapped(
  struct({ brokerId: int32, epoch: int64 }),
  ({ brokerId, epoch }) => [brokerId, epoch],
  ([brokerId, epoch]) => ({ brokerId, epoch }),
)

export const controlledShutdown: Type<requests.ControlledShutdown> = struct({
  remainingLeaders: int32,
})

const directoryAssignment = { directoryId: uuid, topicId: uuid, partitionIndex: int32 }

export const assignDirectories: Type<requests.AssignDirectories> = struct({
  brokerId: int32,
  brokerEpoch: int64,
  assignments: array(directoryAssignment),
})

export const assignDirectoriesResults: Type<requests.AssignDirectoriesResult[]> = array({
  ...outcome,
  ...directoryAssignment,
})

export const alterPartition: Type<requests.AlterPartition> = struct({
  brokerId: int32,
  brokerEpoch: int64,
  partitions: array({
    topicId: uuid,
    partitionIndex: int32,
    leaderEpoch: int32,
    partitionEpoch: int32,
    newIsr: array({ brokerId: int32, brokerEpoch: int64 }),
    recovering: boolean,
  }),
})

export const alterPartitionResults: Type<requests.AlterPartitionResult[]> = array({
  ...outcome,
  topicId: uuid,
  partitionIndex: int32,
})

const partitionReference = { topic: string, partitionIndex: int32 }

export const electLeaders: Type<requests.ElectLeaders> = struct({
  electionType: oneOf(['preferred', 'unclean']),
  partitions: nullable(array(partitionReference)),
})

export const electLeadersResults: Type<requests.ElectLeadersResult[]> = array({
  ...outcome,
  ...partitionReference,
})

export const alterReassignments: Type<requests.AlterReassignments> = struct({
  reassignments: array({ ...partitionReference, replicas: nullable(brokerIds) }),
  allowReplicationFactorChange: boolean,
})

export const alterReassignmentsResults: Type<requests.AlterReassignmentsResult[]> = array({
  ...outcome,
  ...partitionReference,
})

export const updateFeatures: Type<requests.UpdateFeatures> = struct({
  updates: array({
    name: string,
    maxVersionLevel: int16,
    upgradeType: oneOf(['upgrade', 'safe-downgrade', 'unsafe-downgrade']),
  }),
  validateOnly: boolean,
})

export const updateFeatureResults: Type<requests.UpdateFeatureResult[]> = array({
  ...outcome,
  name: string,
})

const aclBinding = {
  resourceType: int8,
  resourceName: string,
  patternType: int8,
  principal: string,
  host: string,
  operation: int8,
  permissionType: int8,
}

export const outcomes: Type<requests.Outcome[]> = array(outcome)

export const createAcls: Type<requests.CreateAcls> = struct({ bindings: array(aclBinding) })

export const deleteAcls: Type<requests.DeleteAcls> = struct({
  filters: array({
    ...aclBinding,
    resourceName: nullable(string),
    principal: nullable(string),
    host: nullable(string),
  }),
})

export const deletedAcls: Type<requests.DeletedAcls[]> = array({
  ...outcome,
  deleted: array(aclBinding),
})

const scramName = { name: string, mechanism: int8 }

export const alterScramCredentials: Type<requests.AlterScramCredentials> = struct({
  deletions: array(scramName),
  upsertions: array({
    ...scramName,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  }),
})

export const alterScramCredentialsResults: Type<requests.AlterScramCredentialsResult[]> = array({
  ...outcome,
  user: string,
})

export const createDelegationToken: Type<requests.CreateDelegationToken> = struct({
  owner: string,
  requester: string,
  renewers: array(string),
  maxLifetimeMs: int64,
  renewPeriodMs: int64,
})

const ofToken = { tokenId: string, requester: string }

export const renewDelegationToken: Type<requests.RenewDelegationToken> = struct({
  ...ofToken,
  renewPeriodMs: int64,
})

export const expireDelegationToken: Type<requests.ExpireDelegationToken> = struct({
  ...ofToken,
  expiryPeriodMs: int64,
})

export const delegationTokenResult: Type<requests.DelegationTokenResult> = struct({
  ...outcome,
  token: nullable(
    struct({
      ...ofToken,
      owner: string,
      renewers: array(string),
      issueTimestampMs: int64,
      maxTimestampMs: int64,
      expiryTimestampMs: int64,
    }),
  ),
})

const quotaEntity = array({ type: string, name: nullable(string) })

export const alterClientQuotas: Type<requests.AlterClientQuotas> = struct({
  alterations: array({
    entity: quotaEntity,
    ops: array({ key: string, value: float64, remove: boolean }),
  }),
  validateOnly: boolean,
})

export const alterClientQuotasResults: Type<requests.AlterClientQuotasResult[]> = array({
  ...outcome,
  entity: quotaEntity,
})

const voter = { nodeId: int32, directoryId: uuid }

export const controllerRegistration: Type<requests.ControllerRegistration> = struct({
  ...voter,
  incarnationId: uuid,
  endpoints,
})

export const voterReference: Type<requests.VoterReference> = struct(voter)

export const addVoter: Type<requests.AddVoter> = struct({ ...voter, endpoints })

/** Whom to hand leadership to: null for whoever is able. */
export const nodeIdOrNull: Type<number | null> = mapped(
  int32,
  (nodeId) => (nodeId < 0 ? null : nodeId),
  (nodeId) => nodeId ?? -1,
)

const quorumReplicas = array({
  replicaId: int32,
  directoryId: uuid,
  logEndOffset: int64,
  lastFetchTimestampMs: int64,
  lastCaughtUpTimestampMs: int64,
})

export const quorumStatus: Type<QuorumStatus> = struct({
  leaderId: int32,
  epoch: int32,
  highWatermark: int64,
  voters: quorumReplicas,
  observers: quorumReplicas,
})

export const producerIdBlock: Type<requests.ProducerIdBlock> = struct({
  first: int64,
  count: int32,
})
