// From one generation of a classic group to the next.

import { describe, expect, it } from 'vitest'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

describe('the first rebalance of a group', () => {
  it('waits group.initial.rebalance.delay.ms', () => {
    const driver = new GroupDriver({ initialRebalanceDelayMs: 3_000 })
    driver.join('a', { version: 3 })
    driver.advance(2_999)
    expect(driver.take()).toEqual([])
    driver.advance(1)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads a-1'])
  })

  it('waits again while members keep coming', () => {
    const driver = new GroupDriver({ initialRebalanceDelayMs: 3_000 })
    driver.join('a', { version: 3 })
    driver.advance(2_000)
    driver.join('b', { version: 3 })
    driver.advance(3_999)
    expect(driver.take()).toEqual([])
    driver.advance(1)
    expect(driver.take()).toEqual([
      'a joinGroup: generation 1 range leads a-1,b-2',
      'b joinGroup: generation 1 range follows a-1',
    ])
  })

  it('waits no longer than the rebalance timeout in all', () => {
    const driver = new GroupDriver({ initialRebalanceDelayMs: 3_000 })
    for (let second = 0; second < 7; second++) {
      driver.join(`m${second}`, { version: 3, rebalanceTimeoutMs: 7_000 })
      driver.advance(1_000)
    }
    expect(driver.take()[0]).toMatch(/^m0 joinGroup: generation 1 range leads m0-1,.*m6-7$/)
  })

  it('begins at once when there is no delay', () => {
    const driver = new GroupDriver({ initialRebalanceDelayMs: 0 })
    driver.join('a', { version: 3 })
    driver.advance(0)
    expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads a-1'])
  })

  it('leaves the group empty when all have left meanwhile, and stores that', () => {
    const driver = new GroupDriver()
    driver.join('a')
    driver.join('a')
    driver.leave('a')
    driver.advance(3_000)
    expect(driver.take().slice(1)).toEqual([
      'a joinGroup: UNKNOWN_MEMBER_ID',
      'a leaveGroup: NONE',
      'write group g 1',
    ])
  })
})

describe('a later rebalance', () => {
  it('ends when all members have joined', () => {
    const driver = stableGroup('a', 'b', 'c')
    driver.join('a')
    driver.join('b')
    expect(driver.take()).toEqual([])
    driver.join('c')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range leads a-1,b-2,c-3',
      'b joinGroup: generation 2 range follows a-1',
      'c joinGroup: generation 2 range follows a-1',
    ])
  })

  it('waits for member ids that were given out', () => {
    const driver = stableGroup('a')
    driver.join('b')
    driver.take()
    driver.join('a')
    expect(driver.take()).toEqual([])
    driver.join('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range leads a-1,b-2',
      'b joinGroup: generation 2 range follows a-1',
    ])
  })

  it('goes on without dynamic members that do not join within the rebalance timeout', () => {
    const driver = stableGroup('a', 'b')
    driver.join('b', { topics: ['u'] })
    for (let second = 0; second < 60; second += 5) {
      driver.heartbeat('a', 1)
      driver.advance(5_000)
    }
    expect(driver.take().at(-1)).toBe('b joinGroup: generation 2 range leads b-2')
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: UNKNOWN_MEMBER_ID'])
  })

  it('takes the longest rebalance timeout of all members', () => {
    const driver = new GroupDriver()
    driver.join('a', { version: 3, rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 100_000 })
    driver.join('b', { version: 3, rebalanceTimeoutMs: 50_000, sessionTimeoutMs: 100_000 })
    driver.advance(6_000)
    driver.sync('b', 1)
    driver.sync('a', 1)
    driver.join('a', { version: 3, rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 100_000 })
    driver.take()
    driver.advance(49_999)
    expect(driver.take()).toEqual([])
    driver.advance(1)
    expect(driver.take()).toEqual(['a joinGroup: generation 2 range leads a-1'])
  })

  it('uses the session timeout for members of version 0, which know no other', () => {
    const driver = new GroupDriver()
    for (const name of ['a', 'b']) {
      driver.join(name, { version: 0, rebalanceTimeoutMs: -1, sessionTimeoutMs: 8_000 })
    }
    driver.advance(8_000)
    driver.sync('b', 1)
    driver.sync('a', 1)
    driver.take()
    driver.join('a', { version: 0, rebalanceTimeoutMs: -1, sessionTimeoutMs: 8_000 })
    driver.advance(4_000)
    driver.heartbeat('b', 1)
    driver.take()
    driver.advance(4_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 2 range leads a-1'])
  })

  it('keeps a static member that does not join, and asks for it until its session ends', () => {
    const driver = new GroupDriver()
    const options = { groupInstanceId: 'i', rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 30_000 }
    driver.join('s', options)
    driver.join('a', { version: 3, rebalanceTimeoutMs: 5_000 })
    driver.advance(6_000)
    driver.sync('a', 1)
    driver.sync('s', 1)
    driver.take()
    driver.join('a', { version: 3, rebalanceTimeoutMs: 5_000, topics: ['u'] })
    driver.advance(5_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 2 range leads i-1,a-2'])
  })

  it('is put off while nobody but static members is left and none has joined', () => {
    const driver = new GroupDriver()
    const options = { groupInstanceId: 'i', rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 12_000 }
    driver.join('s', options)
    driver.join('a', { version: 3, rebalanceTimeoutMs: 5_000 })
    driver.advance(6_000)
    driver.sync('a', 1)
    driver.sync('s', 1)
    driver.leave('a')
    driver.take()
    driver.advance(11_999)
    expect(driver.take()).toEqual([])
    driver.advance(1)
    expect(driver.take()).toEqual(['write group g 2'])
  })

  it('makes a member that has joined the leader where the old one has not', () => {
    const driver = new GroupDriver()
    const asStatic = { groupInstanceId: 'i', sessionTimeoutMs: 300_000 }
    driver.join('s', asStatic)
    driver.join('a', { version: 3, sessionTimeoutMs: 300_000 })
    driver.advance(6_000)
    driver.sync('a', 1)
    driver.sync('s', 1)
    driver.take()
    driver.join('a', { version: 3, sessionTimeoutMs: 300_000, topics: ['u'] })
    driver.advance(60_000)
    expect(driver.take()).toEqual(['a joinGroup: generation 2 range leads i-1,a-2'])
  })

  it('hands leadership to another member when the leader leaves', () => {
    const driver = stableGroup('a', 'b')
    driver.leave('a')
    driver.join('b')
    expect(driver.take()).toEqual([
      'a leaveGroup: NONE',
      'b joinGroup: generation 2 range leads b-2',
    ])
  })
})

it('a generation counts from 1 again past the largest int32', () => {
  const driver = joinedGroup('a')
  const group = driver.shard.state.classicGroup('g')
  if (group !== undefined) group.generationId = 0x7fff_ffff
  driver.join('a', { topics: ['u'] })
  expect(driver.take()).toEqual(['a joinGroup: generation 1 range leads a-1'])
})
