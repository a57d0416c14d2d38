// What consumers and admins ask of groups, rightly and wrongly, one request after the other. Played
// against Apache Kafka it gives the golden answers in vectors/; our handlers must give the same.
// Member ids are written as `<member a#1>`, the first id that client a was given, topic ids as
// `<id NAME>`.

import type { ApiName, apis } from '@samsa/proto/kafka/apis'
import type { Encodable } from '@samsa/proto/wire/message'
import { zeroUuid } from '@samsa/proto/wire/types'

type RequestInput<N extends ApiName> = Encodable<(typeof apis)[N]['request']>

export interface GroupStep {
  readonly title: string
  readonly api: ApiName
  readonly version: number
  /** Each client has a connection of its own, since a waiting request holds up those behind it. */
  readonly client: string
  readonly request: unknown
}

/** The broker's settings that the scenario counts on. */
export const scenarioSettings = [
  'group.initial.rebalance.delay.ms=0',
  'group.min.session.timeout.ms=1000',
  'group.max.size=2',
  'offsets.topic.num.partitions=3',
]

const steps: GroupStep[] = []

function ask<N extends ApiName>(
  title: string,
  client: string,
  api: N,
  version: number,
  request: RequestInput<N>,
): void {
  steps.push({ title, client, api, version, request })
}

/** Version 0 of the consumer protocol's subscription to 't', in base64: buffers do not fit JSON. */
const subscriptionToT = 'AAAAAAABAAF0/////w=='
const otherSubscription = 'AAAAAAABAAF1/////w=='

/** The player makes a buffer of it. */
function bytes(base64: string): Buffer {
  return { base64 } as unknown as Buffer
}

const text = (value: string) => bytes(Buffer.from(value).toString('base64'))
const member = (name: string) => `<member ${name}>`
const idOf = (topic: string) => `<id ${topic}>`
const unknownTopicId = 'unknown-topic-id-00001'

interface Join {
  group: string
  memberId?: string
  instance?: string
  version?: number
  sessionTimeoutMs?: number
  protocolType?: string
  protocols?: readonly string[]
  metadata?: string
}

function join(title: string, client: string, options: Join): void {
  const { group, memberId = '', version = 9, sessionTimeoutMs = 60_000 } = options
  const { protocols = ['range'], protocolType = 'consumer', metadata = subscriptionToT } = options
  ask(title, client, 'joinGroup', version, {
    groupId: group,
    sessionTimeoutMs,
    rebalanceTimeoutMs: version === 0 ? -1 : 60_000,
    memberId,
    protocolType,
    protocols: protocols.map((name) => ({ name, metadata: bytes(metadata) })),
    ...(options.instance === undefined ? {} : { groupInstanceId: options.instance }),
  })
}

interface Sync {
  group: string
  memberId: string
  generationId?: number
  instance?: string
  version?: number
  protocolType?: string | null
  protocolName?: string | null
  assigns?: Readonly<Record<string, string>>
}

function sync(title: string, client: string, options: Sync): void {
  const { group, memberId, generationId = 1, version = 5, assigns = {} } = options
  const { protocolType = 'consumer', protocolName = 'range' } = options
  ask(title, client, 'syncGroup', version, {
    groupId: group,
    generationId,
    memberId,
    assignments: Object.entries(assigns).map(([name, assignment]) => ({
      memberId: name,
      assignment: text(assignment),
    })),
    ...(options.instance === undefined ? {} : { groupInstanceId: options.instance }),
    ...(version >= 5 ? { protocolType, protocolName } : {}),
  })
}

function beat(title: string, group: string, memberId: string, generationId = 1, instance?: string) {
  ask(title, 'admin', 'heartbeat', 4, {
    groupId: group,
    generationId,
    memberId,
    ...(instance === undefined ? {} : { groupInstanceId: instance }),
  })
}

function leave(title: string, group: string, ...members: [string, string?][]): void {
  ask(title, 'admin', 'leaveGroup', 5, {
    groupId: group,
    members: members.map(([memberId, groupInstanceId = null]) => ({ memberId, groupInstanceId })),
  })
}

