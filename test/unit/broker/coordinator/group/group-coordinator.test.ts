// The way of requests to the partition that keeps their group, through elections and stops.

import { errorCodes } from '@samsa/proto/kafka/errors'
import { zeroUuid } from '@samsa/proto/wire/types'
import { beforeEach, describe, expect, it } from 'vitest'
import { GroupCoordinator } from '../../../../../broker/coordinator/group/group-coordinator.ts'
import type { OffsetCommitRequest } from '../../../../../broker/coordinator/group/messages.ts'
import { noTopics } from '../../../../../broker/coordinator/group/topics-view.ts'
import { BrokerError } from '../../../../../broker/errors.ts'
import { subscription } from '../../../../support/consumer-protocol.ts'
import { FakeTime } from '../../../../support/fake-time.ts'
import { defaultGroupConfig } from '../../../../support/group-config.ts'
import { MemoryPartitionWriter, settle } from '../../../../support/memory-partition-writer.ts'

let time: FakeTime
let writer: MemoryPartitionWriter
let coordinator: GroupCoordinator
let faults: [number, unknown][]

/** The group 'g' has its partition here. */
const home = 3

beforeEach(() => {
  time = new FakeTime()
  writer = new MemoryPartitionWriter()
  faults = []
  let uuid = 0
  coordinator = new GroupCoordinator({
    config: () => ({ ...defaultGroupConfig, minSessionTimeoutMs: 6_000 }),
    topics: () => noTopics,
    partitionCount: () => 50,
    writer,
    clock: time,
    timers: time,
    newUuid: () => String(++uuid),
    onFault: (partition, error) => faults.push([partition, error]),
  })
})

function caller(apiVersion = 9) {
  const abort = new AbortController()
  const { signal } = abort
  return { apiVersion, clientId: 'c', clientHost: '10.0.0.1', signal, abort }
}

function joinRequest(memberId = '', sessionTimeoutMs = 10_000) {
  return {
    groupId: 'g',
    sessionTimeoutMs,
    rebalanceTimeoutMs: 60_000,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(['t']) }],
    reason: null,
  }
}

function syncRequest(memberId: string, assignment = 'all of it') {
  return {
    groupId: 'g',
    generationId: 1,
    memberId,
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [{ memberId, assignment: Buffer.from(assignment) }],
  }
}

function commitRequest(offset: number, groupId = 'g'): OffsetCommitRequest {
  return {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [
      {
        name: 't',
        topicId: zeroUuid,
        partitions: [
          {
            partitionIndex: 0,
            committedOffset: offset,
            committedLeaderEpoch: -1,
            committedMetadata: '',
          },
        ],
      },
    ],
  }
}

async function committed(groupId = 'g'): Promise<number | undefined> {
  const asked = { groupId, memberId: null, memberEpoch: -1, topics: null }
  const answer = await coordinator.fetchOffsets(asked, { requireStable: false }, caller())
  return answer.topics[0]?.partitions[0]?.committedOffset
}

const commitCode = (answer: {
  topics: readonly { partitions: readonly { errorCode: number }[] }[]
}) => answer.topics[0]?.partitions[0]?.errorCode

