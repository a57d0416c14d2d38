// The registry of the Kafka protocol: key, name and the two messages of each API, in the order of
// their keys. Everything that needs to know which APIs exist reads it from here.

import type { VersionRange } from '../wire/message.ts'
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from './add-offsets-to-txn.ts'
import { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from './add-partitions-to-txn.ts'
import { addRaftVoterRequest, addRaftVoterResponse } from './add-raft-voter.ts'
import { alterClientQuotasRequest, alterClientQuotasResponse } from './alter-client-quotas.ts'
import { alterConfigsRequest, alterConfigsResponse } from './alter-configs.ts'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from './alter-partition-reassignments.ts'
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
} from './alter-replica-log-dirs.ts'
import {
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
} from './alter-share-group-offsets.ts'
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from './alter-user-scram-credentials.ts'
import { apiVersionsRequest, apiVersionsResponse } from './api-versions.ts'
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from './consumer-group-describe.ts'
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from './consumer-group-heartbeat.ts'
import { createAclsRequest, createAclsResponse } from './create-acls.ts'
import {
  createDelegationTokenRequest,
  createDelegationTokenResponse,
} from './create-delegation-token.ts'
import { createPartitionsRequest, createPartitionsResponse } from './create-partitions.ts'
import { createTopicsRequest, createTopicsResponse } from './create-topics.ts'
import { deleteAclsRequest, deleteAclsResponse } from './delete-acls.ts'
import { deleteGroupsRequest, deleteGroupsResponse } from './delete-groups.ts'
import { deleteRecordsRequest, deleteRecordsResponse } from './delete-records.ts'
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
} from './delete-share-group-offsets.ts'
import { deleteTopicsRequest, deleteTopicsResponse } from './delete-topics.ts'
import { describeAclsRequest, describeAclsResponse } from './describe-acls.ts'
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from './describe-client-quotas.ts'
import { describeClusterRequest, describeClusterResponse } from './describe-cluster.ts'
import { describeConfigsRequest, describeConfigsResponse } from './describe-configs.ts'
import {
  describeDelegationTokenRequest,
  describeDelegationTokenResponse,
} from './describe-delegation-token.ts'
import { describeGroupsRequest, describeGroupsResponse } from './describe-groups.ts'
import { describeLogDirsRequest, describeLogDirsResponse } from './describe-log-dirs.ts'
import { describeProducersRequest, describeProducersResponse } from './describe-producers.ts'
import { describeQuorumRequest, describeQuorumResponse } from './describe-quorum.ts'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
} from './describe-share-group-offsets.ts'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from './describe-topic-partitions.ts'
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from './describe-transactions.ts'
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from './describe-user-scram-credentials.ts'
import { electLeadersRequest, electLeadersResponse } from './elect-leaders.ts'
import { endTxnRequest, endTxnResponse } from './end-txn.ts'
import {
  expireDelegationTokenRequest,
  expireDelegationTokenResponse,
} from './expire-delegation-token.ts'
import { fetchRequest, fetchResponse } from './fetch.ts'
import { findCoordinatorRequest, findCoordinatorResponse } from './find-coordinator.ts'
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
} from './get-telemetry-subscriptions.ts'
import { heartbeatRequest, heartbeatResponse } from './heartbeat.ts'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from './incremental-alter-configs.ts'
import { initProducerIdRequest, initProducerIdResponse } from './init-producer-id.ts'
import { joinGroupRequest, joinGroupResponse } from './join-group.ts'
import { leaveGroupRequest, leaveGroupResponse } from './leave-group.ts'
import { listConfigResourcesRequest, listConfigResourcesResponse } from './list-config-resources.ts'
import { listGroupsRequest, listGroupsResponse } from './list-groups.ts'
import { listOffsetsRequest, listOffsetsResponse } from './list-offsets.ts'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from './list-partition-reassignments.ts'
import { listTransactionsRequest, listTransactionsResponse } from './list-transactions.ts'
import { metadataRequest, metadataResponse } from './metadata.ts'
import { offsetCommitRequest, offsetCommitResponse } from './offset-commit.ts'
import { offsetDeleteRequest, offsetDeleteResponse } from './offset-delete.ts'
import { offsetFetchRequest, offsetFetchResponse } from './offset-fetch.ts'
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from './offset-for-leader-epoch.ts'
import { produceRequest, produceResponse } from './produce.ts'
import { pushTelemetryRequest, pushTelemetryResponse } from './push-telemetry.ts'
import { removeRaftVoterRequest, removeRaftVoterResponse } from './remove-raft-voter.ts'
import {
  renewDelegationTokenRequest,
  renewDelegationTokenResponse,
} from './renew-delegation-token.ts'
import { saslAuthenticateRequest, saslAuthenticateResponse } from './sasl-authenticate.ts'
import { saslHandshakeRequest, saslHandshakeResponse } from './sasl-handshake.ts'
import { shareAcknowledgeRequest, shareAcknowledgeResponse } from './share-acknowledge.ts'
import { shareFetchRequest, shareFetchResponse } from './share-fetch.ts'
import { shareGroupDescribeRequest, shareGroupDescribeResponse } from './share-group-describe.ts'
import { shareGroupHeartbeatRequest, shareGroupHeartbeatResponse } from './share-group-heartbeat.ts'
import {
  streamsGroupDescribeRequest,
  streamsGroupDescribeResponse,
} from './streams-group-describe.ts'
import {
  streamsGroupHeartbeatRequest,
  streamsGroupHeartbeatResponse,
} from './streams-group-heartbeat.ts'
import { syncGroupRequest, syncGroupResponse } from './sync-group.ts'
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from './txn-offset-commit.ts'
import { unregisterBrokerRequest, unregisterBrokerResponse } from './unregister-broker.ts'
import { updateFeaturesRequest, updateFeaturesResponse } from './update-features.ts'
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from './write-txn-markers.ts'

