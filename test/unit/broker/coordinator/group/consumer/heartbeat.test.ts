// ConsumerGroupHeartbeat: joining, getting partitions one from another, being fenced, leaving, and
// coming back under an instance id.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { beforeEach, expect, it } from 'vitest'
import {
  type MemberOptions,
  TestMember,
  topicIdOf,
  topicsNamed,
} from '../../../../../support/consumer-member.ts'
import { GroupDriver } from '../../../../../support/group-driver.ts'

let driver: GroupDriver

beforeEach(() => {
  driver = new GroupDriver()
  driver.topics = topicsNamed({ t: 6 })
})

function member(memberId: string, options: MemberOptions = {}): TestMember {
  return new TestMember(driver, memberId, { topics: ['t'], ...options })
}

function partitions({ owned }: TestMember): number[] {
  return [...owned].map((place) => Number(place.split('-').at(-1))).sort((a, b) => a - b)
}

function group() {
  const found = driver.shard.state.groups.get('g')
  if (found?.type !== 'consumer') throw new Error('no consumer group')
  return found
}

it('the first member gets every partition in its first answer', () => {
  const a = member('a')
  a.beat()
  expect([a.epoch, partitions(a)]).toEqual([1, [0, 1, 2, 3, 4, 5]])
  expect(group().state).toBe('Stable')
})

it('a second member gets its half when the first has let go of it, and not before', () => {
  const [a, b] = [member('a'), member('b')]
  a.beat()
  b.beat()
  expect([b.epoch, partitions(b)]).toEqual([2, []])
  a.beat()
  expect([a.epoch, partitions(a)]).toEqual([1, [0, 1, 2]])
  b.beat()
  expect(partitions(b)).toEqual([])
  a.beat()
  expect(a.epoch).toBe(2)
  b.beat()
  expect(partitions(b)).toEqual([3, 4, 5])
  expect(group().state).toBe('Stable')
})

it('a member that leaves makes room for the others', () => {
  const [a, b] = [member('a'), member('b')]
  for (const each of [a, b, a, a, b]) each.beat()
  b.leave()
  expect(group().members.size).toBe(1)
  a.beat()
  expect([a.epoch, partitions(a)]).toEqual([3, [0, 1, 2, 3, 4, 5]])
})

it('a member that is not heard of for its session is gone', () => {
  const [a, b] = [member('a'), member('b')]
  for (const each of [a, b, a, a, b]) each.beat()
  driver.advance(30_000)
  a.beat()
  driver.advance(20_000)
  expect([...group().members.keys()]).toEqual(['a'])
  b.beat()
  expect(b.lastError).toBe(errorCodes.UNKNOWN_MEMBER_ID)
})

it('a member that does not let go within its rebalance timeout is gone', () => {
  const [a, b] = [member('a', { rebalanceTimeoutMs: 5_000 }), member('b')]
  a.beat()
  b.beat()
  a.beat()
  expect(group().members.get('a')?.state).toBe('UnrevokedPartitions')
  driver.advance(5_000)
  expect([...group().members.keys()]).toEqual(['b'])
})

it('an epoch that is not its own fences a member, an answer that was lost does not', () => {
  const [a, b] = [member('a'), member('b')]
  a.beat()
  a.epoch = 7
  a.beat()
  expect(a.lastError).toBe(errorCodes.FENCED_MEMBER_EPOCH)
  a.beat()
  expect([a.lastError, a.epoch]).toEqual([0, 1])
  for (const each of [b, a, a]) each.beat()
  expect(a.epoch).toBe(2)
  a.epoch = 1
  a.beat()
  expect([a.lastError, a.epoch]).toEqual([0, 2])
})

it('who is not in the group, or asks for a group that is none, is told so', () => {
  const a = member('a')
  a.epoch = 3
  a.beat()
  expect(a.lastError).toBe(errorCodes.GROUP_ID_NOT_FOUND)
  member('b').beat()
  a.epoch = 3
  a.beat()
  expect(a.lastError).toBe(errorCodes.UNKNOWN_MEMBER_ID)
})

it('a static member that went for a while comes back to what it had, at no epoch for others', () => {
  const [a, b] = [member('a', { instanceId: 'i' }), member('b')]
  for (const each of [a, b, a, a, b]) each.beat()
  const before = partitions(a)
  a.leave(-2)
  const next = member('a2', { instanceId: 'i' })
  next.beat()
  expect([partitions(next), group().groupEpoch]).toEqual([before, 2])
  a.epoch = 2
  a.beat()
  expect(a.lastError).toBe(errorCodes.FENCED_INSTANCE_ID)
})

