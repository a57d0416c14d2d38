// What admins ask of a fresh one-node cluster, rightly and wrongly, one request after the other.
// Played against Apache Kafka it gives the golden answers in vectors/; our handlers must give the
// same. Ids are written as `<id NAME>`.

import type { ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Encodable } from '@samsa/proto/wire/message'
import { zeroUuid } from '@samsa/proto/wire/types'

type RequestInput<N extends ApiName> = Encodable<(typeof apis)[N]['request']>

export interface Step {
  readonly title: string
  readonly api: ApiName
  readonly version: number
  readonly request: unknown
}

const steps: Step[] = []

function ask<N extends ApiName>(
  title: string,
  api: N,
  version: number,
  request: RequestInput<N>,
): void {
  steps.push({ title, api, version, request })
}

/** Stands for the id of a topic created earlier; the player puts it in. */
export function idOf(name: string): string {
  return `<id ${name}>`
}

const unknownId = 'unknown-topic-id-00001'

interface TopicOptions {
  numPartitions?: number
  replicationFactor?: number
  assignments?: { partitionIndex: number; brokerIds: number[] }[]
  configs?: { name: string; value: string | null }[]
}

function topic(name: string, options: TopicOptions = {}) {
  const { numPartitions = 1, replicationFactor = 1, assignments = [], configs = [] } = options
  return { name, numPartitions, replicationFactor, assignments, configs }
}

function manual(name: string, assignments: TopicOptions['assignments'] = []) {
  return topic(name, { numPartitions: -1, replicationFactor: -1, assignments })
}

function create(title: string, version: number, topics: ReturnType<typeof topic>[], dry = false) {
  ask(title, 'createTopics', version, { topics, timeoutMs: 10_000, validateOnly: dry })
}

// --- CreateTopics
create('a topic with defaults', 7, [topic('plain', { numPartitions: -1, replicationFactor: -1 })])
create('a topic with configs', 7, [
  topic('configured', {
    numPartitions: 2,
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '1234567' },
    ],
  }),
])
create('in the oldest version', 2, [topic('oldest')])
create('in version 5 with its configs', 5, [topic('five')])
create('a manual assignment', 7, [
  manual('assigned', [
    { partitionIndex: 1, brokerIds: [1] },
    { partitionIndex: 0, brokerIds: [1] },
  ]),
])
create('validate only makes nothing', 7, [topic('dry')], true)
create('validate only refuses as if it did', 7, [topic('plain'), topic('dry')], true)
create('a name that is taken', 7, [topic('plain')])
create('a name twice', 7, [topic('twice'), topic('twice'), topic('once')])
create('names that are not allowed', 7, [
  topic(''),
  topic('.'),
  topic('..'),
  topic('a b'),
  topic('ä'),
  topic('x'.repeat(250)),
])
create('the longest name', 7, [topic('y'.repeat(249))])
create('names that collide', 7, [topic('a.b')])
create('names that collide with one that is there', 7, [topic('a_b'), topic('a.c'), topic('a-b')])
create('the topic of the metadata log', 7, [topic('__cluster_metadata')])
create('no topic at all', 7, [])
create('replication factors that cannot be', 7, [
  topic('bad-rf-0', { replicationFactor: 0 }),
  topic('bad-rf-2', { replicationFactor: 2 }),
  topic('bad-rf-minus', { replicationFactor: -2 }),
])
create('partition counts that cannot be', 7, [
  topic('bad-count-0', { numPartitions: 0 }),
  topic('bad-count-minus', { numPartitions: -2 }),
])
create('manual assignments that cannot be', 7, [
  manual('bad-broker', [{ partitionIndex: 0, brokerIds: [7] }]),
  manual('bad-double', [{ partitionIndex: 0, brokerIds: [1, 1] }]),
  manual('bad-empty', [{ partitionIndex: 0, brokerIds: [] }]),
  manual('bad-gap', [{ partitionIndex: 1, brokerIds: [1] }]),
  manual('bad-repeat', [
    { partitionIndex: 0, brokerIds: [1] },
    { partitionIndex: 0, brokerIds: [1] },
  ]),
  topic('bad-both-rf', {
    numPartitions: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1] }],
  }),
  topic('bad-both-count', {
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1] }],
  }),
])
create('configs that cannot be', 7, [
  topic('bad-key', { configs: [{ name: 'no.such.config', value: '1' }] }),
  topic('bad-value', { configs: [{ name: 'retention.ms', value: 'soon' }] }),
  topic('bad-range', { configs: [{ name: 'retention.ms', value: '-2' }] }),
  topic('bad-choice', { configs: [{ name: 'cleanup.policy', value: 'burn' }] }),
  topic('bad-null', { configs: [{ name: 'retention.ms', value: null }] }),
])
create('more partitions than one request may make', 7, [topic('huge', { numPartitions: 10_001 })])