describe('a request for a group', () => {
  it('finds the partition that keeps it', () => {
    expect(coordinator.partitionFor('g')).toBe(home)
  })

  it('is refused where this node does not lead the partition', async () => {
    await coordinator.onElected(home + 1, 0)
    const asked = caller()
    const beat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
    expect(await coordinator.joinGroup(joinRequest(), asked)).toMatchObject({
      errorCode: errorCodes.NOT_COORDINATOR,
    })
    expect(await coordinator.heartbeat(beat, asked)).toEqual({
      errorCode: errorCodes.NOT_COORDINATOR,
    })
    expect(commitCode(await coordinator.commitOffsets(commitRequest(1), asked))).toBe(
      errorCodes.NOT_COORDINATOR,
    )
    expect(await coordinator.describeGroups(['g'], asked)).toMatchObject([
      { groupId: 'g', errorCode: errorCodes.NOT_COORDINATOR },
    ])
    expect(await coordinator.deleteGroups(['g', 'g'], asked)).toEqual([
      { groupId: 'g', errorCode: errorCodes.NOT_COORDINATOR },
    ])
  })

  it('has to wait until the partition is loaded, but a heartbeat is well', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    writer.reading = promise
    const elected = coordinator.onElected(home, 0)
    const asked = caller()
    const beat = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
    expect(await coordinator.heartbeat(beat, asked)).toEqual({ errorCode: errorCodes.NONE })
    expect(await coordinator.syncGroup(syncRequest('m'), asked)).toMatchObject({
      errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
    })
    const all = { statesFilter: [], typesFilter: [] }
    expect(coordinator.listGroups(all).errorCode).toBe(errorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    resolve()
    await elected
    expect(await coordinator.syncGroup(syncRequest('m'), asked)).toMatchObject({
      errorCode: errorCodes.UNKNOWN_MEMBER_ID,
    })
    expect(coordinator.listGroups(all).errorCode).toBe(errorCodes.NONE)
  })

  it('must name one, save for offsets and by tools', async () => {
    await coordinator.onElected(coordinator.partitionFor(''), 0)
    const asked = caller()
    const nameless = { ...joinRequest(), groupId: '' }
    const invalid = { errorCode: errorCodes.INVALID_GROUP_ID }
    expect(await coordinator.joinGroup(nameless, asked)).toMatchObject(invalid)
    expect(await coordinator.joinGroup({ ...nameless, sessionTimeoutMs: 1 }, asked)).toMatchObject(
      invalid,
    )
    expect(await coordinator.deleteOffsets({ groupId: '', topics: [] }, asked)).toMatchObject(
      invalid,
    )
    expect(commitCode(await coordinator.commitOffsets(commitRequest(4, ''), asked))).toBe(0)
    expect(await committed('')).toBe(4)
    expect(await coordinator.deleteGroups([''], asked)).toEqual([{ groupId: '', errorCode: 0 }])
  })

  it('must not name one longer than a record can say', async () => {
    const long = 'g'.repeat(40_000)
    await coordinator.onElected(coordinator.partitionFor(long), 0)
    expect(commitCode(await coordinator.commitOffsets(commitRequest(1, long), caller()))).toBe(
      errorCodes.INVALID_GROUP_ID,
    )
  })

  it.each([5_999, 1_800_001])('must have a session timeout within bounds, not %i', async (ms) => {
    await coordinator.onElected(home, 0)
    expect(await coordinator.joinGroup(joinRequest('', ms), caller())).toMatchObject({
      errorCode: errorCodes.INVALID_SESSION_TIMEOUT,
    })
  })
})