it('an instance id that another member holds is not released', () => {
  member('a', { instanceId: 'i' }).beat()
  const other = member('b', { instanceId: 'i' })
  other.beat()
  expect(other.lastError).toBe(errorCodes.UNRELEASED_INSTANCE_ID)
  expect([...group().members.keys()]).toEqual(['a'])
})

it('new partitions of a topic reach the members with their next heartbeats', () => {
  const a = member('a')
  a.beat()
  driver.topics = topicsNamed({ t: 8 }, 2)
  a.beat()
  expect([a.epoch, partitions(a)]).toEqual([2, [0, 1, 2, 3, 4, 5, 6, 7]])
})

it('a topic that is left is taken away at once', () => {
  driver.topics = topicsNamed({ t: 2, u: 2 })
  const a = member('a', { topics: ['t', 'u'] })
  a.beat()
  expect(a.owned.size).toBe(4)
  a.subscribe(['u'])
  a.beat()
  expect([...a.owned].every((place) => place.startsWith(topicIdOf('u')))).toBe(true)
})

it('no new assignment is made within the interval of the last (KIP-1263)', () => {
  driver.config = {
    ...driver.config,
    consumer: {
      ...driver.config.consumer,
      settings: () => ({
        sessionTimeoutMs: 45_000,
        heartbeatIntervalMs: 5_000,
        assignmentIntervalMs: 1_000,
      }),
    },
  }
  const [a, b] = [member('a'), member('b')]
  a.beat()
  b.beat()
  expect([group().groupEpoch, group().assignmentEpoch, b.epoch]).toEqual([2, 1, 1])
  expect(group().state).toBe('Assigning')
  driver.advance(1_000)
  b.beat()
  expect([group().assignmentEpoch, b.epoch]).toEqual([2, 2])
})

it('a full group turns members away', () => {
  driver.config = { ...driver.config, consumer: { ...driver.config.consumer, maxSize: 1 } }
  member('a').beat()
  const b = member('b')
  b.beat()
  expect(b.lastError).toBe(errorCodes.GROUP_MAX_SIZE_REACHED)
})

it('members that subscribe by a pattern get the topics that match it, also later ones', () => {
  const a = member('a', { topics: null, regex: 't.*' })
  a.beat()
  expect(driver.resolving.splice(0).map(({ regexes }) => regexes)).toEqual([['t.*']])
  const resolved = (topics: string[], version: number) =>
    driver.feed({
      type: 'regexesResolved',
      groupId: 'g',
      matches: new Map([['t.*', new Set(topics)]]),
      version,
    })
  resolved(['t'], 1)
  a.beat()
  expect(partitions(a)).toEqual([0, 1, 2, 3, 4, 5])
  driver.topics = topicsNamed({ t: 6, t2: 1 }, 2)
  driver.advance(11_000)
  a.beat()
  expect(driver.resolving).toHaveLength(1)
  resolved(['t', 't2'], 2)
  a.beat()
  expect(a.owned.size).toBe(7)
})

it('the group is the same after a restart, and its members go on', () => {
  const [a, b] = [member('a'), member('b', { instanceId: 'i' })]
  for (const each of [a, b, a, a, b]) each.beat()
  const before = [group().groupEpoch, group().assignmentEpoch, [...group().members.values()]]
  driver.restart()
  expect([group().groupEpoch, group().assignmentEpoch, [...group().members.values()]]).toEqual(
    before,
  )
  for (const each of [a, b]) each.beat()
  expect([a.lastError, b.lastError, a.epoch]).toEqual([0, 0, 2])
})

it('an answer waits for its record, and a write that fails takes everything back', () => {
  const [a, b, c] = [member('a'), member('b'), member('c')]
  a.beat()
  driver.holdWrites = true
  b.beat()
  c.beat()
  expect(driver.waiting).toEqual(['b consumerHeartbeat', 'c consumerHeartbeat'])
  driver.holdWrites = false
  driver.endWrite('NOT_ENOUGH_REPLICAS')
  for (const each of [b, c]) each.receive()
  expect([b.lastError, c.lastError]).toEqual([
    errorCodes.COORDINATOR_NOT_AVAILABLE,
    errorCodes.COORDINATOR_NOT_AVAILABLE,
  ])
  expect([[...group().members.keys()], group().groupEpoch]).toEqual([['a'], 1])
  a.beat()
  expect([a.lastError, a.epoch, partitions(a)]).toEqual([0, 1, [0, 1, 2, 3, 4, 5]])
})

it('an empty group is deleted with all its records', () => {
  const a = member('a')
  a.beat()
  a.leave()
  driver.take()
  const token = driver.newToken()
  driver.ask('admin', { type: 'deleteGroup', groupId: 'g', token })
  expect(driver.responses.get(token)).toEqual({ groupId: 'g', errorCode: 0 })
  driver.restart()
  expect(driver.shard.state.groups.size).toBe(0)
})
