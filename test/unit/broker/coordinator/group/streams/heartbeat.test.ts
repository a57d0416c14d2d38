// StreamsGroupHeartbeat: the topology and its topics, tasks that move from one process to another,
// and what members are told besides.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import { statusCodes } from '../../../../../../broker/coordinator/group/streams/status.ts'
import { topicsNamed } from '../../../../../support/consumer-member.ts'
import { GroupDriver } from '../../../../../support/group-driver.ts'
import {
  internalTopic,
  type StreamsMemberOptions,
  StreamsTestMember,
  wordCount,
} from '../../../../../support/streams-member.ts'

let driver: GroupDriver

beforeEach(() => {
  driver = new GroupDriver()
  driver.topics = topicsNamed({ words: 2, 'by-word': 2, counts: 2 })
})

const member = (memberId: string, options: StreamsMemberOptions = {}) =>
  new StreamsTestMember(driver, memberId, options)

function withSettings(settings: {
  standbyReplicas?: number
  initialRebalanceDelayMs?: number
  assignmentIntervalMs?: number
}): void {
  const { streams } = driver.config
  const all = { ...streams.settings('g'), ...settings }
  driver.config = { ...driver.config, streams: { ...streams, settings: () => all } }
}

function group() {
  const found = driver.shard.state.groups.get('g')
  if (found?.type !== 'streams') throw new Error('no streams group')
  return found
}

/** Heartbeats of all in turn, until the group is as it is to be. */
function settle(...members: readonly StreamsTestMember[]): void {
  for (let round = 0; round < 6; round++) for (const each of members) each.beat()
  expect(group().state).toBe('Stable')
}

const all = ['0_0', '0_1', '1_0', '1_1']

describe('the topology', () => {
  it('gives the first member a task for each partition', () => {
    const a = member('a')
    a.beat()
    expect([a.epoch, a.active, a.status]).toEqual([2, all, []])
    expect(group().state).toBe('Stable')
  })

  it('asks for the internal topics that are missing, and waits for them', () => {
    driver.topics = topicsNamed({ words: 3 })
    const a = member('a')
    a.beat()
    expect([a.lastError, a.active, a.codes]).toEqual([0, [], [statusCodes.MISSING_INTERNAL_TOPICS]])
    expect(a.status[0]?.statusDetail).toBe('Internal topics are missing: by-word, counts')
    expect(a.missingTopics).toEqual([
      { name: 'by-word', partitionCount: 3, replicationFactor: -1, configs: [] },
      {
        name: 'counts',
        partitionCount: 3,
        replicationFactor: -1,
        configs: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ])
    expect(group().state).toBe('NotReady')
    driver.topics = topicsNamed({ words: 3, 'by-word': 3, counts: 3 }, 2)
    a.beat()
    expect([a.active.length, a.status]).toEqual([6, []])
  })

  it('says which source topics are missing', () => {
    driver.topics = topicsNamed({})
    const a = member('a')
    a.beat()
    expect(a.status).toEqual([
      {
        statusCode: statusCodes.MISSING_SOURCE_TOPICS,
        statusDetail: 'Source topics words are missing.',
      },
    ])
  })

  it('says which internal topic has the wrong number of partitions', () => {
    driver.topics = topicsNamed({ words: 2, 'by-word': 2, counts: 5 })
    const a = member('a')
    a.beat()
    expect(a.codes).toEqual([statusCodes.INCORRECTLY_PARTITIONED_TOPICS])
    expect(a.status[0]?.statusDetail).toContain('expected 2, found 5')
  })

  it('holds topics that are joined to the same number of partitions', () => {
    const joined = {
      epoch: 1,
      subtopologies: [
        {
          subtopologyId: '0',
          sourceTopics: ['left', 'right'],
          sourceTopicRegex: [],
          stateChangelogTopics: [],
          repartitionSinkTopics: [],
          repartitionSourceTopics: [],
          copartitionGroups: [
            { sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] },
          ],
        },
      ],
    }
    driver.topics = topicsNamed({ left: 2, right: 3 })
    const a = member('a', { topology: joined })
    a.beat()
    expect(a.status[0]?.statusDetail).toBe(
      'Following topics do not have the same number of partitions: [{left=2, right=3}]',
    )
  })

  it('is refused where a repartition topic has no source', () => {
    const [, counting] = wordCount.subtopologies
    if (counting === undefined) throw new Error('two subtopologies')
    const a = member('a', { topology: { epoch: 1, subtopologies: [counting] } })
    a.beat()
    expect(a.lastError).toBe(errorCodes.STREAMS_INVALID_TOPOLOGY)
    expect(driver.shard.state.groups.has('g')).toBe(false)
  })

  it('must be the same for all, and may be an older one', () => {
    const a = member('a', { topology: { ...wordCount, epoch: 3 } })
    a.beat()
    const other = { epoch: 3, subtopologies: wordCount.subtopologies.slice(0, 1) }
    const b = member('b', { topology: other })
    b.beat()
    expect(b.errorMessage).toBe('Topology updates are not supported yet.')
    const c = member('c', { topology: { ...wordCount, epoch: 2 } })
    c.beat()
    expect([c.lastError, c.codes]).toEqual([0, [statusCodes.STALE_TOPOLOGY]])
  })
})