// --- CreatePartitions
interface Growth {
  name: string
  count: number
  assignments: { brokerIds: number[] }[] | null
}

function grow(title: string, version: number, topics: Growth[], dry = false) {
  ask(title, 'createPartitions', version, { topics, timeoutMs: 10_000, validateOnly: dry })
}

const grown = (name: string, count: number, assignments: Growth['assignments'] = null) => ({
  name,
  count,
  assignments,
})
grow('validate only', 3, [grown('plain', 3)], true)
grow('to three', 3, [grown('plain', 3)])
grow('as many as there are, and fewer', 3, [grown('plain', 3), grown('configured', 1)])
grow('of an unknown topic', 3, [grown('nobody', 2)])
grow('a topic twice', 3, [grown('plain', 4), grown('plain', 5)])
grow('with assignments', 3, [grown('oldest', 2, [{ brokerIds: [1] }])])
grow('with assignments that cannot be', 3, [
  grown('five', 3, [{ brokerIds: [1] }]),
  grown('assigned', 3, [{ brokerIds: [9] }]),
])
grow('with two replicas where there is one', 2, [grown('configured', 3, [{ brokerIds: [1, 2] }])])
grow('in the oldest version', 0, [grown('configured', 3)])
grow('to a negative count', 3, [grown('configured', -1)])

// --- Metadata
interface Wanted {
  topicId?: string
  name: string | null
}

function metadata(title: string, version: number, topics: Wanted[] | null, autoCreate = false) {
  ask(title, 'metadata', version, {
    topics,
    allowAutoTopicCreation: version >= 4 ? autoCreate : true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
}

metadata('named topics', 1, [{ name: 'plain' }, { name: 'configured' }])
metadata('named topics in version 9', 9, [{ name: 'plain' }, { name: 'nobody' }])
metadata('all topics in version 0', 0, [])
metadata('all topics', 12, null)
metadata('a topic twice', 12, [{ name: 'plain' }, { name: 'plain' }])
metadata('an id and a name', 12, [{ topicId: idOf('a-b'), name: null }, { name: 'plain' }])
metadata('topics with their ids', 12, [{ name: 'five' }, { name: 'configured' }])
metadata('no topics', 12, [])
metadata('a topic by id', 12, [{ topicId: idOf('plain'), name: null }])
metadata('by an id that is unknown', 12, [{ topicId: unknownId, name: null }])
metadata('in the newest version', 13, [{ name: 'oldest' }, { name: 'a b' }])
metadata('a topic that is not there is made', 12, [{ name: 'made-by-asking' }], true)
metadata('and is there the next time', 12, [{ name: 'made-by-asking' }], true)
metadata('a bad name is not made', 12, [{ name: 'bad name' }], true)
ask('with authorized operations', 'metadata', 8, {
  topics: [{ name: 'plain' }],
  allowAutoTopicCreation: false,
  includeClusterAuthorizedOperations: true,
  includeTopicAuthorizedOperations: true,
})
ask('with authorized operations of topics', 'metadata', 12, {
  topics: [{ name: 'plain' }, { name: 'nobody' }],
  allowAutoTopicCreation: false,
  includeTopicAuthorizedOperations: true,
})

// --- DescribeCluster, DescribeQuorum, DescribeTopicPartitions
ask('the cluster', 'describeCluster', 0, { includeClusterAuthorizedOperations: false })
ask('the cluster with operations', 'describeCluster', 2, {
  includeClusterAuthorizedOperations: true,
  endpointType: 1,
  includeFencedBrokers: true,
})
ask('the controllers, of a broker', 'describeCluster', 1, {
  includeClusterAuthorizedOperations: false,
  endpointType: 2,
})
ask('endpoints of a third kind', 'describeCluster', 1, {
  includeClusterAuthorizedOperations: false,
  endpointType: 9,
})
ask('the quorum', 'describeQuorum', 2, {
  topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
})
ask('the quorum of another topic', 'describeQuorum', 2, {
  topics: [{ topicName: 'plain', partitions: [{ partitionIndex: 0 }] }],
})
ask('the quorum of another partition', 'describeQuorum', 1, {
  topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 1 }] }],
})
ask('the quorum of nothing', 'describeQuorum', 0, { topics: [] })

function pages(
  title: string,
  names: string[],
  responsePartitionLimit: number,
  cursor: { topicName: string; partitionIndex: number } | null = null,
) {
  const topics = names.map((name) => ({ name }))
  ask(title, 'describeTopicPartitions', 0, { topics, responsePartitionLimit, cursor })
}

