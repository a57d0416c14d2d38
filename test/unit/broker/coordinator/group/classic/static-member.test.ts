// Static members (KIP-345): coming back, being replaced, being fenced.

import { beforeEach, describe, expect, it } from 'vitest'
import { GroupDriver } from '../../../../../support/group-driver.ts'

/** Generation 1: the static member s (instance i) leads, a follows; both have their assignment. */
let driver: GroupDriver

beforeEach(() => {
  driver = new GroupDriver()
  driver.join('s', { groupInstanceId: 'i' })
  driver.join('a', { version: 3 })
  driver.advance(6_000)
  driver.sync('a', 1)
  driver.sync('s', 1, { s: 's!', a: 'a!' })
  driver.take()
})

describe('a static member that comes back to a stable group', () => {
  it('gets a new id, stored first, and keeps assignment and leadership without a rebalance', () => {
    driver.holdWrites = true
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual(['write group g 1 a-2:a! i-3:s!'])
    driver.endWrite()
    expect(driver.take()).toEqual([
      's joinGroup: generation 1 range leads a-2,i-3 skips assignment',
    ])
    driver.sync('s', 1, {}, { groupInstanceId: 'i' })
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['s syncGroup: NONE s!', 'a heartbeat: NONE'])
  })

  it('is told before version 9 that its former self leads, so that it assigns nothing', () => {
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i', version: 8 })
    expect(driver.take().at(-1)).toBe('s joinGroup: generation 1 range follows i-1')
  })

  it('fences whoever goes on under the old id', () => {
    const old = driver.memberId('s')
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    driver.take()
    driver.join('old', { memberId: old, groupInstanceId: 'i' })
    driver.heartbeat('i-1', 1, 'i')
    driver.sync('i-1', 1, {}, { groupInstanceId: 'i' })
    driver.commit(
      'i-1',
      { 't-0': 1 },
      { memberId: 'i-1', groupInstanceId: 'i', generationIdOrMemberEpoch: 1 },
    )
    driver.leave('i-1', [{ memberId: 'i-1', groupInstanceId: 'i', reason: null }])
    driver.heartbeat('i-1', 1)
    expect(driver.take()).toEqual([
      'old joinGroup: FENCED_INSTANCE_ID',
      'i-1 heartbeat: FENCED_INSTANCE_ID',
      'i-1 syncGroup: FENCED_INSTANCE_ID',
      'i-1 commitOffsets: FENCED_INSTANCE_ID',
      'i-1 leaveGroup: FENCED_INSTANCE_ID',
      'i-1 heartbeat: UNKNOWN_MEMBER_ID',
    ])
  })

  it('goes back to its old id when the new one cannot be stored', () => {
    driver.holdWrites = true
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i', topics: ['u'] })
    driver.take()
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(driver.take().at(-1)).toBe('s joinGroup: COORDINATOR_NOT_AVAILABLE')
    driver.heartbeat('i-1', 1, 'i')
    driver.sync('i-1', 1)
    expect(driver.take()).toEqual(['i-1 heartbeat: NONE', 'i-1 syncGroup: NONE s!'])
    expect(driver.shard.state.classicGroup('g')?.leaderId).toBe('i-1')
  })

  it('is named as before in one more record, when later ones already had its new id', () => {
    driver.join('z', { groupInstanceId: 'j' })
    driver.join('a', { topics: ['u'], version: 3 })
    driver.join('s', { groupInstanceId: 'i' })
    for (const who of ['a', 'z', 's']) driver.sync(who, 2, { s: 's!', a: 'a!', z: 'z!' })
    driver.holdWrites = true
    for (const [who, instance] of [
      ['s', 'i'],
      ['z', 'j'],
    ] as const) {
      driver.forget(who)
      driver.join(who, { groupInstanceId: instance })
    }
    driver.take()
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(driver.take()).toEqual([
      'refused: NOT_ENOUGH_REPLICAS',
      's joinGroup: COORDINATOR_NOT_AVAILABLE',
      'write group g 2 a-2:a! j-5:z! i-1:s!',
    ])
    driver.endWrite()
    driver.endWrite()
    driver.restart()
    driver.take()
    driver.heartbeat('i-1', 2, 'i')
    expect(driver.take()).toEqual(['i-1 heartbeat: NONE'])
  })

  it('begins a rebalance when another protocol would then be chosen', () => {
    driver.join('a', { supports: ['range', 'sticky'], version: 3 })
    driver.join('s', { groupInstanceId: 'i', supports: ['range', 'sticky'] })
    driver.sync('a', 2)
    driver.sync('s', 2, {})
    driver.take()
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i', supports: ['sticky'] })
    driver.heartbeat('a', 2)
    expect(driver.take()).toEqual(['a heartbeat: REBALANCE_IN_PROGRESS'])
  })

  it('is answered by a rebalance that began before its id was stored', () => {
    driver.holdWrites = true
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    driver.take()
    driver.join('a', { version: 3, topics: ['u'] })
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range follows i-3',
      's joinGroup: generation 2 range leads a-2,i-3',
    ])
    driver.endWrite()
    expect(driver.take()).toEqual([])
  })

  it('may come back twice before the first time is stored', () => {
    driver.holdWrites = true
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual([
      'write group g 1 a-2:a! i-3:s!',
      's joinGroup: FENCED_INSTANCE_ID',
      'write group g 1 a-2:a! i-4:s!',
    ])
    driver.endWrite()
    driver.endWrite()
    expect(driver.take()).toEqual([
      's joinGroup: generation 1 range leads a-2,i-4 skips assignment',
    ])
  })
})

describe('a static member that comes back during a rebalance', () => {
  it('takes its own place while members gather', () => {
    driver.join('a', { version: 3, topics: ['u'] })
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual([
      'a joinGroup: generation 2 range follows i-3',
      's joinGroup: generation 2 range leads a-2,i-3',
    ])
  })

  it('begins another rebalance while assignments are awaited, which name its old id', () => {
    driver.join('a', { version: 3, topics: ['u'] })
    driver.join('s', { groupInstanceId: 'i' })
    driver.sync('a', 2)
    driver.take()
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual(['a syncGroup: REBALANCE_IN_PROGRESS'])
  })

  it('has the SyncGroup of its former self refused', () => {
    driver.join('a', { version: 3, topics: ['u'] })
    driver.join('s', { groupInstanceId: 'i' })
    driver.holdWrites = true
    driver.sync('s', 2, {}, { groupInstanceId: 'i' })
    driver.take()
    driver.forget('s')
    driver.join('s', { groupInstanceId: 'i' })
    expect(driver.take()).toEqual(['s syncGroup: FENCED_INSTANCE_ID'])
  })
})

it('a static member that leaves is forgotten, and comes back as a new one', () => {
  driver.leave('admin', [{ memberId: '', groupInstanceId: 'i', reason: null }])
  driver.join('a')
  driver.take()
  driver.forget('s')
  driver.join('s', { groupInstanceId: 'i' })
  driver.join('a', { topics: ['u'] })
  expect(driver.take()).toContain('s joinGroup: generation 3 range follows a-2')
})
