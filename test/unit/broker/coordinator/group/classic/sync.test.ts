// SyncGroup of classic groups: who waits, who answers, what is stored.

import { describe, expect, it } from 'vitest'
import { assignmentsBytesMax } from '../../../../../../broker/coordinator/group/limits.ts'
import { joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

describe('the assignments of a generation', () => {
  it('go to all members once the leader has brought them and they are stored', () => {
    const driver = joinedGroup('a', 'b', 'c')
    driver.holdWrites = true
    driver.sync('b', 1)
    driver.sync('a', 1, { a: 'p0', b: 'p1', c: 'p2' })
    expect(driver.take()).toEqual(['write group g 1 a-1:p0 b-2:p1 c-3:p2'])
    driver.endWrite()
    expect(driver.take()).toEqual(['a syncGroup: NONE p0', 'b syncGroup: NONE p1'])
    driver.sync('c', 1)
    expect(driver.take()).toEqual(['c syncGroup: NONE p2'])
  })

  it('are empty for a member that the leader left out', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    driver.sync('a', 1, { a: 'all' })
    expect(driver.take()).toEqual([
      'write group g 1 a-1:all b-2:',
      'a syncGroup: NONE all',
      'b syncGroup: NONE ',
    ])
  })

  it('are not kept for those who are no members', () => {
    const driver = joinedGroup('a')
    driver.sync('a', 1, { a: 'p0', stranger: 'p1' })
    expect(driver.take()).toEqual(['write group g 1 a-1:p0', 'a syncGroup: NONE p0'])
  })

  it('are stored once, though the leader brings them twice', () => {
    const driver = joinedGroup('a')
    driver.holdWrites = true
    driver.sync('a', 1, { a: 'p0' })
    driver.sync('a', 1, { a: 'p0' })
    expect(driver.take()).toEqual(['write group g 1 a-1:p0', 'a syncGroup: REBALANCE_IN_PROGRESS'])
    driver.endWrite()
    expect(driver.take()).toEqual(['a syncGroup: NONE p0'])
  })

  it('are of no use when a rebalance began before they were stored', () => {
    const driver = joinedGroup('a', 'b')
    driver.holdWrites = true
    driver.sync('a', 1, { a: 'p0' })
    driver.join('b', { topics: ['u'] })
    driver.endWrite()
    expect(driver.take()).toEqual([
      'write group g 1 a-1:p0 b-2:',
      'a syncGroup: REBALANCE_IN_PROGRESS',
    ])
    driver.join('a')
    expect(driver.take()[0]).toBe('a joinGroup: generation 2 range leads a-1,b-2')
  })

  it.each([
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
    ['INVALID_RECORD', 'INVALID_RECORD'],
  ] as const)('that cannot be stored (%s) begin a rebalance, told as %s', (refused, told) => {
    const driver = joinedGroup('a', 'b')
    driver.holdWrites = true
    driver.sync('b', 1)
    driver.sync('a', 1, { a: 'p0', b: 'p1' })
    driver.take()
    driver.endWrite(refused)
    expect(driver.take().slice(1)).toEqual([`a syncGroup: ${told}`, `b syncGroup: ${told}`])
    driver.heartbeat('a', 1)
    expect(driver.take()).toEqual(['a heartbeat: REBALANCE_IN_PROGRESS'])
  })
})

it('assignments of more bytes than could ever be stored are not tried', () => {
  const driver = joinedGroup('a', 'b')
  driver.sync('b', 1)
  driver.sync('a', 1, { a: 'x'.repeat(assignmentsBytesMax + 1) })
  expect(driver.take()).toEqual([
    'a syncGroup: UNKNOWN_SERVER_ERROR',
    'b syncGroup: UNKNOWN_SERVER_ERROR',
  ])
  driver.heartbeat('a', 1)
  expect(driver.take()).toEqual(['a heartbeat: REBALANCE_IN_PROGRESS'])
})

describe('SyncGroup', () => {
  it('in a stable group gives the assignment there is', () => {
    const driver = stableGroup('a', 'b')
    driver.sync('b', 1)
    expect(driver.take()).toEqual(['b syncGroup: NONE b!'])
  })

  it('is refused while members gather', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.sync('b', 1)
    expect(driver.take()).toEqual(['b syncGroup: REBALANCE_IN_PROGRESS'])
  })

  it.each([
    ['of another generation', 'a', 2, {}, 'ILLEGAL_GENERATION'],
    ['of a stranger', 'x', 1, {}, 'UNKNOWN_MEMBER_ID'],
    ['of an unknown instance', 'a', 1, { groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
    ['of another protocol type', 'a', 1, { protocolType: 'x' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['of another protocol', 'a', 1, { protocolName: 'x' }, 'INCONSISTENT_GROUP_PROTOCOL'],
  ])('%s is refused', (_, who, generationId, rest, error) => {
    const driver = joinedGroup('a')
    driver.sync(who, generationId, {}, rest)
    expect(driver.take()).toEqual([`${who} syncGroup: ${error}`])
  })

  it('is refused where there is no group, or nobody in it', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.take()
    driver.sync('a', 2)
    expect(driver.take()).toEqual(['a syncGroup: UNKNOWN_MEMBER_ID'])
  })

  it('takes the place of one that the same member waits with', () => {
    const driver = joinedGroup('a', 'b')
    driver.sync('b', 1)
    driver.sync('b', 1)
    expect(driver.take()).toEqual(['b syncGroup: REBALANCE_IN_PROGRESS'])
    driver.sync('a', 1, { b: 'p1' })
    expect(driver.take()).toContain('b syncGroup: NONE p1')
  })
})
