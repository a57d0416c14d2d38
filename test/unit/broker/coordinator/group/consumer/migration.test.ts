// Groups on their way between the protocols (KIP-848): a classic group with members takes one of
// the consumer protocol in and goes on, and becomes classic again when the last of those leaves.

import { writeAssignment } from '@samsa/broker/coordinator/group/consumer/consumer-protocol'
import { decodeConsumerAssignment } from '@samsa/proto/kafka/consumer-protocol'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { beforeEach, expect, it } from 'vitest'
import type { MigrationPolicy } from '../../../../../../broker/coordinator/group/group-config.ts'
import { TestMember, topicIdOf, topicsNamed } from '../../../../../support/consumer-member.ts'
import { subscription } from '../../../../../support/consumer-protocol.ts'
import { GroupDriver } from '../../../../../support/group-driver.ts'

let driver: GroupDriver

beforeEach(() => {
  driver = new GroupDriver()
  driver.topics = topicsNamed({ t: 4 })
})

interface Joined {
  readonly errorCode: number
  readonly generationId: number
  readonly memberId: string
}

/** JoinGroup, again with the member id that it is told. */
function join(who: string): Joined {
  driver.join(who)
  const token = driver.join(who)
  return driver.responses.get(token) as Joined
}

/** What a classic member has after SyncGroup; the error's name when refused. */
function sync(who: string, generationId: number): readonly number[] | string {
  const answer = driver.responses.get(driver.sync(who, generationId)) as {
    readonly errorCode: number
    readonly assignment: Buffer
  }
  if (answer.errorCode !== 0) return `error ${answer.errorCode}`
  const { assignedPartitions } = decodeConsumerAssignment(answer.assignment)
  return assignedPartitions.flatMap(({ partitions }) => partitions)
}

function heartbeat(who: string, generationId: number): number {
  const answer = driver.responses.get(driver.heartbeat(who, generationId))
  return (answer as { readonly errorCode: number }).errorCode
}

/** A classic group of one member with all partitions, in generation 1. */
function classicGroup(): void {
  join('old')
  driver.advance(3_000)
  const all = writeAssignment(
    new Map([[topicIdOf('t'), new Set([0, 1, 2, 3])]]),
    subscription(['t']),
    driver.topics,
  )
  driver.ask('old', {
    type: 'syncGroup',
    groupId: 'g',
    token: driver.newToken(),
    request: {
      groupId: 'g',
      generationId: 1,
      memberId: driver.memberId('old'),
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId: driver.memberId('old'), assignment: all }],
    },
  })
}

function policy(migrationPolicy: MigrationPolicy): void {
  driver.config = { ...driver.config, consumer: { ...driver.config.consumer, migrationPolicy } }
}

it('a classic group takes a member of the consumer protocol in, and both share', () => {
  classicGroup()
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  expect([fresh.lastError, fresh.owned.size]).toEqual([0, 0])
  expect(driver.shard.state.groups.get('g')?.type).toBe('consumer')
  expect(heartbeat('old', 1)).toBe(errorCodes.REBALANCE_IN_PROGRESS)
  const revoking = driver.responses.get(driver.join('old')) as Joined
  expect(sync('old', revoking.generationId)).toHaveLength(2)
  // It joins once more, as a consumer does that had to let go of partitions.
  const rejoined = driver.responses.get(driver.join('old')) as Joined
  expect(rejoined.generationId).toBe(2)
  expect(sync('old', 2)).toHaveLength(2)
  fresh.beat()
  expect(fresh.owned.size).toBe(2)
  expect(heartbeat('old', 2)).toBe(errorCodes.NONE)
})

it('the last member of the consumer protocol leaves a classic group behind', () => {
  classicGroup()
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  fresh.leave()
  expect(driver.shard.state.classicGroup('g')?.state).toBe('PreparingRebalance')
  driver.restart()
  expect(driver.shard.state.classicGroup('g')?.members.size).toBe(1)
})

it('what is asked while a group turns classic waits until it is one', () => {
  classicGroup()
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  driver.holdWrites = true
  fresh.leave()
  driver.heartbeat('old', 1)
  expect(driver.waiting).toContain('old heartbeat')
  driver.holdWrites = false
  driver.endWrite('NOT_ENOUGH_REPLICAS')
  expect(driver.shard.state.groups.get('g')?.type).toBe('consumer')
  expect(driver.shard.state.groups.get('g')?.members.size).toBe(2)
  expect(driver.waiting).toEqual([])
})

it('without leave, groups keep their kind', () => {
  policy('DISABLED')
  classicGroup()
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  expect(fresh.lastError).toBe(errorCodes.GROUP_ID_NOT_FOUND)
  expect(driver.shard.state.classicGroup('g')?.state).toBe('Stable')
  policy('UPGRADE')
  fresh.beat()
  fresh.leave()
  expect(driver.shard.state.groups.get('g')?.type).toBe('consumer')
})

it('an empty group of either kind makes room for the other, and keeps its offsets', () => {
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  fresh.leave()
  join('old')
  expect(driver.shard.state.classicGroup('g')?.members.size).toBe(1)
  driver.leave('old')
  fresh.beat()
  expect([fresh.lastError, fresh.owned.size]).toEqual([0, 4])
  driver.restart()
  expect(driver.shard.state.groups.get('g')?.type).toBe('consumer')
})

it('a group of another assignor of its own is not upgraded', () => {
  driver.join('old', { protocolType: 'connect' })
  driver.join('old', { protocolType: 'connect' })
  driver.advance(3_000)
  const fresh = new TestMember(driver, 'new', { topics: ['t'] })
  fresh.beat()
  expect(fresh.lastError).toBe(errorCodes.GROUP_ID_NOT_FOUND)
})