describe('tasks', () => {
  it('move to a second process when the first has let go of them, and not before', () => {
    const [a, b] = [member('a'), member('b')]
    a.beat()
    b.beat()
    expect([b.lastError, b.active]).toEqual([0, []])
    a.beat()
    expect(a.active.length).toBe(2)
    b.beat()
    expect(b.active).toEqual([])
    a.beat()
    b.beat()
    expect([...a.active, ...b.active].sort()).toEqual(all)
    settle(a, b)
  })

  it('go to the others when a member leaves, or is not heard of', () => {
    const [a, b, c] = [member('a'), member('b'), member('c')]
    for (const each of [a, b, c]) each.beat()
    settle(a, b, c)
    c.leave()
    settle(a, b)
    expect([...a.active, ...b.active].sort()).toEqual(all)
    b.die()
    driver.advance(30_000)
    a.beat()
    driver.advance(20_000)
    settle(a)
    expect(a.active).toEqual(all)
  })

  it('are taken from a member that does not let go in time', () => {
    const [a, b] = [member('a', { rebalanceTimeoutMs: 10_000 }), member('b')]
    a.beat()
    b.beat()
    const had = a.active
    a.beat()
    // It stays in touch, and holds on to what it had.
    for (const task of had) a.owned.active.add(task)
    driver.advance(6_000)
    a.beat()
    for (const task of had) a.owned.active.add(task)
    driver.advance(6_000)
    a.beat()
    expect(a.lastError).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    settle(b)
    expect(b.active).toEqual(all)
  })

  it('have standbys in other processes, of stateful subtopologies only', () => {
    withSettings({ standbyReplicas: 1 })
    const [a, b] = [member('a'), member('b')]
    a.beat()
    b.beat()
    settle(a, b)
    expect([...a.standby, ...b.standby].sort()).toEqual(['1_0', '1_1'])
    for (const each of [a, b]) {
      expect(each.standby.some((task) => each.active.includes(task))).toBe(false)
    }
    // Whoever has the standby takes over.
    const [standby = ''] = b.standby
    a.leave()
    settle(b)
    expect(b.active).toContain(standby)
  })

  it('wait for more members of a new group', () => {
    withSettings({ initialRebalanceDelayMs: 3_000 })
    const [a, b] = [member('a'), member('b')]
    a.beat()
    expect([a.epoch, a.active, a.codes]).toEqual([1, [], [statusCodes.ASSIGNMENT_DELAYED]])
    b.beat()
    driver.advance(3_000)
    a.beat()
    b.beat()
    expect([a.active.length, b.active.length, a.codes]).toEqual([2, 2, []])
  })

  it('are not assigned again before the interval is over', () => {
    withSettings({ assignmentIntervalMs: 1_000 })
    const [a, b] = [member('a'), member('b')]
    a.beat()
    b.beat()
    expect(b.codes).toEqual([statusCodes.ASSIGNMENT_DELAYED])
    driver.advance(1_000)
    settle(a, b)
    expect(b.active.length).toBe(2)
  })

  it('change with the number of partitions', () => {
    const a = member('a')
    a.beat()
    driver.topics = topicsNamed({ words: 2, 'by-word': 2, counts: 2, other: 1 }, 2)
    a.beat()
    expect(a.epoch).toBe(2)
    driver.topics = topicsNamed({ words: 3, 'by-word': 2, counts: 2 }, 3)
    a.beat()
    expect(a.codes).toEqual([statusCodes.INCORRECTLY_PARTITIONED_TOPICS])
    expect(a.active).toEqual([])
  })
})

