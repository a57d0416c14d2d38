// How offsets and groups go: deleted, or with their topics.

import { describe, expect, it } from 'vitest'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

describe('OffsetDelete', () => {
  it('removes offsets once their removal is stored', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5, 't-1': 6 })
    driver.holdWrites = true
    driver.take()
    driver.deleteOffsets(['t-0', 't-7'])
    expect(driver.take()).toEqual(['remove offset g t-0'])
    expect(driver.committed()).toEqual(['t-0=5', 't-1=6'])
    driver.endWrite()
    expect(driver.take()).toEqual(['admin deleteOffsets: NONE'])
    expect(driver.committed()).toEqual(['t-1=6'])
  })

  it('leaves everything when that fails', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.holdWrites = true
    driver.deleteOffsets(['t-0'])
    driver.endWrite('NOT_LEADER_OR_FOLLOWER')
    expect(driver.take().at(-1)).toBe('admin deleteOffsets: NOT_COORDINATOR')
    expect(driver.committed()).toEqual(['t-0=5'])
  })

  it('removes an offset that is only on its way, and keeps one committed later', () => {
    const driver = new GroupDriver()
    driver.holdWrites = true
    driver.commit('a', { 't-0': 5, 't-1': 1 })
    driver.deleteOffsets(['t-0', 't-1'])
    driver.commit('a', { 't-1': 2 })
    for (let writes = 0; writes < 3; writes++) driver.endWrite()
    expect(driver.committed()).toEqual(['t-1=2'])
  })

  it('is refused for topics that members are subscribed to', () => {
    const driver = stableGroup('a')
    const memberId = driver.memberId('a')
    driver.commit('a', { 't-0': 1, 'u-0': 2 }, { memberId, generationIdOrMemberEpoch: 1 })
    driver.take()
    const token = driver.deleteOffsets(['t-0', 'u-0'])
    expect(driver.responses.get(token)).toEqual({
      errorCode: 0,
      topics: [
        { name: 't', partitions: [{ partitionIndex: 0, errorCode: 86 }] },
        { name: 'u', partitions: [{ partitionIndex: 0, errorCode: 0 }] },
      ],
    })
    expect(driver.committed()).toEqual(['t-0=1'])
  })

  it.each([
    ['a group that is not there', new GroupDriver(), 'GROUP_ID_NOT_FOUND'],
    ['members of another protocol', connectGroup(), 'NON_EMPTY_GROUP'],
  ])('is refused for %s', (_, driver, error) => {
    driver.deleteOffsets(['t-0'])
    expect(driver.take()).toEqual([`admin deleteOffsets: ${error}`])
  })

  it('is refused for all topics while the subscriptions cannot be read', () => {
    const driver = new GroupDriver()
    driver.join('a', { version: 3, protocols: [{ name: 'range', metadata: Buffer.from('?') }] })
    driver.advance(3_000)
    const token = driver.deleteOffsets(['t-0'])
    expect(driver.responses.get(token)).toMatchObject({
      topics: [{ partitions: [{ errorCode: 86 }] }],
    })
  })
})

function connectGroup(): GroupDriver {
  const driver = new GroupDriver()
  driver.join('a', { version: 3, protocolType: 'connect' })
  driver.advance(3_000)
  driver.take()
  return driver
}

describe('DeleteGroups', () => {
  it('removes the group and all its offsets', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.commit('a', { 't-0': 5, 'u-1': 6 })
    driver.take()
    driver.deleteGroup()
    driver.describe()
    expect(driver.take()).toEqual([
      'remove offset g t-0',
      'remove offset g u-1',
      'remove group g',
      'admin deleteGroup: NONE',
      'admin describeGroup: GROUP_ID_NOT_FOUND',
    ])
    expect(driver.committed()).toEqual([])
    driver.restart()
    expect(driver.shard.list()).toEqual([])
  })

  it('is refused while there are members, or no group', () => {
    const driver = joinedGroup('a')
    driver.deleteGroup()
    driver.deleteGroup('other')
    expect(driver.take()).toEqual([
      'admin deleteGroup: NON_EMPTY_GROUP',
      'admin deleteGroup: GROUP_ID_NOT_FOUND',
    ])
  })

  it('has whatever is asked of the group meanwhile wait for its end', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.holdWrites = true
    driver.take()
    driver.deleteGroup()
    driver.commit('b', { 't-1': 6 })
    driver.deleteGroup()
    driver.join('c', { memberId: 'x' })
    expect(driver.take()).toEqual(['remove offset g t-0'])
    driver.endWrite()
    expect(driver.take()).toEqual([
      'admin deleteGroup: NONE',
      'write offset g t-1=6',
      'remove offset g t-1',
    ])
    driver.endWrite()
    driver.endWrite()
    expect(driver.take()).toEqual([
      'b commitOffsets: NONE',
      'admin deleteGroup: NONE',
      'c joinGroup: UNKNOWN_MEMBER_ID',
    ])
  })

  it('leaves the group alive when it cannot be stored', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.holdWrites = true
    driver.deleteGroup()
    driver.join('b', { version: 3 })
    driver.take()
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(driver.take().at(-1)).toBe('admin deleteGroup: COORDINATOR_NOT_AVAILABLE')
    driver.advance(3_000)
    expect(driver.take()).toEqual(['b joinGroup: generation 3 range leads b-2'])
  })

  it('writes nothing for a group of which nothing is stored', () => {
    const driver = new GroupDriver()
    driver.join('a')
    driver.take()
    driver.deleteGroup()
    expect(driver.take()).toEqual(['admin deleteGroup: NONE'])
    expect(driver.hasTimer).toBe(false)
  })
})

describe('the deletion of a topic', () => {
  it('removes what all groups have committed for it', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5, 'u-0': 6 })
    driver.commit('a', { 't-1': 7 }, { groupId: 'h' })
    driver.take()
    driver.deleteTopics([{ name: 't', id: 'dG9waWMtdC1pZC0tLS0tLQ' }])
    expect(driver.take()).toEqual(['remove offset g t-0', 'remove offset h t-1'])
    expect(driver.committed()).toEqual(['u-0=6'])
  })

  it('keeps what was committed for its successor of the same name', () => {
    const driver = new GroupDriver()
    const partitions = [
      { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' },
    ]
    const successor = 'c3VjY2Vzc29yLWlkLS0tLQ'
    driver.commit('a', {}, { topics: [{ name: 't', topicId: successor, partitions }] })
    driver.take()
    driver.deleteTopics([{ name: 't', id: 'cHJlZGVjZXNzb3ItaWQtLQ' }])
    expect(driver.take()).toEqual([])
    driver.deleteTopics([{ name: 't', id: successor }])
    expect(driver.take()).toEqual(['remove offset g t-0'])
  })
})