interface Commit {
  group: string
  memberId?: string
  generationId?: number
  instance?: string
  version?: number
  retentionTimeMs?: number
}

type Row = readonly [partitionIndex: number, offset: number, metadata: string | null]

function commit(title: string, options: Commit, topics: Readonly<Record<string, Row[]>>): void {
  const { group, memberId = '', generationId = -1, version = 9, retentionTimeMs = -1 } = options
  ask(title, 'admin', 'offsetCommit', version, {
    groupId: group,
    generationIdOrMemberEpoch: generationId,
    memberId,
    retentionTimeMs,
    topics: Object.entries(topics).map(([name, rows]) => ({
      ...(version >= 10 ? { topicId: name } : { name }),
      partitions: rows.map(([partitionIndex, committedOffset, committedMetadata]) => ({
        partitionIndex,
        committedOffset,
        committedLeaderEpoch: 0,
        committedMetadata,
      })),
    })),
    ...(options.instance === undefined ? {} : { groupInstanceId: options.instance }),
  })
}

type Wanted = Readonly<Record<string, number[]>> | null

function fetch(title: string, version: number, group: string, wanted: Wanted): void {
  const topics =
    wanted === null
      ? null
      : Object.entries(wanted).map(([name, partitionIndexes]) => ({
          name,
          partitionIndexes,
          ...(version >= 10 ? { topicId: name } : {}),
        }))
  if (version >= 8) {
    ask(title, 'admin', 'offsetFetch', version, { groups: [{ groupId: group, topics }] })
  } else {
    ask(title, 'admin', 'offsetFetch', version, { groupId: group, topics })
  }
}

function deleteOffsets(title: string, group: string, topics: Readonly<Record<string, number[]>>) {
  ask(title, 'admin', 'offsetDelete', 0, {
    groupId: group,
    topics: Object.entries(topics).map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  })
}

function describe(title: string, version: number, ...groups: string[]): void {
  ask(title, 'admin', 'describeGroups', version, {
    groups,
    ...(version >= 3 ? { includeAuthorizedOperations: version === 4 } : {}),
  })
}

function list(title: string, version: number, states: string[] = [], types: string[] = []): void {
  ask(title, 'admin', 'listGroups', version, {
    ...(version >= 4 ? { statesFilter: states } : {}),
    ...(version >= 5 ? { typesFilter: types } : {}),
  })
}

function deleteGroups(title: string, version: number, ...groupsNames: string[]): void {
  ask(title, 'admin', 'deleteGroups', version, { groupsNames })
}

function topic(name: string, numPartitions: number): void {
  ask(`topic ${name}`, 'admin', 'createTopics', 7, {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 10_000,
    validateOnly: false,
  })
}

topic('t', 2)
topic('doomed', 1)

// --- FindCoordinator
for (const version of [0, 1, 2, 3]) {
  ask(`version ${version}`, 'admin', 'findCoordinator', version, { key: 'g', keyType: 0 })
}
ask('no group id', 'admin', 'findCoordinator', 3, { key: '', keyType: 0 })
ask('several', 'admin', 'findCoordinator', 4, { keyType: 0, coordinatorKeys: ['a', '', 'a'] })
ask('none', 'admin', 'findCoordinator', 4, { keyType: 0, coordinatorKeys: [] })
ask('newest', 'admin', 'findCoordinator', 6, { keyType: 0, coordinatorKeys: ['a'] })
ask('an unknown type, one key', 'admin', 'findCoordinator', 3, { keyType: 7, key: 'a' })
ask('an unknown type', 'admin', 'findCoordinator', 6, { keyType: 7, coordinatorKeys: ['a'] })
ask('a share group in an old version', 'admin', 'findCoordinator', 5, {
  keyType: 2,
  coordinatorKeys: ['x'],
})

