// Which API is guarded by what: one line an API, in the order of their keys. `open` is for what
// tells nobody anything and changes nothing. An API that is served and not listed fails a test, and
// is refused where an authorizer is configured.

import type { ApiName } from '@samsa/proto/kafka/apis'
import type { Guard } from './guard.ts'
import * as cluster from './guards/cluster.ts'
import * as configs from './guards/configs.ts'
import * as groups from './guards/groups.ts'
import * as records from './guards/records.ts'
import * as streams from './guards/streams-groups.ts'
import * as topics from './guards/topics.ts'
import * as transactions from './guards/transactions.ts'

const open: Guard<ApiName> = (request) => ({ request })

export const guards: { readonly [N in ApiName]?: Guard<N> } = {
  produce: records.produce,
  fetch: records.fetch,
  listOffsets: records.listOffsets,
  metadata: topics.metadata,
  offsetCommit: groups.offsetCommit,
  offsetFetch: groups.offsetFetch,
  findCoordinator: groups.findCoordinator,
  joinGroup: groups.joinGroup,
  heartbeat: groups.heartbeat,
  leaveGroup: groups.leaveGroup,
  syncGroup: groups.syncGroup,
  describeGroups: groups.describeGroups,
  listGroups: groups.listGroups,
  saslHandshake: open,
  apiVersions: open,
  createTopics: topics.createTopics,
  deleteTopics: topics.deleteTopics,
  deleteRecords: records.deleteRecords,
  initProducerId: transactions.initProducerId,
  offsetForLeaderEpoch: records.offsetForLeaderEpoch,
  addPartitionsToTxn: transactions.addPartitionsToTxn,
  addOffsetsToTxn: transactions.addOffsetsToTxn,
  endTxn: transactions.endTxn,
  writeTxnMarkers: transactions.writeTxnMarkers,
  txnOffsetCommit: transactions.txnOffsetCommit,
  describeAcls: cluster.describeAcls,
  createAcls: cluster.createAcls,
  deleteAcls: cluster.deleteAcls,
  describeConfigs: configs.describeConfigs,
  alterConfigs: configs.alterConfigs,
  describeLogDirs: cluster.describeLogDirs,
  saslAuthenticate: open,
  // Who may is a question of who asks and by what log-in: their handlers judge that.
  createDelegationToken: open,
  renewDelegationToken: open,
  expireDelegationToken: open,
  describeDelegationToken: open,
  createPartitions: topics.createPartitions,
  deleteGroups: groups.deleteGroups,
  electLeaders: cluster.electLeaders,
  incrementalAlterConfigs: configs.incrementalAlterConfigs,
  alterPartitionReassignments: cluster.alterPartitionReassignments,
  listPartitionReassignments: cluster.listPartitionReassignments,
  offsetDelete: groups.offsetDelete,
  describeClientQuotas: cluster.describeClientQuotas,
  alterClientQuotas: cluster.alterClientQuotas,
  describeUserScramCredentials: cluster.describeUserScramCredentials,
  alterUserScramCredentials: cluster.alterUserScramCredentials,
  describeQuorum: cluster.describeQuorum,
  updateFeatures: cluster.updateFeatures,
  describeCluster: cluster.describeCluster,
  describeProducers: records.describeProducers,
  unregisterBroker: cluster.altersCluster,
  describeTransactions: transactions.describeTransactions,
  listTransactions: transactions.listTransactions,
  consumerGroupHeartbeat: groups.consumerGroupHeartbeat,
  consumerGroupDescribe: groups.consumerGroupDescribe,
  getTelemetrySubscriptions: open,
  pushTelemetry: open,
  listConfigResources: cluster.listConfigResources,
  describeTopicPartitions: topics.describeTopicPartitions,
  addRaftVoter: cluster.altersCluster,
  removeRaftVoter: cluster.altersCluster,
  streamsGroupHeartbeat: streams.streamsGroupHeartbeat,
  streamsGroupDescribe: streams.streamsGroupDescribe,
}
