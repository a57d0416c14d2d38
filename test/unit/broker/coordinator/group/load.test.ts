// A shard rebuilt from its partition: what a new leader knows.

import { describe, expect, it } from 'vitest'
import { GroupDriver, stableGroup } from '../../../../support/group-driver.ts'

describe('a shard that is read back', () => {
  it('goes on with stable groups where they were', () => {
    const driver = stableGroup('a', 'b')
    const memberId = driver.memberId('a')
    driver.commit('a', { 't-0': 5 }, { memberId, generationIdOrMemberEpoch: 1 })
    driver.restart()
    driver.take()
    driver.heartbeat('a', 1)
    driver.heartbeat('b', 1)
    driver.sync('b', 1)
    expect(driver.take()).toEqual([
      'a heartbeat: NONE',
      'b heartbeat: NONE',
      'b syncGroup: NONE b!',
    ])
    expect(driver.committed()).toEqual(['t-0=5'])
  })

  it('gives members a session’s time from then on', () => {
    const driver = stableGroup('a', 'b')
    driver.advance(9_000)
    driver.restart()
    driver.advance(9_000)
    driver.heartbeat('a', 1)
    driver.advance(1_000)
    driver.take()
    driver.heartbeat('a', 1)
    driver.heartbeat('b', 1)
    expect(driver.take()).toEqual([
      'a heartbeat: REBALANCE_IN_PROGRESS',
      'b heartbeat: UNKNOWN_MEMBER_ID',
    ])
  })

  it('has forgotten rebalances under way: their members join again', () => {
    const driver = stableGroup('a')
    driver.join('a')
    driver.restart()
    driver.take()
    driver.heartbeat('a', 2)
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: ILLEGAL_GENERATION', 'a heartbeat: NONE'])
  })

  it('knows groups that only ever committed', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.restart()
    driver.take()
    driver.commit('a', { 't-0': 6 })
    driver.deleteGroup()
    expect(driver.take()).toEqual([
      'write offset g t-0=6',
      'a commitOffsets: NONE',
      'remove offset g t-0',
      'admin deleteGroup: NONE',
    ])
  })

  it('does not know offsets and groups that were removed', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.commit('x', { 't-0': 5 })
    driver.deleteGroup()
    driver.restart()
    expect(driver.shard.list()).toEqual([])
    expect(driver.committed()).toEqual([])
    expect(driver.hasTimer).toBe(false)
  })

  it('has groups above a lowered group.max.size rebalance', () => {
    const driver = stableGroup('a', 'b', 'c')
    driver.config = { ...driver.config, maxSize: 2 }
    driver.restart()
    driver.take()
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: REBALANCE_IN_PROGRESS'])
  })

  it('keeps a static member’s place', () => {
    const driver = new GroupDriver()
    driver.join('s', { groupInstanceId: 'i' })
    driver.advance(3_000)
    driver.sync('s', 1, { s: 's!' })
    driver.restart()
    driver.take()
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take().at(-1)).toBe('s joinGroup: generation 1 range leads i-2 skips assignment')
  })
})