pages('partitions of topics', ['plain', 'oldest'], 100)
pages('of an unknown topic and a bad name', ['nobody', 'a b', 'plain'], 100)
pages('the first page', ['plain', 'oldest'], 1)
pages('the next page', ['plain', 'oldest'], 3, { topicName: 'plain', partitionIndex: 0 })
pages('from a topic that is gone', ['plain', 'oldest'], 3, {
  topicName: 'p-gone',
  partitionIndex: 4,
})
pages('from a negative partition', ['plain'], 3, { topicName: 'plain', partitionIndex: -1 })
pages('a page that ends with a topic', ['plain', 'oldest'], 2)
pages('names twice', ['plain', 'plain'], 10)
pages('no partitions', ['plain'], 0)
pages('of all topics', [], 4)
pages('of all topics, further on', [], 100, { topicName: 'b-gone', partitionIndex: 2 })

// --- IncrementalAlterConfigs: 0 set, 1 delete, 2 append, 3 subtract
type Alteration = [name: string, configOperation: number, value: string | null]

function alteration(resourceType: number, resourceName: string, changes: Alteration[]) {
  const configs = changes.map(([name, configOperation, value]) => ({
    name,
    configOperation,
    value,
  }))
  return { resourceType, resourceName, configs }
}

function alter(
  title: string,
  version: number,
  resources: ReturnType<typeof alteration>[],
  dry = false,
) {
  ask(title, 'incrementalAlterConfigs', version, { resources, validateOnly: dry })
}

alter('set', 1, [alteration(2, 'plain', [['retention.ms', 0, '1000']])])
alter('validate only', 1, [alteration(2, 'plain', [['retention.ms', 0, '2000']])], true)
alter('append and subtract', 1, [
  alteration(2, 'plain', [['cleanup.policy', 2, 'compact']]),
  alteration(2, 'configured', [['cleanup.policy', 3, 'compact']]),
])
alter('append to what is no list', 1, [alteration(2, 'plain', [['retention.ms', 2, '5']])])
alter('delete', 1, [alteration(2, 'plain', [['cleanup.policy', 1, null]])])
alter('delete what was never set', 0, [alteration(2, 'plain', [['flush.ms', 1, null]])])
alter('an unknown topic', 1, [alteration(2, 'nobody', [['retention.ms', 0, '1']])])
alter('a bad topic name', 1, [alteration(2, 'a b', [['retention.ms', 0, '1']])])
alter('an empty topic name', 1, [alteration(2, '', [['retention.ms', 0, '1']])])
alter('unknown configs', 1, [alteration(2, 'plain', [['no.such', 0, '1']])])
alter('bad values', 1, [
  alteration(2, 'plain', [['max.message.bytes', 0, '-1']]),
  alteration(2, 'five', [['message.timestamp.type', 0, 'Lunar']]),
])
alter('a null value', 1, [alteration(2, 'plain', [['retention.ms', 0, null]])])
alter('a config twice', 1, [
  alteration(2, 'plain', [
    ['retention.ms', 0, '1'],
    ['retention.ms', 0, '2'],
  ]),
])
alter('a resource twice', 1, [
  alteration(2, 'plain', [['retention.ms', 0, '1']]),
  alteration(2, 'plain', [['flush.ms', 0, '2']]),
])
alter('an unknown kind of resource', 1, [alteration(77, 'plain', [['retention.ms', 0, '1']])])
alter('an unknown operation', 1, [alteration(2, 'plain', [['retention.ms', 9, '1']])])
alter('the default of all brokers', 1, [alteration(4, '', [['log.retention.ms', 0, '86400000']])])
alter('this broker', 1, [alteration(4, '1', [['log.cleaner.threads', 0, '2']])])
alter('another broker', 1, [alteration(4, '2', [['log.cleaner.threads', 0, '2']])])
alter('a broker that is no number', 1, [alteration(4, 'one', [['log.cleaner.threads', 0, '2']])])
alter('a broker config that is read only', 1, [alteration(4, '1', [['log.dirs', 0, '/tmp/x']])])
alter('a broker config that does not parse', 1, [
  alteration(4, '1', [['log.cleaner.threads', 0, 'two']]),
])
alter('a group', 1, [alteration(32, 'workers', [['consumer.session.timeout.ms', 0, '50000']])])
alter('a group config that cannot be', 1, [
  alteration(32, 'workers', [['consumer.session.timeout.ms', 0, '1']]),
  alteration(32, '', [['consumer.session.timeout.ms', 0, '50000']]),
])
alter('a group config that is unknown', 1, [alteration(32, 'workers', [['no.such', 0, '1']])])

alter('client metrics', 1, [
  alteration(16, 'watch', [
    ['interval.ms', 0, '5000'],
    ['metrics', 0, 'org.apache.kafka.consumer.'],
  ]),
  alteration(16, '', [['interval.ms', 0, '5000']]),
])
alter('nothing', 1, [])