describe('a group in service', () => {
  beforeEach(() => coordinator.onElected(home, 0))

  async function joined(): Promise<string> {
    const joining = coordinator.joinGroup(joinRequest(), caller(3))
    time.advance(3_000)
    return (await joining).memberId
  }

  it('goes from joining over its assignment to heartbeats and commits', async () => {
    const memberId = await joined()
    expect(memberId).toBe('c-1')
    const synced = await coordinator.syncGroup(syncRequest(memberId), caller())
    expect(String(synced.assignment)).toBe('all of it')
    const request = { ...commitRequest(7), memberId, generationIdOrMemberEpoch: 1 }
    expect(commitCode(await coordinator.commitOffsets(request, caller()))).toBe(errorCodes.NONE)
    expect(await committed()).toBe(7)
    const [described] = await coordinator.describeGroups(['g'], caller())
    expect(described).toMatchObject({
      groupState: 'Stable',
      members: [{ memberId, clientId: 'c', clientHost: '/10.0.0.1' }],
    })
  })

  it('answers only once the log has the records', async () => {
    writer.hold = true
    let answered = false
    const committing = coordinator.commitOffsets(commitRequest(7), caller()).then(() => {
      answered = true
    })
    await settle()
    expect(writer.appends).toHaveLength(1)
    expect(answered).toBe(false)
    expect(await committed()).toBeUndefined()
    writer.appends[0]?.finish()
    await committing
    expect(await committed()).toBe(7)
  })

  it('shares one append among the commits of a turn', async () => {
    const offsets = Array.from({ length: 20 }, (_, index) => index)
    await Promise.all(
      offsets.map((offset) => coordinator.commitOffsets(commitRequest(offset), caller())),
    )
    expect(writer.appends).toHaveLength(1)
    expect(writer.appends[0]?.records).toHaveLength(20)
    expect(await committed()).toBe(19)
  })

  it('tells the log’s refusal in words that fit the request', async () => {
    writer.hold = true
    const committing = coordinator.commitOffsets(commitRequest(7), caller())
    await settle()
    writer.appends[0]?.finish(new BrokerError('NOT_ENOUGH_REPLICAS', 'too few'))
    expect(commitCode(await committing)).toBe(errorCodes.COORDINATOR_NOT_AVAILABLE)
  })

  it('loses a member that was heard of for the last time a session ago', async () => {
    const memberId = await joined()
    await coordinator.syncGroup(syncRequest(memberId), caller())
    time.advance(10_000)
    const beat = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null }
    expect(await coordinator.heartbeat(beat, caller())).toEqual({
      errorCode: errorCodes.UNKNOWN_MEMBER_ID,
    })
  })

  it('loses no member for a time in which this node stood still itself', async () => {
    const memberId = await joined()
    await coordinator.syncGroup(syncRequest(memberId), caller())
    const beat = { groupId: 'g', generationId: 1, memberId, groupInstanceId: null }
    time.stall(12_000)
    // The timers come first, then what waits in the sockets.
    time.advance(0)
    expect(await coordinator.heartbeat(beat, caller())).toEqual({ errorCode: errorCodes.NONE })
    time.advance(9_000)
    expect(await coordinator.heartbeat(beat, caller())).toEqual({ errorCode: errorCodes.NONE })
    // One that says nothing is lost a little later.
    time.stall(12_000)
    time.advance(6_000)
    expect(await coordinator.heartbeat(beat, caller())).toEqual({
      errorCode: errorCodes.UNKNOWN_MEMBER_ID,
    })
  })

  it('lets go of a JoinGroup whose connection closed', async () => {
    const asked = caller(3)
    const joining = coordinator.joinGroup(joinRequest(), asked)
    const other = coordinator.joinGroup(joinRequest(), caller(3))
    asked.abort.abort()
    await joining
    time.advance(6_000)
    expect((await other).members).toHaveLength(1)
  })

  it('does not begin what came over a connection that is closed already', async () => {
    const asked = caller(3)
    asked.abort.abort()
    await coordinator.joinGroup(joinRequest(), asked)
    expect(coordinator.listGroups({ statesFilter: [], typesFilter: [] }).groups).toEqual([])
  })

  it('is listed by state and type, in any case of letters', async () => {
    await coordinator.commitOffsets(commitRequest(1), caller())
    const ids = (states: string[], types: string[]) =>
      coordinator
        .listGroups({ statesFilter: states, typesFilter: types })
        .groups.map(({ groupId }) => groupId)
    expect(ids([], [])).toEqual(['g'])
    expect(ids(['EMPTY', 'Stable'], ['Classic'])).toEqual(['g'])
    expect(ids(['stable'], [])).toEqual([])
    expect(ids([], ['consumer'])).toEqual([])
    expect(ids(['no such state'], [])).toEqual([])
  })

  it('is cleaned of expired offsets every offsets.retention.check.interval.ms', async () => {
    await coordinator.commitOffsets(commitRequest(1), caller())
    time.advance(defaultGroupConfig.offsetsRetentionMs)
    await settle()
    time.advance(defaultGroupConfig.offsetsRetentionCheckIntervalMs)
    await settle()
    expect(coordinator.listGroups({ statesFilter: [], typesFilter: [] }).groups).toEqual([])
    expect(writer.log(home).map(({ value }) => value === null)).toEqual([false, true])
  })

  it('forgets the offsets of a deleted topic', async () => {
    await coordinator.commitOffsets(commitRequest(1), caller())
    coordinator.onTopicsDeleted([{ name: 't', id: zeroUuid }])
    await settle()
    expect(await committed()).toBeUndefined()
  })
})

