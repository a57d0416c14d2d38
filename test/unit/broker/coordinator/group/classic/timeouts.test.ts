// What time does to a classic group.

import { describe, expect, it } from 'vitest'
import {
  abandonedJoinGraceMs,
  newMemberJoinTimeoutMs,
} from '../../../../../../broker/coordinator/group/limits.ts'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

describe('the session of a member', () => {
  it('ends when nothing is heard of it for its session timeout', () => {
    const driver = stableGroup('a', 'b')
    driver.advance(9_000)
    driver.heartbeat('a', 1)
    driver.advance(1_000)
    driver.heartbeat('a', 1)
    driver.heartbeat('b', 1)
    expect(driver.take()).toEqual([
      'a heartbeat: NONE',
      'a heartbeat: REBALANCE_IN_PROGRESS',
      'b heartbeat: UNKNOWN_MEMBER_ID',
    ])
  })

  it.each([
    ['a heartbeat', (driver: GroupDriver) => driver.heartbeat('a', 1)],
    [
      'a commit',
      (driver: GroupDriver) => {
        const memberId = driver.memberId('a')
        driver.commit('a', { 't-0': 1 }, { memberId, generationIdOrMemberEpoch: 1 })
      },
    ],
  ])('starts anew with %s', (_, signOfLife) => {
    const driver = stableGroup('a')
    for (let index = 0; index < 5; index++) {
      driver.advance(9_999)
      signOfLife(driver)
    }
    driver.take()
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: NONE'])
  })

  it('of the last member ends with an empty group', () => {
    const driver = stableGroup('a')
    driver.advance(10_000)
    expect(driver.take()).toEqual(['write group g 2'])
    expect(driver.hasTimer).toBe(false)
  })

  it('does not end while the member waits for a rebalance that others hold up', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a', { sessionTimeoutMs: 10_000 })
    for (let second = 0; second < 50; second += 5) {
      driver.advance(5_000)
      driver.heartbeat('b', 1)
    }
    expect(driver.waiting).toEqual(['a joinGroup'])
    driver.take()
    driver.join('b')
    expect(driver.take()[0]).toBe('a joinGroup: generation 2 range leads a-1,b-2')
  })

  it('does not end while the member waits for its assignment, and starts anew with it', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    for (let second = 0; second < 50; second += 5) {
      driver.advance(5_000)
      driver.heartbeat('a', 1)
    }
    driver.take()
    driver.sync('a', 1, { b: 'p1' })
    expect(driver.take()).toContain('b syncGroup: NONE p1')
    driver.advance(9_999)
    driver.heartbeat('b', 1)
    expect(driver.take().at(-1)).toBe('b heartbeat: NONE')
  })

  it('in a rebalance ends it when the dead were the last awaited', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.advance(10_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 2 range leads a-1'])
  })
})

describe('a new member that waits for its first generation', () => {
  it('is given up after five minutes, since it can send no heartbeat', () => {
    const driver = stableGroup('a')
    driver.join('b', { version: 3 })
    for (let ms = 0; ms < newMemberJoinTimeoutMs; ms += 5_000) {
      const group = driver.shard.state.classicGroup('g')
      if (group?.joinPhase?.type === 'rejoin') group.joinPhase.deadlineMs = driver.nowMs + 60_000
      driver.heartbeat('a', 1)
      driver.advance(5_000)
    }
    expect(driver.take().at(-1)).toBe('b joinGroup: UNKNOWN_MEMBER_ID')
  })
})

describe('members that never send SyncGroup', () => {
  it('are removed after the rebalance timeout, heartbeats or not', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('a', 1, { a: 'p0', b: 'p1' })
    for (let second = 0; second < 60; second += 5) {
      driver.heartbeat('a', 1)
      driver.heartbeat('b', 1)
      driver.advance(5_000)
    }
    driver.take()
    driver.heartbeat('a', 1)
    driver.heartbeat('b', 1)
    expect(driver.take()).toEqual([
      'a heartbeat: REBALANCE_IN_PROGRESS',
      'b heartbeat: UNKNOWN_MEMBER_ID',
    ])
  })

  it('hold nothing up when it is the leader that stays away', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    for (let second = 0; second < 60; second += 5) {
      driver.heartbeat('a', 1)
      driver.advance(5_000)
    }
    expect(driver.take().at(-1)).toBe('b syncGroup: REBALANCE_IN_PROGRESS')
    driver.join('b')
    expect(driver.take()).toEqual(['b joinGroup: generation 2 range leads b-2'])
  })
})

describe('a member whose connection closes while its JoinGroup waits', () => {
  it('leaves at once where it cannot know its member id', () => {
    const driver = stableGroup('a')
    const token = driver.join('b', { version: 3 })
    driver.join('a')
    // Both have joined, so generation 2 began; the next rebalance is held up by c.
    expect(driver.take()).toHaveLength(2)
    driver.join('a', { topics: ['u'] })
    driver.abandon(token)
    expect(driver.take()).toEqual([])
    const waiting = driver.join('c', { version: 3 })
    driver.abandon(waiting)
    driver.join('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 3 range leads a-1,b-2',
      'b joinGroup: generation 3 range follows a-1',
    ])
  })

  it('has a moment to come back with the member id that it knows', () => {
    const driver = stableGroup('a', 'b')
    driver.abandon(driver.join('a'))
    driver.join('b')
    driver.advance(abandonedJoinGraceMs - 1)
    expect(driver.take()).toEqual([])
    driver.join('a')
    expect(driver.take()).toEqual(
      [
        'b joinGroup: generation 2 range follows a-1',
        'a joinGroup: generation 2 range leads a-1,b-2',
      ].toReversed(),
    )
  })

  it('is given up when it does not come back, so that no partition goes to it', () => {
    const driver = stableGroup('a', 'b')
    driver.abandon(driver.join('a'))
    driver.join('b')
    driver.advance(abandonedJoinGraceMs)
    expect(driver.take()).toEqual(['b joinGroup: generation 2 range leads b-2'])
  })

  it('stays joined for good once it has come back', () => {
    const driver = stableGroup('a')
    driver.join('b')
    driver.abandon(driver.join('b'))
    driver.join('b')
    driver.take()
    for (let second = 0; second < 20; second += 5) {
      driver.heartbeat('a', 1)
      driver.advance(5_000)
    }
    driver.take()
    driver.join('a')
    expect(driver.take()[0]).toBe('a joinGroup: generation 2 range leads a-1,b-2')
  })

  it('keeps its place where it is static', () => {
    const driver = new GroupDriver()
    const token = driver.join('s', { groupInstanceId: 'i' })
    driver.join('a', { version: 3 })
    driver.abandon(token)
    driver.advance(6_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range follows i-1'])
  })

  it('leaves an initial rebalance that then has nobody', () => {
    const driver = new GroupDriver()
    driver.abandon(driver.join('a', { version: 3 }))
    driver.advance(3_000)
    expect(driver.take()).toEqual(['write group g 1'])
  })
})