// --- JoinGroup: who is let in
join('no group id', 'a', { group: '' })
join('no group id and a bad session', 'a', { group: '', sessionTimeoutMs: 1 })
join('session too short', 'a', { group: 'j', sessionTimeoutMs: 999 })
join('session too long', 'a', { group: 'j', sessionTimeoutMs: 1_800_001 })
join('a member id without a group', 'a', { group: 'j', memberId: 'left-over' })
join('a static one without a group', 'a', { group: 'j', memberId: 'left-over', instance: 'i' })
join('no protocols', 'a', { group: 'no-protocols', protocols: [] })
join('no protocol type', 'a', { group: 'no-type', protocolType: '' })
for (const version of [0, 1, 2, 3]) {
  join(`version ${version}`, `old${version}`, { group: `old${version}`, version })
}
join('a member id first', 'a', { group: 'j', version: 4 })
join('with it', 'a', { group: 'j', memberId: member('a#1') })
join('again, nothing changed', 'a', { group: 'j', memberId: member('a#1') })
join('a stranger', 'x', { group: 'j', memberId: 'stranger' })
join('an unknown instance', 'x', { group: 'j', memberId: member('a#1'), instance: 'i' })
join('another type', 'x', { group: 'j', protocolType: 'connect' })
join('another type, old', 'x', { group: 'j', protocolType: 'connect', version: 3 })
join('another protocol', 'x', { group: 'j', protocols: ['sticky'] })
join('its own protocol changed', 'a', { group: 'j', memberId: member('a#1'), protocols: ['x'] })
describe('before its assignment', 4, 'j')

// --- SyncGroup
sync('of a stranger', 'x', { group: 'j', memberId: 'stranger' })
sync('without a group', 'x', { group: 'none', memberId: 'stranger' })
sync('without a group id', 'x', { group: '', memberId: 'stranger' })
sync('another generation', 'a', { group: 'j', memberId: member('a#1'), generationId: 7 })
sync('another type', 'a', { group: 'j', memberId: member('a#1'), protocolType: 'x' })
sync('another protocol', 'a', { group: 'j', memberId: member('a#1'), protocolName: 'x' })
sync('no type', 'a', { group: 'j', memberId: member('a#1'), protocolType: null })
sync('no protocol', 'a', { group: 'j', memberId: member('a#1'), protocolName: null })
sync('an unknown instance', 'a', { group: 'j', memberId: member('a#1'), instance: 'i' })
commit('too early', { group: 'j', memberId: member('a#1'), generationId: 1 }, { t: [[0, 1, '']] })
sync('the assignment', 'a', {
  group: 'j',
  memberId: member('a#1'),
  assigns: { [member('a#1')]: 'all', stranger: 'none' },
})
sync('again', 'a', { group: 'j', memberId: member('a#1') })
sync('again, oldest', 'a', { group: 'j', memberId: member('a#1'), version: 0 })
describe('a stable group', 6, 'j', 'none')
describe('before version 6', 5, 'none')
describe('with operations', 4, 'none')

// --- Heartbeat
beat('alive', 'j', member('a#1'))
beat('another generation', 'j', member('a#1'), 2)
beat('a stranger', 'j', 'stranger')
beat('without a group', 'none', 'stranger')
beat('without a group id', '', 'stranger')
beat('an unknown instance', 'j', member('a#1'), 1, 'i')

// --- Commits of members
commit('a member’s', { group: 'j', memberId: member('a#1'), generationId: 1 }, { t: [[0, 1, '']] })
commit('nobody’s', { group: 'j' }, { t: [[0, 2, '']] })
commit('without generation', { group: 'j', memberId: member('a#1') }, { t: [[0, 2, '']] })
commit(
  'another generation',
  { group: 'j', memberId: member('a#1'), generationId: 2 },
  { t: [[0, 2, '']] },
)
commit('a stranger’s', { group: 'j', memberId: 'x', generationId: 1 }, { t: [[0, 2, '']] })
deleteOffsets('of a subscribed topic', 'j', { t: [0, 9], nope: [0] })
deleteGroups('that have members, or are not there', 2, 'j', 'none', 'j')

