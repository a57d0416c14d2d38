// LeaveGroup of classic groups, single and in bulk.

import { describe, expect, it } from 'vitest'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

const leaving = (memberId: string, groupInstanceId: string | null = null) => ({
  memberId,
  groupInstanceId,
  reason: null,
})

describe('a member that leaves', () => {
  it('begins a rebalance of those that stay', () => {
    const driver = stableGroup('a', 'b')
    driver.leave('b')
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['b leaveGroup: NONE', 'a heartbeat: REBALANCE_IN_PROGRESS'])
  })

  it('as the last one leaves an empty group, stored with a new generation', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    expect(driver.take()).toEqual(['write group g 2', 'a leaveGroup: NONE'])
    driver.advance(60_000)
    expect(driver.take()).toEqual([])
    expect(driver.hasTimer).toBe(false)
  })

  it('has its waiting JoinGroup answered', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.leave('a')
    expect(driver.take()).toEqual(['a joinGroup: UNKNOWN_MEMBER_ID', 'a leaveGroup: NONE'])
  })

  it('has its waiting SyncGroup answered', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    driver.leave('b')
    expect(driver.take()).toEqual(['b syncGroup: UNKNOWN_MEMBER_ID', 'b leaveGroup: NONE'])
  })

  it('during a rebalance completes it when it was the last awaited', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.leave('b')
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range leads a-1',
      'b leaveGroup: NONE',
    ])
  })

  it('before it ever joined costs no rebalance', () => {
    const driver = stableGroup('a')
    driver.join('b')
    driver.leave('b')
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual([
      'b joinGroup: MEMBER_ID_REQUIRED',
      'b leaveGroup: NONE',
      'a heartbeat: NONE',
    ])
  })

  it('before it ever joined no longer holds a rebalance up', () => {
    const driver = stableGroup('a')
    driver.join('b')
    driver.join('a')
    driver.leave('b')
    expect(driver.take().slice(1)).toEqual([
      'a joinGroup: generation 2 range leads a-1',
      'b leaveGroup: NONE',
    ])
  })
})

describe('several members in one request', () => {
  it('each have their own answer, and begin one rebalance', () => {
    const driver = new GroupDriver()
    driver.join('s', { groupInstanceId: 'i' })
    driver.join('a', { version: 3 })
    driver.join('b', { version: 3 })
    driver.advance(9_000)
    driver.take()
    driver.leave('admin', [
      leaving('', 'i'),
      leaving('', 'unknown'),
      leaving('stranger'),
      leaving(''),
      leaving(driver.memberId('a')),
    ])
    driver.join('b')
    expect(driver.take()).toEqual([
      'admin leaveGroup: NONE UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID NONE',
      'b joinGroup: generation 2 range leads b-3',
    ])
  })

  it('change nothing when none of them is there', () => {
    const driver = stableGroup('a')
    driver.leave('admin', [leaving('x'), leaving('y')])
    driver.leave('admin', [])
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual([
      'admin leaveGroup: UNKNOWN_MEMBER_ID UNKNOWN_MEMBER_ID',
      'admin leaveGroup: ',
      'a heartbeat: NONE',
    ])
  })

  it('are unknown where there is no group', () => {
    const driver = new GroupDriver()
    driver.leave('admin', [leaving('x')])
    expect(driver.take()).toEqual(['admin leaveGroup: UNKNOWN_MEMBER_ID'])
  })
})

it('a static member that names a member id which another took over is fenced', () => {
  const driver = new GroupDriver()
  driver.join('s', { groupInstanceId: 'i' })
  driver.advance(3_000)
  driver.leave('admin', [leaving('i-0', 'i')])
  expect(driver.take().at(-1)).toBe('admin leaveGroup: FENCED_INSTANCE_ID')
})
