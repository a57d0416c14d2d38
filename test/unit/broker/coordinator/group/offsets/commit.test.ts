// OffsetCommit: who may, and from when on it counts.

import { zeroUuid } from '@samsa/proto/wire/types'
import { describe, expect, it } from 'vitest'
import { partitionsPerCommitMax } from '../../../../../../broker/coordinator/group/limits.ts'
import { decodeGroupRecord } from '../../../../../../broker/coordinator/group/records.ts'
import { GroupDriver, joinedGroup, stableGroup } from '../../../../../support/group-driver.ts'

const asMember = (driver: GroupDriver, who: string, generationIdOrMemberEpoch: number) => ({
  memberId: driver.memberId(who),
  generationIdOrMemberEpoch,
})

describe('a commit of a member', () => {
  it('counts once it is stored', () => {
    const driver = stableGroup('a')
    driver.holdWrites = true
    driver.commit('a', { 't-0': 5, 't-1': 6 }, asMember(driver, 'a', 1))
    expect(driver.take()).toEqual(['write offset g t-0=5', 'write offset g t-1=6'])
    expect(driver.committed()).toEqual([])
    driver.endWrite()
    expect(driver.take()).toEqual(['a commitOffsets: NONE NONE'])
    expect(driver.committed()).toEqual(['t-0=5', 't-1=6'])
  })

  it('is accepted while members gather, so that none of its work is done twice', () => {
    const driver = stableGroup('a', 'b')
    driver.join('a')
    driver.commit('b', { 't-0': 5 }, asMember(driver, 'b', 1))
    expect(driver.take().at(-1)).toBe('b commitOffsets: NONE')
  })

  it('is refused between joining and the assignment', () => {
    const driver = joinedGroup('a')
    driver.commit('a', { 't-0': 5 }, asMember(driver, 'a', 1))
    expect(driver.take()).toEqual(['a commitOffsets: REBALANCE_IN_PROGRESS'])
  })

  it.each([
    [
      'of another generation',
      { memberId: 'a-1', generationIdOrMemberEpoch: 2 },
      'ILLEGAL_GENERATION',
    ],
    ['without a generation', { memberId: 'a-1' }, 'ILLEGAL_GENERATION'],
    ['of a stranger', { memberId: 'x', generationIdOrMemberEpoch: 1 }, 'UNKNOWN_MEMBER_ID'],
    ['of no member', {}, 'UNKNOWN_MEMBER_ID'],
    ['of an unknown instance', { groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
  ])('%s is refused', (_, who, error) => {
    const driver = stableGroup('a')
    driver.commit('a', { 't-0': 5, 't-1': 5 }, who)
    expect(driver.take()).toEqual([`a commitOffsets: ${error} ${error}`])
  })

  it.each([
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['RECORD_LIST_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ] as const)('that cannot be stored (%s) changes nothing and is told as %s', (refused, told) => {
    const driver = stableGroup('a')
    driver.commit('a', { 't-0': 5 }, asMember(driver, 'a', 1))
    driver.holdWrites = true
    driver.commit('a', { 't-0': 6 }, asMember(driver, 'a', 1))
    driver.take()
    driver.endWrite(refused)
    expect(driver.take().at(-1)).toBe(`a commitOffsets: ${told}`)
    expect(driver.committed()).toEqual(['t-0=5'])
  })
})

describe('a commit without a group', () => {
  it('makes one without members', () => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 })
    driver.describe()
    expect(driver.take()).toEqual([
      'write offset g t-0=5',
      'a commitOffsets: NONE',
      'admin describeGroup: NONE',
    ])
    expect(driver.shard.list()).toEqual([
      { groupId: 'g', protocolType: '', groupState: 'Empty', groupType: 'classic' },
    ])
  })

  it('leaves none behind when it cannot be stored', () => {
    const driver = new GroupDriver()
    driver.holdWrites = true
    driver.commit('a', { 't-0': 5 })
    driver.endWrite('NOT_ENOUGH_REPLICAS')
    expect(driver.shard.list()).toEqual([])
  })

  it.each([
    [8, 'ILLEGAL_GENERATION'],
    [9, 'GROUP_ID_NOT_FOUND'],
  ])('but with a generation is refused, in version %i as %s', (version, error) => {
    const driver = new GroupDriver()
    driver.commit('a', { 't-0': 5 }, { memberId: 'x', generationIdOrMemberEpoch: 3, version })
    expect(driver.take()).toEqual([`a commitOffsets: ${error}`])
  })

  it('or to an empty one needs no member, whatever it names itself', () => {
    const driver = stableGroup('a')
    driver.leave('a')
    driver.take()
    driver.commit('x', { 't-0': 5 }, { memberId: 'x', groupInstanceId: 'i' })
    driver.commit('x', { 't-0': 5 }, { memberId: 'x', generationIdOrMemberEpoch: 2 })
    expect(driver.take()).toEqual([
      'write offset g t-0=5',
      'x commitOffsets: NONE',
      'x commitOffsets: UNKNOWN_MEMBER_ID',
    ])
  })
})