// --- A second member
join('a second one', 'b', { group: 'j' })
join('waits', 'b', { group: 'j', memberId: member('b#1') })
beat('rebalancing', 'j', member('a#1'))
sync('rebalancing', 'a', { group: 'j', memberId: member('a#1') })
commit('rebalancing', { group: 'j', memberId: member('a#1'), generationId: 1 }, { t: [[0, 3, '']] })
describe('rebalancing', 6, 'j')
join('the first one', 'a', { group: 'j', memberId: member('a#1') })
sync('waits', 'b', { group: 'j', memberId: member('b#1'), generationId: 2 })
sync('for both', 'a', {
  group: 'j',
  memberId: member('a#1'),
  generationId: 2,
  assigns: { [member('a#1')]: 'zero', [member('b#1')]: 'one' },
})
join('a follower, unchanged', 'b', { group: 'j', memberId: member('b#1') })
join('a follower, changed', 'b', {
  group: 'j',
  memberId: member('b#1'),
  metadata: otherSubscription,
})
join('the leader after it', 'a', { group: 'j', memberId: member('a#1') })
sync('one goes without', 'a', {
  group: 'j',
  memberId: member('a#1'),
  generationId: 3,
  assigns: { [member('a#1')]: 'all' },
})
sync('the one', 'b', { group: 'j', memberId: member('b#1'), generationId: 3 })
join('the leader, unchanged', 'a', { group: 'j', memberId: member('a#1') })
leave('the last awaited', 'j', [member('b#1')])
leave('nobody', 'j')
leave('strangers', 'j', ['stranger'], ['', 'i'], [''])
leave('without a group', 'none', ['stranger'])
ask('oldest, a stranger', 'admin', 'leaveGroup', 0, { groupId: 'j', memberId: 'stranger' })
ask('oldest, no group', 'admin', 'leaveGroup', 0, { groupId: 'none', memberId: 'stranger' })
ask('oldest, no group id', 'admin', 'leaveGroup', 2, { groupId: '', memberId: 'stranger' })
leave('no group id', '', ['stranger'])
ask('oldest', 'admin', 'leaveGroup', 1, { groupId: 'j', memberId: member('a#1') })
describe('an empty group', 6, 'j')
beat('after leaving', 'j', member('a#1'), 4)
sync('after leaving', 'a', { group: 'j', memberId: member('a#1'), generationId: 4 })
join('after leaving', 'a', { group: 'j', memberId: member('a#1') })
commit('to an empty group', { group: 'j', memberId: 'x', instance: 'i' }, { t: [[1, 9, 'm']] })
commit('with a generation', { group: 'j', memberId: 'x', generationId: 4 }, { t: [[1, 9, '']] })
fetch('what they committed', 9, 'j', null)

// --- The size of a group
for (const name of ['p', 'q', 'r', 's']) join('an id', name, { group: 'full' })
join('the first', 'p', { group: 'full', memberId: member('p#1') })
join('a second', 'q', { group: 'full', memberId: member('q#1') })
join('a third, while the first has not rejoined', 'r', { group: 'full', memberId: member('r#1') })
join('one too many', 's', { group: 'full', memberId: member('s#1') })
leave('the first', 'full', [member('p#1')])
join('one too many again', 's', { group: 'full' })

// --- Static members
join('a static one', 'i', { group: 's', instance: 'I' })
sync('assigned', 'i', {
  group: 's',
  memberId: member('i#1'),
  instance: 'I',
  assigns: { [member('i#1')]: 'all' },
})
join('comes back, version 8', 'i', { group: 's', instance: 'I', version: 8 })
join('comes back', 'i', { group: 's', instance: 'I' })
beat('fenced', 's', member('i#1'), 1, 'I')
beat('unknown', 's', member('i#1'))
join('fenced', 'x', { group: 's', memberId: member('i#1'), instance: 'I' })
sync('fenced', 'x', { group: 's', memberId: member('i#1'), instance: 'I' })
commit(
  'fenced',
  { group: 's', memberId: member('i#1'), instance: 'I', generationId: 1 },
  { t: [[0, 1, '']] },
)
leave('fenced', 's', [member('i#1'), 'I'])
sync('as before', 'i', { group: 's', memberId: member('i#3'), instance: 'I' })
describe('static', 6, 's')
list('with members', 5)
leave('by instance', 's', ['', 'I'])

