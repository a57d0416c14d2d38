// What admins ask of a fresh cluster of three nodes: elections, reassignments, members of the
// quorum, features, brokers that are gone. Played against Apache Kafka it gives the golden answers
// in vectors/; our handlers must give the same.

import type { ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Encodable } from '@samsa/proto/wire/message'
import type { Step } from './scenario.ts'

type RequestInput<N extends ApiName> = Encodable<(typeof apis)[N]['request']>

/** Between the requests: what whoever plays the scenario does to the cluster. */
export interface Event {
  readonly event: 'broker 3 dies' | 'replicas catch up'
}

const steps: (Step | Event)[] = []

function ask<N extends ApiName>(
  title: string,
  api: N,
  version: number,
  request: RequestInput<N>,
): void {
  steps.push({ title, api, version, request })
}

function happens(event: Event['event']): void {
  steps.push({ event })
}

const timeoutMs = 10_000

// --- Topics
function create(name: string, replicas: readonly (readonly number[])[]) {
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  // The newest version whose answer does not list all configs.
  ask(`topic ${name}`, 'createTopics', 4, { topics: [topic], timeoutMs, validateOnly: false })
}

function describe(title: string, name: string) {
  const topics = [{ name }]
  ask(title, 'describeTopicPartitions', 0, { topics, responsePartitionLimit: 100, cursor: null })
}

create('moved', [
  [1, 2],
  [2, 1],
  [1, 2],
])
create('wide', [[1, 2, 3]])
create('solo', [[3]])
create('led', [
  [1, 2],
  [3, 1],
])
describe('a topic of three partitions', 'moved')

// --- ElectLeaders
function elect(
  title: string,
  version: number,
  electionType: number,
  topicPartitions: { topic: string; partitions: number[] }[] | null,
) {
  ask(title, 'electLeaders', version, { electionType, topicPartitions, timeoutMs })
}

const of = (topic: string, ...partitions: number[]) => ({ topic, partitions })
elect('preferred leaders that lead', 2, 0, [of('moved', 0, 1)])
elect('leaders of what is not there', 2, 0, [of('nobody', 0), of('moved', 9)])
elect('all leaders', 2, 0, null)
elect('unclean leaders where there are leaders', 2, 1, [of('moved', 0)])
elect('all unclean leaders', 1, 1, null)
elect('leaders in the oldest version', 0, 0, [of('moved', 0)])
elect('an election of no known kind', 2, 7, [of('moved', 0)])
elect('leaders of nothing', 2, 0, [])

// --- AlterPartitionReassignments, ListPartitionReassignments
type Moves = Record<string, Record<number, number[] | null>>

function reassign(title: string, moves: Moves, { version = 1, allow = true } = {}) {
  const topics = Object.entries(moves).map(([name, partitions]) => ({
    name,
    partitions: Object.entries(partitions).map(([index, replicas]) => ({
      partitionIndex: Number(index),
      replicas,
    })),
  }))
  const factor = version >= 1 ? { allowReplicationFactorChange: allow } : {}
  ask(title, 'alterPartitionReassignments', version, { timeoutMs, topics, ...factor })
}

function list(title: string, wanted: Record<string, number[]> | null) {
  const topics =
    wanted && Object.entries(wanted).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
  ask(title, 'listPartitionReassignments', 0, { timeoutMs, topics })
}

list('no reassignments', null)
list('no reassignments of topics', { moved: [0, 9], nobody: [0] })
list('reassignments of nothing', {})
reassign('what is not there', { nobody: { 0: [1] }, moved: { 9: [1] } })
reassign('a cancel of what is not under way', { moved: { 0: null } })
reassign('a cancel of what is not there', { nobody: { 0: null }, moved: { 9: null } })
reassign('to no replicas', { moved: { 0: [] } })
reassign('to a broker twice', { moved: { 0: [1, 1] } })
reassign('to a broker that is not there', { moved: { 0: [1, 7] } })
reassign('to a negative broker', { moved: { 0: [1, -3] } })
reassign('to where it is', { moved: { 0: [1, 2] } })
reassign('nothing', {})
reassign(
  'another number of replicas where that is not allowed',
  { moved: { 0: [1, 2, 3] } },
  {
    allow: false,
  },
)
reassign('the same number where that must be', { moved: { 0: [1, 3] } }, { allow: false })
happens('replicas catch up')
describe('the first partition has moved', 'moved')
reassign('in another order, in the oldest version', { moved: { 1: [1, 2] } }, { version: 0 })
describe('the second partition has another order', 'moved')
elect('the new preferred leader', 2, 0, [of('moved', 1)])
elect('which then leads', 2, 0, [of('moved', 1)])
reassign('to one replica', { moved: { 2: [2] } })
happens('replicas catch up')
describe('the third partition has one replica', 'moved')
reassign('to three replicas', { moved: { 2: [3, 1, 2] } })
happens('replicas catch up')
describe('the third partition has three replicas', 'moved')
elect('all preferred leaders', 2, 0, null)
describe('every partition is led by its first replica', 'moved')
list('no reassignments are left', null)

