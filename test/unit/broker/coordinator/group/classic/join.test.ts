// JoinGroup of classic groups: who comes in, under which id, and what that sets off.

import { describe, expect, it } from 'vitest'
import {
  groupsPerPartitionMax,
  memberProtocolsBytesMax,
  pendingMembersMax,
} from '../../../../../../broker/coordinator/group/limits.ts'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

describe('a client without a member id', () => {
  it('gets one first and has to come back with it from version 4 on', () => {
    const driver = new GroupDriver()
    driver.join('a', { version: 4 })
    expect(driver.take()).toEqual(['a joinGroup: MEMBER_ID_REQUIRED'])
    expect(driver.memberId('a')).toBe('a-1')
    driver.join('a', { version: 4 })
    driver.advance(3_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads a-1'])
  })

  it.each([0, 1, 2, 3])('joins at once in version %i', (version) => {
    const driver = new GroupDriver()
    driver.join('a', { version })
    driver.advance(3_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads a-1'])
  })

  it('joins at once as a static member, named after its instance', () => {
    const driver = new GroupDriver()
    driver.join('a', { groupInstanceId: 'i' })
    driver.advance(3_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads i-1'])
  })

  it('loses the member id when it does not come back within its session', () => {
    const driver = new GroupDriver()
    driver.join('a', { sessionTimeoutMs: 500 })
    driver.advance(500)
    driver.take()
    driver.join('a')
    expect(driver.take()).toEqual(['a joinGroup: UNKNOWN_MEMBER_ID'])
  })
})

describe('a member id', () => {
  it('is unknown where there is no group', () => {
    const driver = new GroupDriver()
    driver.join('a', { memberId: 'left-over' })
    expect(driver.take()).toEqual(['a joinGroup: UNKNOWN_MEMBER_ID'])
    expect(driver.shard.list()).toEqual([])
  })

  it('is unknown where it is not of the group, with or without an instance', () => {
    const driver = stableGroup('a')
    driver.join('x', { memberId: 'x-9' })
    driver.join('x', { memberId: driver.memberId('a'), groupInstanceId: 'i' })
    expect(driver.take()).toEqual([
      'x joinGroup: UNKNOWN_MEMBER_ID',
      'x joinGroup: UNKNOWN_MEMBER_ID',
    ])
  })

  it('that was given out is no static member’s', () => {
    const driver = new GroupDriver()
    driver.join('a')
    driver.take()
    driver.join('a', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual(['a joinGroup: UNKNOWN_MEMBER_ID'])
  })

  it('of a stable member that joins unchanged gets the current generation again', () => {
    const driver = stableGroup('a', 'b')
    driver.join('b')
    expect(driver.take()).toEqual(['b joinGroup: generation 1 range follows a-1'])
  })

  it('of a member that joins again before the assignment is there gets what it got before', () => {
    const driver = joinedGroup('a', 'b')
    driver.join('a')
    driver.join('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 1 range leads a-1,b-2',
      'b joinGroup: generation 1 range follows a-1',
    ])
  })

  it('is unknown once the group is empty', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.take()
    driver.join('a')
    expect(driver.take()).toEqual(['a joinGroup: UNKNOWN_MEMBER_ID'])
  })
})

describe('a rebalance of a stable group', () => {
  it('begins when the leader joins, whatever its metadata', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    expect(driver.take()).toEqual([])
    driver.heartbeat('b', 1)
    expect(driver.take()).toEqual(['b heartbeat: REBALANCE_IN_PROGRESS'])
    driver.join('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range leads a-1,b-2',
      'b joinGroup: generation 2 range follows a-1',
    ])
  })

  it('begins when a follower joins with other topics', () => {
    const driver = stableGroup('a', 'b')
    driver.join('b', { topics: ['t', 'u'] })
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: REBALANCE_IN_PROGRESS'])
  })

  it('begins when a member joins with other metadata while assignments are awaited', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    driver.join('a', { topics: ['u'] })
    expect(driver.take()).toEqual(['b syncGroup: REBALANCE_IN_PROGRESS'])
  })
})

