// Which committed offsets outlive their retention (KIP-211).

import { describe, expect, it } from 'vitest'
import { GroupDriver, stableGroup } from '../../../../../support/group-driver.ts'

const dayMs = 86_400_000

/** Lets days pass while the named members stay alive. */
function pass(driver: GroupDriver, days: number, ...alive: string[]): void {
  if (alive.length === 0) {
    driver.advance(days * dayMs)
    return
  }
  for (let hour = 0; hour < days * 24; hour++) {
    for (const who of alive) driver.heartbeat(who, 1)
    driver.advance(3_600_000)
  }
}

function longLived(topics: readonly string[]): GroupDriver {
  const driver = new GroupDriver()
  driver.join('a', { version: 3, topics, sessionTimeoutMs: 7_200_000 })
  driver.advance(3_000)
  driver.sync('a', 1, { a: 'p' })
  return driver
}

function commitAs(driver: GroupDriver, who: string, offsets: Record<string, number>): void {
  const memberId = driver.memberId(who)
  driver.commit(who, offsets, { memberId, generationIdOrMemberEpoch: 1 })
}

describe('the offsets of a group without members', () => {
  it('last for their retention from when it became empty, then the group goes too', () => {
    const driver = longLived(['t'])
    commitAs(driver, 'a', { 't-0': 5 })
    pass(driver, 3, 'a')
    driver.leave('a')
    driver.take()
    pass(driver, 6.9)
    driver.expireOffsets()
    expect(driver.take()).toEqual([])
    pass(driver, 0.1)
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g t-0', 'remove group g'])
    expect(driver.shard.list()).toEqual([])
  })

  it('last for their retention from the commit where there never were members', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    pass(driver, 3)
    driver.commit('a', { 't-1': 5 })
    pass(driver, 4)
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g t-0'])
    pass(driver, 3)
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g t-1'])
    expect(driver.shard.list()).toEqual([])
  })

  it('last until the time that their commit named', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 }, { version: 2, retentionTimeMs: 30 * dayMs })
    pass(driver, 29)
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual([])
    pass(driver, 1)
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g t-0'])
  })

  it('are kept while a newer commit for the partition is on its way', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    pass(driver, 8)
    driver.holdWrites = true
    driver.commit('a', { 't-0': 6 })
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual([])
    driver.endWrite()
    expect(driver.committed()).toEqual(['t-0=6'])
  })

  it('count from the time stored with the group after a restart', () => {
    const driver = stableGroup('a')
    commitAs(driver, 'a', { 't-0': 5 })
    driver.leave('a')
    pass(driver, 5)
    driver.restart()
    pass(driver, 2)
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g t-0', 'remove group g'])
  })
})

describe('the offsets of a stable consumer group', () => {
  it('last as long as their topic is subscribed to', () => {
    const driver = longLived(['t'])
    commitAs(driver, 'a', { 't-0': 5, 'u-0': 6 })
    pass(driver, 7, 'a')
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual(['remove offset g u-0'])
    expect(driver.committed()).toEqual(['t-0=5'])
  })

  it('all last while the group rebalances', () => {
    const driver = longLived(['t'])
    commitAs(driver, 'a', { 'u-0': 6 })
    pass(driver, 8, 'a')
    driver.join('b', { version: 3, sessionTimeoutMs: 7_200_000 })
    driver.take()
    driver.expireOffsets()
    expect(driver.take()).toEqual([])
  })
})

it('the offsets of a stable group of another protocol last', () => {
  const driver = new GroupDriver()
  driver.join('a', { version: 3, protocolType: 'connect', sessionTimeoutMs: 7_200_000 })
  driver.advance(3_000)
  driver.sync('a', 1)
  commitAs(driver, 'a', { 't-0': 5 })
  pass(driver, 8, 'a')
  driver.take()
  driver.expireOffsets()
  expect(driver.take()).toEqual([])
})

it('an empty group without offsets goes with the next cleaning', () => {
  const driver = stableGroup('a')
  driver.leave('a')
  driver.take()
  driver.expireOffsets()
  expect(driver.take()).toEqual(['remove group g'])
})

it('an empty group stays while someone is about to join', () => {
  const driver = stableGroup('a')
  driver.leave('a')
  driver.join('b')
  driver.take()
  driver.expireOffsets()
  expect(driver.take()).toEqual([])
})