describe('leadership of a partition', () => {
  it('lost answers what waits, and forgets', async () => {
    await coordinator.onElected(home, 0)
    await coordinator.commitOffsets(commitRequest(1), caller())
    const joining = coordinator.joinGroup(joinRequest(), caller(3))
    coordinator.onResigned(home)
    expect((await joining).errorCode).toBe(errorCodes.NOT_COORDINATOR)
    // Only the periodic cleaning is left.
    expect(time.pending).toBe(1)
  })

  it('lost while a commit is being written leaves it unsaid whether it was', async () => {
    await coordinator.onElected(home, 0)
    writer.hold = true
    const committing = coordinator.commitOffsets(commitRequest(7), caller())
    await settle()
    coordinator.onResigned(home)
    expect(commitCode(await committing)).toBe(errorCodes.NOT_COORDINATOR)
    writer.appends[0]?.finish()
    await settle()
    await coordinator.onElected(home, 1)
    expect(await committed()).toBe(7)
  })

  it('won again reads what was written', async () => {
    await coordinator.onElected(home, 0)
    await coordinator.commitOffsets(commitRequest(7), caller())
    coordinator.onResigned(home)
    await coordinator.onElected(home, 1)
    expect(await committed()).toBe(7)
  })

  it('kept with a new epoch reads again: what was being written may be there', async () => {
    await coordinator.onElected(home, 0)
    writer.hold = true
    const committing = coordinator.commitOffsets(commitRequest(7), caller())
    await settle()
    await coordinator.onElected(home, 1)
    expect(commitCode(await committing)).toBe(errorCodes.NOT_COORDINATOR)
    writer.appends[0]?.land(new BrokerError('NOT_LEADER_OR_FOLLOWER', 'the epoch is over'))
    await coordinator.onElected(home, 2)
    await coordinator.onElected(home, 2)
    expect(await committed()).toBe(7)
  })

  it.each(['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'] as const)(
    'reads again when a write ends with %s: it may come true yet',
    async (error) => {
      await coordinator.onElected(home, 0)
      writer.hold = true
      const committing = coordinator.commitOffsets(commitRequest(7), caller())
      await settle()
      writer.hold = false
      writer.appends[0]?.land(new BrokerError(error, 'too slow'))
      expect(commitCode(await committing)).toBe(errorCodes.COORDINATOR_NOT_AVAILABLE)
      await settle()
      expect(await committed()).toBe(7)
    },
  )

  it('is of use only when the partition can be read: it is tried again until then', async () => {
    const failure = new BrokerError('KAFKA_STORAGE_ERROR', 'not now')
    writer.readFailures = [failure, failure]
    const elected = coordinator.onElected(home, 0)
    await settle()
    expect(faults).toEqual([[home, failure]])
    time.advance(100)
    await settle()
    time.advance(200)
    await elected
    expect(faults).toHaveLength(2)
    expect(await committed()).toBeUndefined()
  })

  it('lost while it is being read ends the reading', async () => {
    writer.readFailures = [new Error('not now')]
    const elected = coordinator.onElected(home, 0)
    await settle()
    coordinator.onResigned(home)
    await elected
    expect(time.pending).toBe(1)
  })

  it('of topics deleted while it is being read removes their offsets afterwards', async () => {
    await coordinator.onElected(home, 0)
    await coordinator.commitOffsets(commitRequest(7), caller())
    coordinator.onResigned(home)
    const { promise, resolve } = Promise.withResolvers<void>()
    writer.reading = promise
    const elected = coordinator.onElected(home, 1)
    coordinator.onTopicsDeleted([{ name: 't', id: zeroUuid }])
    resolve()
    await elected
    await settle()
    expect(await committed()).toBeUndefined()
  })
})

it('a record that cannot be read keeps its partition out of service', async () => {
  await writer.append(home, [{ key: Buffer.from([0, 2, 0]), value: null }], { timestampMs: 0 })
  const elected = coordinator.onElected(home, 0)
  await settle()
  expect(faults).toHaveLength(1)
  expect(await coordinator.joinGroup(joinRequest(), caller())).toMatchObject({
    errorCode: errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  })
  coordinator.close()
  await elected
})

it('a closed coordinator answers what waits and leaves no timer', async () => {
  await coordinator.onElected(home, 0)
  const joining = coordinator.joinGroup(joinRequest(), caller(3))
  coordinator.close()
  expect((await joining).errorCode).toBe(errorCodes.NOT_COORDINATOR)
  expect(time.pending).toBe(0)
  await coordinator.onElected(home, 1)
  expect(await coordinator.joinGroup(joinRequest(), caller())).toMatchObject({
    errorCode: errorCodes.NOT_COORDINATOR,
  })
})

it('a shard that breaks one of its rules is dropped and read again', async () => {
  const reader = new MemoryPartitionWriter()
  const careless = new GroupCoordinator({
    config: () => ({ ...defaultGroupConfig, minSessionTimeoutMs: 6_000 }),
    topics: () => noTopics,
    partitionCount: () => 50,
    writer: reader,
    clock: time,
    timers: time,
    newUuid: () => 'always the same',
    onFault: (partition, error) => faults.push([partition, error]),
  })
  await careless.onElected(home, 0)
  await careless.commitOffsets(commitRequest(7), caller())
  const first = careless.joinGroup(joinRequest(), caller(3))
  const second = careless.joinGroup(joinRequest(), caller(3))
  expect((await first).errorCode).toBe(errorCodes.NOT_COORDINATOR)
  expect((await second).errorCode).toBe(errorCodes.NOT_COORDINATOR)
  expect(faults).toHaveLength(1)
  await settle()
  const asked = { groupId: 'g', memberId: null, memberEpoch: -1, topics: null }
  const answer = await careless.fetchOffsets(asked, { requireStable: false }, caller())
  expect(answer.topics[0]?.partitions[0]?.committedOffset).toBe(7)
  careless.close()
})