describe('the metadata of an offset', () => {
  it('may have offset.metadata.max.bytes', () => {
    const driver = new GroupDriver({ offsetMetadataMaxBytes: 4 })
    driver.commit('a', { 't-0': 5 }, { metadata: '1234' })
    driver.commit('a', { 't-0': 6 }, { metadata: '12345' })
    expect(driver.take()).toEqual([
      'write offset g t-0=5',
      'a commitOffsets: NONE',
      'a commitOffsets: OFFSET_METADATA_TOO_LARGE',
    ])
  })

  it('that is too long fails its own partition only', () => {
    const driver = new GroupDriver({ offsetMetadataMaxBytes: 4 })
    const partition = (partitionIndex: number, committedMetadata: string | null) => ({
      partitionIndex,
      committedOffset: 7,
      committedLeaderEpoch: -1,
      committedMetadata,
    })
    const partitions = [partition(0, 'too long'), partition(1, null)]
    driver.commit('a', {}, { topics: [{ name: 't', topicId: zeroUuid, partitions }] })
    expect(driver.take()).toEqual([
      'write offset g t-1=7',
      'a commitOffsets: OFFSET_METADATA_TOO_LARGE NONE',
    ])
  })
})

it('a commit of versions 2 to 4 may say how long it is to be kept', () => {
  const driver = new GroupDriver()
  driver.commit('a', { 't-0': 5 }, { version: 2, retentionTimeMs: 60_000 })
  const [record] = driver.log
  const decoded = record === undefined ? null : decodeGroupRecord(record)
  expect(decoded).toMatchObject({ value: { expireTimestampMs: driver.wallMs + 60_000 } })
})

it('commits in flight are stored in the order they came', () => {
  const driver = new GroupDriver()
  driver.holdWrites = true
  for (const offset of [1, 2, 3]) driver.commit('a', { 't-0': offset })
  driver.endWrite()
  expect(driver.committed()).toEqual(['t-0=1'])
  driver.endWrite('REQUEST_TIMED_OUT')
  driver.endWrite()
  expect(driver.committed()).toEqual(['t-0=3'])
})

it('a commit of more partitions than could ever be stored is not tried', () => {
  const driver = new GroupDriver()
  const partition = {
    partitionIndex: 0,
    committedOffset: 1,
    committedLeaderEpoch: -1,
    committedMetadata: '',
  }
  const partitions = Array.from({ length: partitionsPerCommitMax + 1 }, () => partition)
  const token = driver.commit('a', {}, { topics: [{ name: 't', topicId: zeroUuid, partitions }] })
  const { topics } = driver.responses.get(token) as {
    topics: { partitions: { errorCode: number }[] }[]
  }
  expect(new Set(topics[0]?.partitions.map(({ errorCode }) => errorCode))).toEqual(new Set([-1]))
  expect(driver.log).toEqual([])
  expect(driver.shard.list()).toEqual([])
})