// --- UpdateFeatures
function update(
  title: string,
  version: number,
  updates: [feature: string, maxVersionLevel: number, upgradeType: number][],
  validateOnly = false,
) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType]) =>
    version === 0
      ? { feature, maxVersionLevel, allowDowngrade: upgradeType > 1 }
      : { feature, maxVersionLevel, upgradeType },
  )
  const more = version === 0 ? {} : { validateOnly }
  ask(title, 'updateFeatures', version, { timeoutMs, featureUpdates, ...more })
}

update('a feature that is not known', 2, [['no.such.feature', 1, 1]])
update('a feature that is not known, in version 1', 1, [['no.such.feature', 1, 1]])
update('to the level that it has', 2, [['metadata.version', 30, 1]])
update('to a level that is not known', 2, [['metadata.version', 99, 1]])
update('to a negative level', 2, [['metadata.version', -1, 1]])
update('to a lower level as an upgrade', 2, [['metadata.version', 29, 1]])
update('in no known way', 2, [['metadata.version', 29, 9]])
update('to a level that is not known, in version 0', 0, [['metadata.version', 99, 1]])
update('validate only', 1, [['metadata.version', 30, 1]], true)
update('two, one of them wrong', 1, [
  ['metadata.version', 30, 1],
  ['no.such.feature', 1, 1],
])
update('no feature', 2, [])

// --- The quorum; what it says of its voters is tested with processes
const listeners = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }]
function addVoter(title: string, voterId: number, more: { clusterId?: string; dir?: string } = {}) {
  const { clusterId = null, dir = unknownDirectory } = more
  const request = { clusterId, timeoutMs, voterId, voterDirectoryId: dir, listeners }
  ask(title, 'addRaftVoter', 0, request)
}

function removeVoter(title: string, voterId: number, clusterId: string | null = null) {
  const request = { clusterId, voterId, voterDirectoryId: unknownDirectory }
  ask(title, 'removeRaftVoter', 0, request)
}

const unknownDirectory = 'unknown-directory-0001'
addVoter('a voter of another cluster', 4, { clusterId: 'another-cluster-000001' })
removeVoter('a voter of another cluster is not removed', 1, 'another-cluster-000001')

// --- A broker that is gone
happens('broker 3 dies')
ask('the brokers that are alive', 'describeCluster', 2, {
  includeClusterAuthorizedOperations: false,
  endpointType: 1,
  includeFencedBrokers: false,
})
ask('all brokers', 'describeCluster', 2, {
  includeClusterAuthorizedOperations: false,
  endpointType: 1,
  includeFencedBrokers: true,
})
describe('its partitions are led by others', 'led')
describe('a partition of its own', 'solo')
elect('a preferred leader that is gone', 2, 0, [of('led', 1, 0)])
elect('unclean where nobody else has it', 2, 1, [of('solo', 0), of('led', 1)])
elect('preferred where nobody else has it', 2, 0, [of('solo', 0)])
elect('all, with a broker gone', 2, 0, null)
elect('all unclean, with a broker gone', 2, 1, null)
reassign('to the broker that is gone', { led: { 0: [3, 1] } })
list('a reassignment that waits', null)
list('a reassignment that waits, by name', { led: [0, 1] })
describe('a partition under way', 'led')
reassign('elsewhere while it waits', { led: { 0: [2, 3] } })
list('a reassignment that waits still', null)
reassign('a cancel', { led: { 0: null } })
list('none waits', null)
describe('a partition that stays', 'led')
reassign('away from the broker that is gone', { led: { 1: [2, 1] } })
happens('replicas catch up')
describe('a partition that left it', 'led')

// --- UnregisterBroker
function unregister(title: string, brokerId: number) {
  ask(title, 'unregisterBroker', 0, { brokerId })
}

unregister('a broker that never was', 99)
unregister('a broker that is gone', 3)
unregister('it a second time', 3)
ask('all brokers but it', 'describeCluster', 2, {
  includeClusterAuthorizedOperations: false,
  endpointType: 1,
  includeFencedBrokers: true,
})
describe('what only it had', 'solo')
reassign('to where it was', { wide: { 0: [1, 2, 3] } })
reassign('away from where it was', { wide: { 0: [2, 1] } })
happens('replicas catch up')
describe('what left it', 'wide')

export const clusterScenario: readonly (Step | Event)[] = steps