describe('the protocol', () => {
  it.each([
    ['no protocol', { protocols: [] }],
    ['no protocol type', { protocolType: '' }],
  ])('must be given: %s', (_, options) => {
    const driver = new GroupDriver()
    driver.join('a', options)
    expect(driver.take()).toEqual(['a joinGroup: INCONSISTENT_GROUP_PROTOCOL'])
    expect(driver.shard.list()).toEqual([])
  })

  it.each([
    ['another type', { protocolType: 'connect' }],
    ['no protocol that all support', { supports: ['sticky'] }],
  ])('must fit the group: %s', (_, options) => {
    const driver = stableGroup('a')
    driver.join('b', options)
    expect(driver.take()).toEqual(['b joinGroup: INCONSISTENT_GROUP_PROTOCOL'])
  })

  it('of an empty group may change', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.join('b', { version: 3, protocolType: 'connect', supports: ['eager'] })
    driver.advance(3_000)
    expect(driver.take().at(-1)).toBe('b joinGroup: generation 3 eager leads b-2')
  })

  it('is the one most members prefer among those that all support', () => {
    const driver = new GroupDriver()
    driver.join('a', { version: 3, supports: ['x', 'range', 'roundrobin'] })
    driver.join('b', { version: 3, supports: ['roundrobin', 'range'] })
    driver.join('c', { version: 3, supports: ['roundrobin', 'range', 'x'] })
    driver.advance(6_000)
    expect(driver.take()[0]).toBe('a joinGroup: generation 1 roundrobin leads a-1,b-2,c-3')
  })

  it('named twice by one member counts once', () => {
    const driver = new GroupDriver()
    driver.join('a', { version: 3, supports: ['range', 'range'] })
    driver.join('b', { version: 3, supports: ['range'] })
    driver.advance(6_000)
    expect(driver.take()).toEqual([
      'a joinGroup: generation 1 range leads a-1,b-2',
      'b joinGroup: generation 1 range follows a-1',
    ])
  })
})

describe('the limits of a group', () => {
  it('turn away a new member of a full stable group', () => {
    const driver = stableGroup('a', 'b')
    driver.config = { ...driver.config, maxSize: 2 }
    driver.join('c')
    expect(driver.take()).toEqual(['c joinGroup: GROUP_MAX_SIZE_REACHED'])
  })

  it('turn away the last to join a rebalance, which goes on without it', () => {
    const driver = stableGroup('a', 'b', 'c')
    driver.config = { ...driver.config, maxSize: 2 }
    driver.join('a')
    driver.join('b')
    driver.join('c')
    expect(driver.take()).toEqual([
      'c joinGroup: GROUP_MAX_SIZE_REACHED',
      'a joinGroup: generation 2 range leads a-1,b-2',
      'b joinGroup: generation 2 range follows a-1',
    ])
  })

  it('let a member in that has joined already', () => {
    const driver = stableGroup('a', 'b', 'c')
    driver.config = { ...driver.config, maxSize: 1 }
    driver.join('a')
    driver.join('a')
    expect(driver.take()).toEqual(['a joinGroup: REBALANCE_IN_PROGRESS'])
    expect(driver.waiting).toEqual(['a joinGroup'])
  })

  it('refuse protocols past 4 MiB', () => {
    const driver = new GroupDriver()
    const metadata = Buffer.alloc(memberProtocolsBytesMax)
    driver.join('a', { protocols: [{ name: 'range', metadata }] })
    expect(driver.take()).toEqual(['a joinGroup: MESSAGE_TOO_LARGE'])
  })

  it('drop the oldest member id that was given out when there are too many', () => {
    const driver = new GroupDriver()
    driver.join('first')
    for (let index = 0; index < pendingMembersMax; index++) driver.join(`c${index}`)
    driver.take()
    driver.join('first')
    driver.join('c1')
    expect(driver.take()).toEqual(['first joinGroup: UNKNOWN_MEMBER_ID'])
  })

  it('refuse more groups than a partition may have', () => {
    const driver = new GroupDriver()
    for (let index = 0; index < groupsPerPartitionMax; index++) {
      driver.commit('admin', { 't-0': 1 }, { groupId: `g${index}` })
    }
    driver.take()
    driver.join('a')
    driver.commit('b', { 't-0': 1 })
    expect(driver.take()).toEqual([
      'a joinGroup: POLICY_VIOLATION',
      'b commitOffsets: POLICY_VIOLATION',
    ])
  })

  it('keep a member id within what a record can hold', () => {
    const driver = new GroupDriver()
    driver.join('a', { groupInstanceId: 'i'.repeat(40_000) })
    expect(driver.take()).toEqual(['a joinGroup: INVALID_REQUEST'])
  })
})

describe('a JoinGroup that comes while the same member’s waits', () => {
  it('takes its place; the first one is told to join again', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.join('a')
    expect(driver.take()).toEqual(['a joinGroup: REBALANCE_IN_PROGRESS'])
    driver.join('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range leads a-1,b-2',
      'b joinGroup: generation 2 range follows a-1',
    ])
  })
})

it('does not hold on to the frame that a JoinGroup came in', () => {
  const driver = new GroupDriver()
  const metadata = Buffer.from('before')
  driver.join('a', { version: 3, protocols: [{ name: 'range', metadata }] })
  metadata.write('after!')
  driver.advance(3_000)
  const response = driver.responses.get(1) as { members: { metadata: Buffer }[] }
  expect(response.members[0]?.metadata.toString()).toBe('before')
})
