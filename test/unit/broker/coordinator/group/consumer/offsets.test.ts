// Offsets of groups of the consumer protocol: committed and fetched under member epochs, deleted
// and expired by what the members subscribe to.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { beforeEach, expect, it } from 'vitest'
import { TestMember, topicsNamed } from '../../../../../support/consumer-member.ts'
import { GroupDriver } from '../../../../../support/group-driver.ts'

let driver: GroupDriver
let member: TestMember

beforeEach(() => {
  driver = new GroupDriver()
  driver.topics = topicsNamed({ t: 2, u: 1 })
  member = new TestMember(driver, 'm', { topics: ['t'] })
  member.beat()
})

function commit(
  epoch: number,
  { topic = 't', partition = 0, apiVersion = 9, memberId = 'm' } = {},
) {
  const token = driver.newToken()
  driver.ask('m', {
    type: 'commitOffsets',
    groupId: 'g',
    token,
    apiVersion,
    request: {
      groupId: 'g',
      generationIdOrMemberEpoch: epoch,
      memberId,
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [
        {
          name: topic,
          topicId: zeroUuid,
          partitions: [
            {
              partitionIndex: partition,
              committedOffset: 5,
              committedLeaderEpoch: -1,
              committedMetadata: '',
            },
          ],
        },
      ],
    },
  })
  const answer = driver.responses.get(token) as {
    topics: { partitions: { errorCode: number }[] }[]
  }
  return answer.topics[0]?.partitions[0]?.errorCode
}

function fetch(memberId: string | null, memberEpoch: number): number {
  const token = driver.newToken()
  driver.ask('m', {
    type: 'fetchOffsets',
    groupId: 'g',
    token,
    requireStable: false,
    request: { groupId: 'g', memberId, memberEpoch, topics: null },
  })
  return (driver.responses.get(token) as { errorCode: number }).errorCode
}

it('members commit under their epoch, and under no later one', () => {
  expect(commit(1)).toBe(errorCodes.NONE)
  expect(commit(2)).toBe(errorCodes.STALE_MEMBER_EPOCH)
  expect(commit(1, { memberId: 'nobody' })).toBe(errorCodes.UNKNOWN_MEMBER_ID)
  expect(commit(1, { apiVersion: 8 })).toBe(errorCodes.UNSUPPORTED_VERSION)
  expect(commit(-1, { memberId: '' })).toBe(errorCodes.UNKNOWN_MEMBER_ID)
})

it('an earlier epoch is good for partitions that have been its own since (KIP-1251)', () => {
  new TestMember(driver, 'n', { topics: ['t'] }).beat()
  member.beat()
  member.beat()
  expect([member.epoch, member.owned.size]).toEqual([2, 1])
  const [kept = ''] = member.owned
  const partition = Number(kept.split('-').at(-1))
  expect(commit(1, { partition })).toBe(errorCodes.NONE)
  expect(commit(1, { partition: 1 - partition })).toBe(errorCodes.STALE_MEMBER_EPOCH)
})

it('members fetch under their epoch, admins under none', () => {
  expect([fetch('m', 1), fetch(null, -1)]).toEqual([0, 0])
  expect(fetch('m', 2)).toBe(errorCodes.STALE_MEMBER_EPOCH)
  expect(fetch('nobody', 1)).toBe(errorCodes.UNKNOWN_MEMBER_ID)
})

it('offsets of topics that nobody subscribes to expire, and only they may be deleted', () => {
  commit(1)
  commit(1, { topic: 'u' })
  const token = driver.newToken()
  driver.ask('admin', {
    type: 'deleteOffsets',
    groupId: 'g',
    token,
    request: {
      groupId: 'g',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }],
    },
  })
  const answer = driver.responses.get(token) as {
    topics: { partitions: { errorCode: number }[] }[]
  }
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(errorCodes.GROUP_SUBSCRIBED_TO_TOPIC)
  driver.config = { ...driver.config, offsetsRetentionMs: 10_000 }
  driver.advance(11_000)
  driver.feed({ type: 'expireOffsets' })
  const topics = [...(driver.shard.state.offsets.get('g')?.topics() ?? [])].map(([name]) => name)
  expect(topics).toEqual(['t'])
})