// --- AlterConfigs
function replace(
  title: string,
  version: number,
  resourceType: number,
  resourceName: string,
  configs: { name: string; value: string | null }[],
) {
  const resources = [{ resourceType, resourceName, configs }]
  ask(title, 'alterConfigs', version, { resources, validateOnly: false })
}

replace('of a topic', 2, 2, 'five', [{ name: 'retention.ms', value: '5000' }])
replace('takes away what is not given', 0, 2, 'five', [{ name: 'flush.ms', value: '7' }])
replace('with a null', 2, 2, 'five', [{ name: 'retention.ms', value: null }])
replace('of a topic that is unknown', 2, 2, 'nobody', [{ name: 'flush.ms', value: '7' }])
replace('of a logger', 2, 8, '1', [{ name: 'root', value: 'INFO' }])
replace('with a bad value', 2, 2, 'five', [{ name: 'flush.ms', value: 'x' }])

// --- DescribeConfigs, some keys; that all are there is for the tables' own tests
function describe(
  title: string,
  version: number,
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null,
) {
  ask(title, 'describeConfigs', version, {
    resources: [{ resourceType, resourceName, configurationKeys }],
    includeSynonyms: true,
    includeDocumentation: false,
  })
}

const someTopicKeys = ['retention.ms', 'cleanup.policy', 'flush.ms', 'min.insync.replicas']
describe('of a topic', 4, 2, 'plain', someTopicKeys)
describe('of a topic in the oldest version', 1, 2, 'five', someTopicKeys)
describe('of an unknown topic', 4, 2, 'nobody', null)
describe('of a bad topic name', 4, 2, 'a b', null)
describe('of this broker', 4, 4, '1', ['log.retention.ms', 'log.cleaner.threads', 'log.dirs'])
describe('of the default of all brokers', 4, 4, '', null)
describe('of another broker', 4, 4, '2', null)
describe('of a broker that is no number', 4, 4, 'one', null)
describe('of a group', 4, 32, 'workers', ['consumer.session.timeout.ms'])
describe('of client metrics', 4, 16, 'watch', ['interval.ms', 'metrics'])
describe('of client metrics without a name', 4, 16, '', null)
describe('of a group without a name', 4, 32, '', null)
describe('of an unknown kind', 4, 77, 'x', null)
describe('of unknown keys', 4, 2, 'plain', ['no.such.config'])

// --- ListConfigResources
ask('all kinds', 'listConfigResources', 1, { resourceTypes: [] })
ask('topics', 'listConfigResources', 1, { resourceTypes: [2] })
ask('brokers and groups', 'listConfigResources', 1, { resourceTypes: [4, 32] })
ask('client metrics, as version 0 means', 'listConfigResources', 0, {})
ask('an unknown kind', 'listConfigResources', 1, { resourceTypes: [77] })

// --- InitProducerId
const noProducer = { transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
ask('a producer id', 'initProducerId', 4, { transactionalId: null, ...noProducer })
ask('the next one', 'initProducerId', 0, { transactionalId: null, transactionTimeoutMs: 60_000 })
ask('an id that is known', 'initProducerId', 4, {
  transactionalId: null,
  transactionTimeoutMs: 60_000,
  producerId: 5,
  producerEpoch: 3,
})
ask('an epoch without an id', 'initProducerId', 4, {
  transactionalId: null,
  transactionTimeoutMs: 60_000,
  producerId: -1,
  producerEpoch: 3,
})
ask('an empty transactional id', 'initProducerId', 4, { transactionalId: '', ...noProducer })

// --- DeleteTopics
type Doomed = { name?: string | null; topicId: string }

function remove(title: string, topics: Doomed[]) {
  ask(title, 'deleteTopics', 6, { topics, timeoutMs: 10_000 })
}

const named = (name: string): Doomed => ({ name, topicId: zeroUuid })
remove('by name', [named('oldest')])
remove('by id', [{ name: null, topicId: idOf('five') }])
remove('what is not there', [named('nobody'), { name: null, topicId: unknownId }])
remove('a name twice', [named('plain'), named('plain')])
remove('an id twice', [
  { name: null, topicId: idOf('plain') },
  { name: null, topicId: idOf('plain') },
])
remove('a name and its id', [named('plain'), { name: null, topicId: idOf('plain') }])
remove('with a name and an id in one', [{ name: 'plain', topicId: idOf('plain') }])
remove('with neither', [{ name: null, topicId: zeroUuid }])
ask('in an older version', 'deleteTopics', 5, {
  topicNames: ['configured', 'nobody'],
  timeoutMs: 10_000,
})
ask('in the oldest version', 'deleteTopics', 1, { topicNames: ['assigned'], timeoutMs: 10_000 })
create('a name that has become free', 7, [topic('oldest')])
metadata('what is left', 12, [{ name: 'plain' }, { name: 'five' }, { name: 'oldest' }])

export const adminScenario: readonly Step[] = steps