// --- Offsets without members
commit(
  'a generation of no group',
  { group: 'o', generationId: 3, memberId: 'x', version: 8 },
  {
    t: [[0, 1, '']],
  },
)
commit('the same in version 9', { group: 'o', generationId: 3, memberId: 'x' }, { t: [[0, 1, '']] })
fetch('of no group', 9, 'o', { t: [0, 7], nope: [0] })
fetch('all of no group', 9, 'o', null)
fetch('of no group, oldest', 1, 'o', { t: [0] })
commit('an unknown topic', { group: 'o' }, { nope: [[0, 5, 'm']] })
commit('nothing', { group: 'o' }, {})
describe('still none', 6, 'o')
commit(
  'some good, some not',
  { group: 'o' },
  {
    nope: [[0, 5, 'm']],
    t: [
      [0, 5, 'x'.repeat(4_097)],
      [1, 6, null],
      [5, 6, ''],
    ],
  },
)
commit(
  'with a retention',
  { group: 'o', version: 2, retentionTimeMs: 3_600_000 },
  { t: [[0, 4, 'm']] },
)
commit(
  'by topic id',
  { group: 'o', version: 10 },
  {
    [idOf('t')]: [[0, 55, 'm']],
    [unknownTopicId]: [[0, 55, 'm']],
    [zeroUuid]: [[0, 55, 'm']],
  },
)
for (const version of [1, 2, 5, 7, 8, 9]) {
  fetch(`version ${version}`, version, 'o', { t: [0, 1, 9], nope: [0] })
}
fetch('all', 5, 'o', null)
fetch('none', 5, 'o', {})
fetch('by topic id', 10, 'o', { [idOf('t')]: [0, 1], [unknownTopicId]: [0] })
fetch('all by topic id', 10, 'o', null)
fetch('of no group id', 9, '', null)
ask('several groups', 'admin', 'offsetFetch', 8, {
  groups: [
    { groupId: 'o', topics: null },
    { groupId: 'none', topics: null },
    { groupId: 'o', topics: [] },
  ],
  requireStable: true,
})
commit('without a group id', { group: '' }, { t: [[0, 5, '']] })
deleteGroups('without a name', 1, '')
deleteOffsets('of no group', 'none', { t: [0] })
deleteOffsets('of no group, unknown topic', 'none', { nope: [0] })
deleteOffsets('without a group id', '', { t: [0] })
deleteOffsets('some there, some not', 'o', { t: [0, 9], nope: [0] })
fetch('what is left', 9, 'o', null)

// --- A topic goes
commit('for a topic that will go', { group: 'o' }, { doomed: [[0, 7, '']] })
ask('the topic goes', 'admin', 'deleteTopics', 6, {
  topics: [{ name: 'doomed', topicId: zeroUuid }],
  timeoutMs: 10_000,
})
fetch('and its offsets', 9, 'o', { doomed: [0], t: [1] })

// --- ListGroups and DeleteGroups
list('oldest', 0)
list('empty ones', 4, ['EMPTY'])
list('of an unknown state', 4, ['nonsense'])
list('classic ones', 5, [], ['Classic'])
list('consumer ones', 5, [], ['consumer'])
list('of an unknown type', 5, [], ['nonsense'])
deleteGroups('empty ones', 2, 'o', 'j')
deleteGroups('that are gone', 0, 'o')
fetch('all of a deleted group', 9, 'o', null)

export const groupScenario: readonly GroupStep[] = steps
