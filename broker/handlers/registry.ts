// Every API that this node serves, one line each, in the order of their keys. ApiVersions and
// docs/COMPATIBILITY.md are read from it: what is not listed is not advertised.

import { type Registration, register } from '../request/api-table.ts'
import { addOffsetsToTxn } from './add-offsets-to-txn.ts'
import { addPartitionsToTxn } from './add-partitions-to-txn.ts'
import { addRaftVoter } from './add-raft-voter.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterUserScramCredentials } from './alter-user-scram-credentials.ts'
import { apiVersions } from './api-versions.ts'
import { consumerGroupDescribe } from './consumer-group-describe.ts'
import { consumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import { createAcls } from './create-acls.ts'
import { createDelegationToken } from './create-delegation-token.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteAcls } from './delete-acls.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeAcls } from './describe-acls.ts'
import { describeClientQuotas } from './describe-client-quotas.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeDelegationToken } from './describe-delegation-token.ts'
import { describeGroups } from './describe-groups.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeQuorum } from './describe-quorum.ts'
import { describeTopicPartitions } from './describe-topic-partitions.ts'
import { describeTransactions } from './describe-transactions.ts'
import { describeUserScramCredentials } from './describe-user-scram-credentials.ts'
import { electLeaders } from './elect-leaders.ts'
import { endTxn } from './end-txn.ts'
import { expireDelegationToken } from './expire-delegation-token.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { getTelemetrySubscriptions } from './get-telemetry-subscriptions.ts'
import { heartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listConfigResources } from './list-config-resources.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { listTransactions } from './list-transactions.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { pushTelemetry } from './push-telemetry.ts'
import { removeRaftVoter } from './remove-raft-voter.ts'
import { renewDelegationToken } from './renew-delegation-token.ts'
import { saslAuthenticate } from './sasl-authenticate.ts'
import { saslHandshake } from './sasl-handshake.ts'
import { streamsGroupDescribe } from './streams-group-describe.ts'
import { streamsGroupHeartbeat } from './streams-group-heartbeat.ts'
import { syncGroup } from './sync-group.ts'
import { txnOffsetCommit } from './txn-offset-commit.ts'
import { unregisterBroker } from './unregister-broker.ts'
import { updateFeatures } from './update-features.ts'
import { writeTxnMarkers } from './write-txn-markers.ts'

export const handlers: readonly Registration[] = [
  register('produce', produce),
  register('fetch', fetch),
  register('listOffsets', listOffsets),
  register('metadata', metadata),
  register('offsetCommit', offsetCommit),
  register('offsetFetch', offsetFetch),
  register('findCoordinator', findCoordinator),
  register('joinGroup', joinGroup),
  register('heartbeat', heartbeat),
  register('leaveGroup', leaveGroup),
  register('syncGroup', syncGroup),
  register('describeGroups', describeGroups),
  register('listGroups', listGroups),
  register('saslHandshake', saslHandshake),
  register('apiVersions', apiVersions),
  register('createTopics', createTopics),
  register('deleteTopics', deleteTopics),
  register('deleteRecords', deleteRecords),
  register('initProducerId', initProducerId),
  register('offsetForLeaderEpoch', offsetForLeaderEpoch),
  register('addPartitionsToTxn', addPartitionsToTxn),
  register('addOffsetsToTxn', addOffsetsToTxn),
  register('endTxn', endTxn),
  register('writeTxnMarkers', writeTxnMarkers),
  register('txnOffsetCommit', txnOffsetCommit),
  register('describeAcls', describeAcls),
  register('createDelegationToken', createDelegationToken),
  register('renewDelegationToken', renewDelegationToken),
  register('expireDelegationToken', expireDelegationToken),
  register('describeDelegationToken', describeDelegationToken),
  register('createAcls', createAcls),
  register('deleteAcls', deleteAcls),
  register('describeConfigs', describeConfigs),
  register('alterConfigs', alterConfigs),
  register('describeLogDirs', describeLogDirs),
  register('saslAuthenticate', saslAuthenticate),
  register('createPartitions', createPartitions),
  register('deleteGroups', deleteGroups),
  register('electLeaders', electLeaders),
  register('incrementalAlterConfigs', incrementalAlterConfigs),
  register('alterPartitionReassignments', alterPartitionReassignments),
  register('listPartitionReassignments', listPartitionReassignments),
  register('offsetDelete', offsetDelete),
  register('describeClientQuotas', describeClientQuotas),
  register('alterClientQuotas', alterClientQuotas),
  register('describeUserScramCredentials', describeUserScramCredentials),
  register('alterUserScramCredentials', alterUserScramCredentials),
  register('describeQuorum', describeQuorum),
  register('updateFeatures', updateFeatures),
  register('describeCluster', describeCluster),
  register('describeProducers', describeProducers),
  register('unregisterBroker', unregisterBroker),
  register('describeTransactions', describeTransactions),
  register('listTransactions', listTransactions),
  register('consumerGroupHeartbeat', consumerGroupHeartbeat),
  register('consumerGroupDescribe', consumerGroupDescribe),
  register('getTelemetrySubscriptions', getTelemetrySubscriptions),
  register('pushTelemetry', pushTelemetry),
  register('listConfigResources', listConfigResources),
  register('describeTopicPartitions', describeTopicPartitions),
  register('addRaftVoter', addRaftVoter),
  register('removeRaftVoter', removeRaftVoter),
  register('streamsGroupHeartbeat', streamsGroupHeartbeat),
  register('streamsGroupDescribe', streamsGroupDescribe),
]