function api<const Key extends number, const Name extends string, Request, Response>(
  key: Key,
  name: Name,
  request: Request,
  response: Response,
) {
  return { key, name, request, response } as const
}

export const apis = {
  produce: api(0, 'Produce', produceRequest, produceResponse),
  fetch: api(1, 'Fetch', fetchRequest, fetchResponse),
  listOffsets: api(2, 'ListOffsets', listOffsetsRequest, listOffsetsResponse),
  metadata: api(3, 'Metadata', metadataRequest, metadataResponse),
  offsetCommit: api(8, 'OffsetCommit', offsetCommitRequest, offsetCommitResponse),
  offsetFetch: api(9, 'OffsetFetch', offsetFetchRequest, offsetFetchResponse),
  findCoordinator: api(10, 'FindCoordinator', findCoordinatorRequest, findCoordinatorResponse),
  joinGroup: api(11, 'JoinGroup', joinGroupRequest, joinGroupResponse),
  heartbeat: api(12, 'Heartbeat', heartbeatRequest, heartbeatResponse),
  leaveGroup: api(13, 'LeaveGroup', leaveGroupRequest, leaveGroupResponse),
  syncGroup: api(14, 'SyncGroup', syncGroupRequest, syncGroupResponse),
  describeGroups: api(15, 'DescribeGroups', describeGroupsRequest, describeGroupsResponse),
  listGroups: api(16, 'ListGroups', listGroupsRequest, listGroupsResponse),
  saslHandshake: api(17, 'SaslHandshake', saslHandshakeRequest, saslHandshakeResponse),
  apiVersions: api(18, 'ApiVersions', apiVersionsRequest, apiVersionsResponse),
  createTopics: api(19, 'CreateTopics', createTopicsRequest, createTopicsResponse),
  deleteTopics: api(20, 'DeleteTopics', deleteTopicsRequest, deleteTopicsResponse),
  deleteRecords: api(21, 'DeleteRecords', deleteRecordsRequest, deleteRecordsResponse),
  initProducerId: api(22, 'InitProducerId', initProducerIdRequest, initProducerIdResponse),
  offsetForLeaderEpoch: api(
    23,
    'OffsetForLeaderEpoch',
    offsetForLeaderEpochRequest,
    offsetForLeaderEpochResponse,
  ),
  addPartitionsToTxn: api(
    24,
    'AddPartitionsToTxn',
    addPartitionsToTxnRequest,
    addPartitionsToTxnResponse,
  ),
  addOffsetsToTxn: api(25, 'AddOffsetsToTxn', addOffsetsToTxnRequest, addOffsetsToTxnResponse),
  endTxn: api(26, 'EndTxn', endTxnRequest, endTxnResponse),
  writeTxnMarkers: api(27, 'WriteTxnMarkers', writeTxnMarkersRequest, writeTxnMarkersResponse),
  txnOffsetCommit: api(28, 'TxnOffsetCommit', txnOffsetCommitRequest, txnOffsetCommitResponse),
  describeAcls: api(29, 'DescribeAcls', describeAclsRequest, describeAclsResponse),
  createAcls: api(30, 'CreateAcls', createAclsRequest, createAclsResponse),
  deleteAcls: api(31, 'DeleteAcls', deleteAclsRequest, deleteAclsResponse),
  describeConfigs: api(32, 'DescribeConfigs', describeConfigsRequest, describeConfigsResponse),
  alterConfigs: api(33, 'AlterConfigs', alterConfigsRequest, alterConfigsResponse),
  alterReplicaLogDirs: api(
    34,
    'AlterReplicaLogDirs',
    alterReplicaLogDirsRequest,
    alterReplicaLogDirsResponse,
  ),
  describeLogDirs: api(35, 'DescribeLogDirs', describeLogDirsRequest, describeLogDirsResponse),
  saslAuthenticate: api(36, 'SaslAuthenticate', saslAuthenticateRequest, saslAuthenticateResponse),
  createPartitions: api(37, 'CreatePartitions', createPartitionsRequest, createPartitionsResponse),
  createDelegationToken: api(
    38,
    'CreateDelegationToken',
    createDelegationTokenRequest,
    createDelegationTokenResponse,
  ),
  renewDelegationToken: api(
    39,
    'RenewDelegationToken',
    renewDelegationTokenRequest,
    renewDelegationTokenResponse,
  ),
  expireDelegationToken: api(
    40,
    'ExpireDelegationToken',
    expireDelegationTokenRequest,
    expireDelegationTokenResponse,
  ),
  describeDelegationToken: api(
    41,
    'DescribeDelegationToken',
    describeDelegationTokenRequest,
    describeDelegationTokenResponse,
  ),
  deleteGroups: api(42, 'DeleteGroups', deleteGroupsRequest, deleteGroupsResponse),
  electLeaders: api(43, 'ElectLeaders', electLeadersRequest, electLeadersResponse),
  incrementalAlterConfigs: api(
    44,
    'IncrementalAlterConfigs',
    incrementalAlterConfigsRequest,
    incrementalAlterConfigsResponse,
  ),
  alterPartitionReassignments: api(
    45,
    'AlterPartitionReassignments',
    alterPartitionReassignmentsRequest,
    alterPartitionReassignmentsResponse,
  ),
  listPartitionReassignments: api(
    46,
    'ListPartitionReassignments',
    listPartitionReassignmentsRequest,
    listPartitionReassignmentsResponse,
  ),
  offsetDelete: api(47, 'OffsetDelete', offsetDeleteRequest, offsetDeleteResponse),
  describeClientQuotas: api(
    48,
    'DescribeClientQuotas',
    describeClientQuotasRequest,
    describeClientQuotasResponse,
  ),
  alterClientQuotas: api(
    49,
    'AlterClientQuotas',
    alterClientQuotasRequest,
    alterClientQuotasResponse,
  ),
  describeUserScramCredentials: api(
    50,
    'DescribeUserScramCredentials',
    describeUserScramCredentialsRequest,
    describeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: api(
    51,
    'AlterUserScramCredentials',
    alterUserScramCredentialsRequest,
    alterUserScramCredentialsResponse,
  ),
  describeQuorum: api(55, 'DescribeQuorum', describeQuorumRequest, describeQuorumResponse),
  updateFeatures: api(57, 'UpdateFeatures', updateFeaturesRequest, updateFeaturesResponse),
  describeCluster: api(60, 'DescribeCluster', describeClusterRequest, describeClusterResponse),
  describeProducers: api(
    61,
    'DescribeProducers',
    describeProducersRequest,
    describeProducersResponse,
  ),
  unregisterBroker: api(64, 'UnregisterBroker', unregisterBrokerRequest, unregisterBrokerResponse),
  describeTransactions: api(
    65,
    'DescribeTransactions',
    describeTransactionsRequest,
    describeTransactionsResponse,
  ),
  listTransactions: api(66, 'ListTransactions', listTransactionsRequest, listTransactionsResponse),
  consumerGroupHeartbeat: api(
    68,
    'ConsumerGroupHeartbeat',
    consumerGroupHeartbeatRequest,
    consumerGroupHeartbeatResponse,
  ),
  consumerGroupDescribe: api(
    69,
    'ConsumerGroupDescribe',
    consumerGroupDescribeRequest,
    consumerGroupDescribeResponse,
  ),
  getTelemetrySubscriptions: api(
    71,
    'GetTelemetrySubscriptions',
    getTelemetrySubscriptionsRequest,
    getTelemetrySubscriptionsResponse,
  ),
  pushTelemetry: api(72, 'PushTelemetry', pushTelemetryRequest, pushTelemetryResponse),
  listConfigResources: api(
    74,
    'ListConfigResources',
    listConfigResourcesRequest,
    listConfigResourcesResponse,
  ),
  describeTopicPartitions: api(
    75,
    'DescribeTopicPartitions',
    describeTopicPartitionsRequest,
    describeTopicPartitionsResponse,
  ),
  shareGroupHeartbeat: api(
    76,
    'ShareGroupHeartbeat',
    shareGroupHeartbeatRequest,
    shareGroupHeartbeatResponse,
  ),
  shareGroupDescribe: api(
    77,
    'ShareGroupDescribe',
    shareGroupDescribeRequest,
    shareGroupDescribeResponse,
  ),
  shareFetch: api(78, 'ShareFetch', shareFetchRequest, shareFetchResponse),
  shareAcknowledge: api(79, 'ShareAcknowledge', shareAcknowledgeRequest, shareAcknowledgeResponse),
  addRaftVoter: api(80, 'AddRaftVoter', addRaftVoterRequest, addRaftVoterResponse),
  removeRaftVoter: api(81, 'RemoveRaftVoter', removeRaftVoterRequest, removeRaftVoterResponse),
  streamsGroupHeartbeat: api(
    88,
    'StreamsGroupHeartbeat',
    streamsGroupHeartbeatRequest,
    streamsGroupHeartbeatResponse,
  ),
  streamsGroupDescribe: api(
    89,
    'StreamsGroupDescribe',
    streamsGroupDescribeRequest,
    streamsGroupDescribeResponse,
  ),
  describeShareGroupOffsets: api(
    90,
    'DescribeShareGroupOffsets',
    describeShareGroupOffsetsRequest,
    describeShareGroupOffsetsResponse,
  ),
  alterShareGroupOffsets: api(
    91,
    'AlterShareGroupOffsets',
    alterShareGroupOffsetsRequest,
    alterShareGroupOffsetsResponse,
  ),
  deleteShareGroupOffsets: api(
    92,
    'DeleteShareGroupOffsets',
    deleteShareGroupOffsetsRequest,
    deleteShareGroupOffsetsResponse,
  ),
}

export type ApiName = keyof typeof apis

/**
 * The oldest version of Produce that brokers advertise. They serve it from version 3 on, but older
 * librdkafka turns compression off unless it sees version 0 (KAFKA-18659).
 */
const produceAdvertisedMin = 0

/** The versions that ApiVersions shows for an API. */
export function advertisedVersions(name: ApiName): VersionRange {
  const { min, max } = apis[name].request.versions
  return { min: name === 'produce' ? produceAdvertisedMin : min, max }
}
