// Reassignments: begun, replaced, cancelled, and refused. How they end is the leader's doing:
// alter-partition.test.ts.

import type { MetadataImage } from '@samsa/controller/image'
import { alterReassignments } from '@samsa/controller/replication/reassignments'
import { describe, expect, it } from 'vitest'
import { applied, directoryOf } from '../../../support/controller/controllers.ts'
import { context, fence, partition, withPartition } from '../../../support/controller/partitions.ts'

function reassign(
  image: MetadataImage,
  replicas: number[] | null,
  { allowReplicationFactorChange = true, topic = 't', partitionIndex = 0 } = {},
) {
  const reassignments = [{ topic, partitionIndex, replicas }]
  const request = { reassignments, allowReplicationFactorChange }
  const { records, response } = alterReassignments(image, request, context)
  const { error, message } = response[0] ?? {}
  return { error, message, image: applied(image, records) }
}

const plain = withPartition({ replicas: [1, 2, 3] })

describe('a reassignment', () => {
  it('adds the new replicas first, and keeps the old ones until those are in sync', () => {
    const { error, image } = reassign(plain, [4, 2, 1])
    expect(error).toBe('NONE')
    expect(partition(image)).toMatchObject({
      replicas: [4, 2, 1, 3],
      addingReplicas: [4],
      removingReplicas: [3],
      isr: [1, 2, 3],
      leader: 1,
      leaderEpoch: 5,
      directories: [4, 2, 1, 3].map(directoryOf),
    })
  })

  it('to other places in the list is done at once, and the leader stays', () => {
    const { image } = reassign(plain, [3, 1, 2])
    expect(partition(image)).toMatchObject({
      replicas: [3, 1, 2],
      addingReplicas: [],
      leader: 1,
      leaderEpoch: 5,
    })
  })

  it('to fewer replicas is done at once where all of them are in sync', () => {
    const { image } = reassign(plain, [2, 3])
    expect(partition(image)).toMatchObject({
      replicas: [2, 3],
      isr: [2, 3],
      leader: 2,
      leaderEpoch: 6,
    })
  })

  it('to fewer replicas waits for those that are not in sync', () => {
    const { image } = reassign(withPartition({ replicas: [1, 2, 3], isr: [1] }), [2, 3])
    expect(partition(image)).toMatchObject({
      replicas: [2, 3, 1],
      removingReplicas: [1],
      isr: [1],
      leader: 1,
    })
  })

  it('to what is there already changes nothing', () => {
    expect(reassign(plain, [1, 2, 3])).toMatchObject({
      error: 'NONE',
      image: { offset: plain.offset },
    })
  })

  it('may go to brokers that are fenced', () => {
    expect(reassign(fence(plain, 4), [1, 2, 4]).error).toBe('NONE')
  })
})

describe('a reassignment under way', () => {
  const { image: moving } = reassign(plain, [4, 2, 1])

  it('is replaced: what it was adding and is wanted no more leaves at once', () => {
    const { image } = reassign(moving, [1, 2, 3])
    expect(partition(image)).toMatchObject({
      replicas: [1, 2, 3],
      addingReplicas: [],
      removingReplicas: [],
    })
    const again = partition(reassign(moving, [1, 4]).image)
    expect(again).toMatchObject({
      replicas: [1, 4, 2, 3],
      addingReplicas: [4],
      removingReplicas: [2, 3],
    })
  })

  it('keeps what it was adding where nobody else is in sync', () => {
    const sketch = { replicas: [4, 2, 1, 3], isr: [4], leader: 4, adding: [4], removing: [3] }
    const { image } = reassign(withPartition(sketch), [1, 2, 3])
    expect(partition(image)).toMatchObject({ isr: [4], leader: 4, removingReplicas: [4] })
  })

  it('keeps what it was adding where nobody else may be elected', () => {
    const moving = { replicas: [4, 2, 1, 3], isr: [], leader: -1, adding: [4], removing: [3] }
    const eligible = reassign(withPartition({ ...moving, elr: [4] }), [1, 2, 3]).image
    expect(partition(eligible)).toMatchObject({ replicas: [1, 2, 3, 4], removingReplicas: [4] })
    const lastResort = reassign(withPartition({ ...moving, lastKnownElr: [4] }), [1, 2, 3]).image
    expect(partition(lastResort)).toMatchObject({ replicas: [1, 2, 3, 4], removingReplicas: [4] })
  })

  it('is cancelled: back to the replicas from before', () => {
    const { error, image } = reassign(moving, null)
    expect(error).toBe('NONE')
    expect(partition(image)).toMatchObject({
      replicas: [2, 1, 3],
      addingReplicas: [],
      removingReplicas: [],
      isr: [1, 2, 3],
      leader: 1,
    })
  })

  it('that moves the last leader away leaves the eligible replicas for its place', () => {
    const moving = { replicas: [4, 2, 1, 3], isr: [], leader: -1, adding: [4], removing: [3] }
    const offline = withPartition({ ...moving, elr: [1, 4], lastKnownElr: [4] }, { elr: true })
    const { image } = reassign(fence(offline, 1), null)
    expect(partition(image)).toMatchObject({ replicas: [2, 1, 3], elr: [1], lastKnownElr: [1] })
  })

  it('is cancelled, and a new replica that leads gives way', () => {
    const sketch = { replicas: [4, 2, 1], isr: [4, 2], leader: 4, adding: [4] }
    expect(partition(reassign(withPartition(sketch), null).image)).toMatchObject({
      replicas: [2, 1],
      isr: [2],
      leader: 2,
      leaderEpoch: 6,
    })
  })

  it('is not cancelled where only new replicas are in sync, unless the topic takes the loss', () => {
    const sketch = { replicas: [4, 2, 1], isr: [4], leader: 4, adding: [4] }
    const refused = reassign(withPartition(sketch), null)
    expect(refused).toMatchObject({
      error: 'INVALID_REPLICA_ASSIGNMENT',
      message:
        'Unable to revert partition assignment for t:0 because it would require an unclean leader election.',
    })
    const { image } = reassign(withPartition(sketch, { unclean: true }), null)
    expect(partition(image)).toMatchObject({ isr: [2], leader: 2, recovering: true })
  })

  it('is counted by the replicas that will be', () => {
    const exactly = { allowReplicationFactorChange: false }
    expect(reassign(moving, [1, 2, 4], exactly).error).toBe('NONE')
    expect(reassign(moving, [1, 2], exactly)).toMatchObject({
      error: 'INVALID_REPLICATION_FACTOR',
      message: 'The replication factor is changed from 3 to 2',
    })
  })
})

describe('a reassignment is refused', () => {
  it.each([
    ['without replicas', [], 'INVALID_REPLICA_ASSIGNMENT'],
    ['to a broker that there is not', [1, 9], 'INVALID_REPLICA_ASSIGNMENT'],
    ['to one broker twice', [1, 1], 'INVALID_REPLICA_ASSIGNMENT'],
    ['back, when none is under way', null, 'NO_REASSIGNMENT_IN_PROGRESS'],
  ])('%s', (_, replicas, error) => {
    expect(reassign(plain, replicas).error).toBe(error)
  })

  it('of what there is not', () => {
    expect(reassign(plain, [1], { topic: 'u' })).toMatchObject({
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: 'Unable to find a topic named u.',
    })
    expect(reassign(plain, [1], { partitionIndex: 3 })).toMatchObject({
      error: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: 'Unable to find partition t:3.',
    })
  })
})