describe('a member', () => {
  it('is fenced with an epoch that is not its own', () => {
    const a = member('a')
    a.beat()
    a.epoch = 7
    a.beat()
    expect(a.lastError).toBe(errorCodes.FENCED_MEMBER_EPOCH)
  })

  it('may name no tasks that there cannot be', () => {
    const a = member('a')
    a.beat()
    a.owned.active.add('9_0')
    a.beat()
    expect(a.errorMessage).toBe('Subtopology 9 does not exist in the topology.')
  })

  it('has the whole application stop', () => {
    const [a, b] = [member('a'), member('b')]
    a.beat()
    b.beat()
    settle(a, b)
    a.leave({ shutdownApplication: true })
    b.beat()
    expect(b.codes).toEqual([statusCodes.SHUTDOWN_APPLICATION])
    expect(b.status[0]?.statusDetail).toContain('Streams group member a ')
  })

  it('is told who answers queries about which partitions', () => {
    const a = member('a', { userEndpoint: { host: 'one', port: 80 } })
    const b = member('b', { userEndpoint: { host: 'two', port: 81 } })
    a.beat()
    expect(a.endpoints).toEqual([
      {
        userEndpoint: { host: 'one', port: 80 },
        activePartitions: [
          { topic: 'words', partitions: [0, 1] },
          { topic: 'by-word', partitions: [0, 1] },
        ],
        standbyPartitions: [],
      },
    ])
    b.beat()
    settle(a, b)
    const hosts = (a.endpoints as { userEndpoint: { host: string } }[]).map(
      ({ userEndpoint }) => userEndpoint.host,
    )
    expect(hosts.sort()).toEqual(['one', 'two'])
  })
})

describe('the group', () => {
  it('is the same after a change of its leader', () => {
    withSettings({ standbyReplicas: 1 })
    const [a, b] = [member('a'), member('b')]
    a.beat()
    b.beat()
    settle(a, b)
    const before = [a.epoch, a.active, b.active, a.standby, b.standby]
    driver.restart()
    settle(a, b)
    expect([a.epoch, a.active, b.active, a.standby, b.standby]).toEqual(before)
    expect(group().groupEpoch).toBe(group().assignmentEpoch)
  })

  it('is as before when a write fails', () => {
    const a = member('a')
    a.beat()
    const epoch = group().groupEpoch
    driver.holdWrites = true
    const b = member('b')
    b.beat()
    expect(group().members.size).toBe(2)
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    b.receive()
    expect(b.lastError).toBe(errorCodes.COORDINATOR_NOT_AVAILABLE)
    expect([group().members.size, group().groupEpoch]).toEqual([1, epoch])
    driver.holdWrites = false
    settle(a, b)
    expect([...a.active, ...b.active].sort()).toEqual(all)
  })

  it('makes room for another kind only when it is empty', () => {
    const a = member('a')
    a.beat()
    driver.join('classic')
    expect(driver.take().at(-1)).toContain('INCONSISTENT_GROUP_PROTOCOL')
    a.leave()
    expect(group().state).toBe('Empty')
    driver.join('classic')
    expect(driver.shard.state.groups.get('g')?.type).toBe('classic')
  })

  it('leaves nothing behind when it is deleted', () => {
    const a = member('a')
    a.beat()
    a.leave()
    driver.deleteGroup()
    expect(driver.shard.state.groups.has('g')).toBe(false)
    driver.restart()
    expect(driver.shard.state.groups.has('g')).toBe(false)
  })

  it('needs repartition topics with as many partitions as are asked for', () => {
    const [reading, counting] = wordCount.subtopologies
    if (reading === undefined || counting === undefined) throw new Error('two subtopologies')
    const fixed = { ...internalTopic('by-word', {}), partitions: 5 }
    const topology = {
      epoch: 1,
      subtopologies: [reading, { ...counting, repartitionSourceTopics: [fixed] }],
    }
    driver.topics = topicsNamed({ words: 2 })
    const a = member('a', { topology })
    a.beat()
    expect(a.missingTopics.map(({ name, partitionCount }) => [name, partitionCount])).toEqual([
      ['by-word', 5],
      ['counts', 5],
    ])
  })
})
