// Every API that is advertised, in every version of it, gets an answer that decodes. What a version
// cannot say must be left out of a response, never end the connection.

import { handlers } from '@samsa/broker/handlers/registry'
import { type ApiName, apis } from '@samsa/proto/kafka/apis'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import type { Encodable } from '@samsa/proto/wire/message'
import { zeroUuid } from '@samsa/proto/wire/types'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KafkaClient } from '../../support/kafka-client.ts'
import { startTestNode, type TestNode } from '../../support/node.ts'

type Requests = {
  [N in ApiName]?: (version: number) => Encodable<(typeof apis)[N]['request']>
}

const topic = 'every-version'
const group = 'every-group'
let topicId = ''
let node: TestNode
let client: KafkaClient

const batch = () => encodeBatch([{ key: null, value: Buffer.from('v'), timestampMs: Date.now() }])

const aclFilter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}

/** A plain request for each API: about a topic and a group that exist. */
const requests: Requests = {
  produce: (version) => ({
    acks: -1,
    timeoutMs: 1_000,
    topicData: [
      {
        ...(version >= 13 ? { topicId } : { name: topic }),
        partitionData: [{ index: 0, records: batch() }],
      },
    ],
  }),
  fetch: (version) => ({
    maxWaitMs: 0,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [
      {
        ...(version >= 13 ? { topicId } : { topic }),
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }],
      },
    ],
  }),
  listOffsets: () => ({
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  }),
  metadata: () => ({ topics: [{ name: topic }] }),
  offsetCommit: (version) => ({
    groupId: 'simple-group',
    memberId: '',
    topics: [
      {
        ...(version >= 10 ? { topicId } : { name: topic }),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      },
    ],
  }),
  offsetFetch: (version) => {
    const partitionIndexes = [0]
    if (version < 8) return { groupId: group, topics: [{ name: topic, partitionIndexes }] }
    const named = version >= 10 ? { topicId } : { name: topic }
    return { groups: [{ groupId: group, topics: [{ ...named, partitionIndexes }] }] }
  },
  findCoordinator: (version) => (version >= 4 ? { coordinatorKeys: [group] } : { key: group }),
  joinGroup: (version) => ({
    groupId: `${group}-${version}`,
    sessionTimeoutMs: 10_000,
    ...(version >= 1 && { rebalanceTimeoutMs: 10_000 }),
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
  }),
  heartbeat: () => ({ groupId: group, generationId: 1, memberId: 'nobody' }),
  leaveGroup: (version) => ({
    groupId: group,
    ...(version >= 3 ? { members: [{ memberId: 'nobody' }] } : { memberId: 'nobody' }),
  }),
  syncGroup: () => ({ groupId: group, generationId: 1, memberId: 'nobody', assignments: [] }),
  describeGroups: () => ({ groups: [group] }),
  consumerGroupHeartbeat: (version) => ({
    groupId: `consumer-${group}-${version}`,
    memberId: version >= 1 ? 'member' : '',
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: [topic],
    topicPartitions: [],
  }),
  consumerGroupDescribe: () => ({ groupIds: [group], includeAuthorizedOperations: true }),
  streamsGroupHeartbeat: (version) => ({
    groupId: `streams-${group}-${version}`,
    memberId: 'member',
    memberEpoch: 0,
    endpointInformationEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    processId: 'process',
    topology: {
      epoch: 0,
      subtopologies: [
        {
          subtopologyId: 'only',
          sourceTopics: [topic],
          sourceTopicRegex: [],
          stateChangelogTopics: [],
          repartitionSinkTopics: [],
          repartitionSourceTopics: [],
          copartitionGroups: [],
        },
      ],
    },
    activeTasks: [],
    standbyTasks: [],
    warmupTasks: [],
  }),
  streamsGroupDescribe: () => ({ groupIds: [group], includeAuthorizedOperations: true }),
  listGroups: () => ({}),
  apiVersions: (version) =>
    version >= 3 ? { clientSoftwareName: 'test', clientSoftwareVersion: '1' } : {},
  createTopics: (version) => ({
    topics: [
      {
        name: `made-${version}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      },
    ],
    timeoutMs: 1_000,
  }),
  deleteTopics: (version) => ({
    ...(version >= 6
      ? { topics: [{ name: 'none', topicId: zeroUuid }] }
      : { topicNames: ['none'] }),
    timeoutMs: 1_000,
  }),
  deleteRecords: () => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs: 1_000,
  }),
  initProducerId: () => ({ transactionalId: null, transactionTimeoutMs: 1_000 }),
  addPartitionsToTxn: (version) => {
    const topics = [{ name: topic, partitions: [0] }]
    const producer = { transactionalId: 'none', producerId: 1, producerEpoch: 0 }
    if (version >= 4) return { transactions: [{ ...producer, verifyOnly: true, topics }] }
    return {
      v3AndBelowTransactionalId: 'none',
      v3AndBelowProducerId: 1,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: topics,
    }
  },
  addOffsetsToTxn: () => ({
    transactionalId: 'none',
    producerId: 1,
    producerEpoch: 0,
    groupId: group,
  }),
  endTxn: () => ({ transactionalId: 'none', producerId: 1, producerEpoch: 0, committed: true }),
  writeTxnMarkers: (version) => ({
    markers: [
      {
        producerId: 1_000_000 + version,
        producerEpoch: 0,
        transactionResult: false,
        topics: [{ name: topic, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  }),
  txnOffsetCommit: () => ({
    transactionalId: 'none',
    groupId: group,
    producerId: 1,
    producerEpoch: 0,
    topics: [
      {
        name: topic,
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      },
    ],
  }),
  describeTransactions: () => ({ transactionalIds: ['none'] }),
  listTransactions: () => ({ stateFilters: [], producerIdFilters: [] }),
  offsetForLeaderEpoch: () => ({
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  }),
  describeConfigs: () => ({
    resources: [{ resourceType: 2, resourceName: topic, configurationKeys: null }],
  }),
  alterConfigs: () => ({
    resources: [{ resourceType: 2, resourceName: topic, configs: [] }],
    validateOnly: false,
  }),
  incrementalAlterConfigs: () => ({
    resources: [
      {
        resourceType: 2,
        resourceName: topic,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1000000' }],
      },
    ],
    validateOnly: false,
  }),
  describeLogDirs: () => ({ topics: null }),
  createPartitions: () => ({
    topics: [{ name: topic, count: 1, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: true,
  }),
  deleteGroups: () => ({ groupsNames: ['none'] }),
  offsetDelete: () => ({ groupId: group, topics: [] }),
  describeQuorum: () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  electLeaders: () => ({
    topicPartitions: [{ topic, partitions: [0] }],
    timeoutMs: 1_000,
  }),
  alterPartitionReassignments: () => ({
    timeoutMs: 1_000,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, replicas: null }] }],
  }),
  listPartitionReassignments: () => ({ timeoutMs: 1_000, topics: null }),
  // Of another cluster: answered, and nothing is changed.
  addRaftVoter: () => ({
    clusterId: 'another',
    timeoutMs: 1_000,
    voterId: 2,
    voterDirectoryId: topicId,
    listeners: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }],
  }),
  removeRaftVoter: () => ({ clusterId: 'another', voterId: 2, voterDirectoryId: topicId }),
  unregisterBroker: () => ({ brokerId: 99 }),
  saslHandshake: () => ({ mechanism: 'PLAIN' }),
  saslAuthenticate: () => ({ authBytes: Buffer.from('x') }),
  describeUserScramCredentials: () => ({ users: null }),
  alterUserScramCredentials: () => ({ deletions: [], upsertions: [] }),
  describeClientQuotas: () => ({ components: [], strict: false }),
  alterClientQuotas: () => ({ entries: [], validateOnly: true }),
  describeAcls: () => aclFilter,
  createDelegationToken: () => ({ renewers: [], maxLifetimeMs: -1 }),
  renewDelegationToken: () => ({ hmac: Buffer.from('x'), renewPeriodMs: -1 }),
  expireDelegationToken: () => ({ hmac: Buffer.from('x'), expiryTimePeriodMs: -1 }),
  describeDelegationToken: () => ({ owners: null }),
  createAcls: () => ({ creations: [] }),
  deleteAcls: () => ({ filters: [aclFilter] }),
  updateFeatures: () => ({ timeoutMs: 1_000, featureUpdates: [] }),
  describeCluster: () => ({ includeClusterAuthorizedOperations: false }),
  describeProducers: () => ({ topics: [{ name: topic, partitionIndexes: [0] }] }),
  getTelemetrySubscriptions: () => ({ clientInstanceId: zeroUuid }),
  pushTelemetry: () => ({
    clientInstanceId: topicId,
    subscriptionId: 0,
    terminating: false,
    compressionType: 0,
    metrics: Buffer.alloc(0),
  }),
  listConfigResources: () => ({}),
  describeTopicPartitions: () => ({ topics: [{ name: topic }], responsePartitionLimit: 100 }),
}

beforeAll(async () => {
  node = await startTestNode()
  client = await node.connect()
  const made = await client.send('createTopics', 7, {
    topics: [{ name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 5_000,
  })
  topicId = made.topics[0]?.topicId ?? ''
  await client.send('findCoordinator', 4, { coordinatorKeys: [group] })
})
afterAll(() => node.close())

describe('every version of', () => {
  for (const { api } of handlers) {
    const { min, max } = apis[api].request.versions
    const versions = Array.from({ length: max - min + 1 }, (_, index) => min + index)
    it.each(versions)(`${apis[api].name} %i is answered`, async (version) => {
      const make = requests[api]
      expect(make, `this test needs a request for ${api}`).toBeDefined()
      const answer = await client.send(api, version, make?.(version) as never)
      expect(answer).toBeTypeOf('object')
      expect(JSON.stringify(answer, jsonable)).not.toMatch(/"errorCode":-1[,}]/)
    })
  }
})

function jsonable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
