// A leader that wants another ISR: what it is answered, in Kafka's order of checks.

import type { MetadataImage } from '@samsa/controller/image'
import { alterPartition } from '@samsa/controller/replication/alter-partition'
import type { AlterPartitionItem } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied } from '../../../support/controller/controllers.ts'
import {
  context,
  epochOf,
  fence,
  partition,
  restart,
  shutDown,
  topicId,
  withPartition,
} from '../../../support/controller/partitions.ts'

type Wish = Partial<Omit<AlterPartitionItem, 'newIsr'>> & { readonly isr?: readonly number[] }

/** As the leader would ask that knows all this image says. */
function wish(image: MetadataImage, { isr, ...rest }: Wish): AlterPartitionItem {
  const { leaderEpoch, partitionEpoch, isr: present, recovering } = partition(image)
  const newIsr = (isr ?? present).map((id) => ({ brokerId: id, brokerEpoch: epochOf(image, id) }))
  const known = { topicId, partitionIndex: 0, leaderEpoch, partitionEpoch, recovering }
  return { ...known, newIsr, ...rest }
}

function alter(image: MetadataImage, wanted: Wish, brokerId = partition(image).leader) {
  const partitions = [wish(image, wanted)]
  const brokerEpoch = epochOf(image, brokerId)
  const decision = alterPartition(image, { brokerId, brokerEpoch, partitions }, context)
  return { error: decision.response[0]?.error, image: applied(image, decision.records), decision }
}

const led = withPartition({ replicas: [1, 2, 3], isr: [1, 2] })

describe('an ISR', () => {
  it('grows and shrinks as its leader says, in the same leader epoch', () => {
    const grown = alter(led, { isr: [1, 2, 3] })
    expect(grown.error).toBe('NONE')
    expect(partition(grown.image)).toMatchObject({
      leader: 1,
      isr: [1, 2, 3],
      leaderEpoch: 5,
      partitionEpoch: 10,
    })
    const shrunk = alter(grown.image, { isr: [1] })
    expect(partition(shrunk.image)).toMatchObject({ isr: [1], leaderEpoch: 5, partitionEpoch: 11 })
  })

  it('that is as it was changes nothing, not even the epoch', () => {
    const { error, decision } = alter(led, {})
    expect([error, decision.records]).toEqual(['NONE', []])
  })

  it('below min.insync.replicas leaves its members eligible to lead', () => {
    const image = withPartition({ replicas: [1, 2, 3] }, { elr: true, minInsync: 2 })
    const shrunk = alter(image, { isr: [1] }).image
    expect(partition(shrunk)).toMatchObject({ isr: [1], elr: [2, 3] })
    expect(partition(alter(shrunk, { isr: [1, 3] }).image)).toMatchObject({ isr: [1, 3], elr: [] })
  })
})

describe('a change of an ISR is refused', () => {
  it.each<[string, Wish, string]>([
    ['of an unknown topic', { topicId: 'other'.padEnd(22, 'A') }, 'UNKNOWN_TOPIC_ID'],
    ['of an unknown partition', { partitionIndex: 1 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['by a leader of a later epoch', { leaderEpoch: 6 }, 'NOT_CONTROLLER'],
    ['with a partition epoch yet to come', { partitionEpoch: 10 }, 'NOT_CONTROLLER'],
    ['by a leader of an earlier epoch', { leaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
    ['on top of what has changed since', { partitionEpoch: 8 }, 'INVALID_UPDATE_VERSION'],
    ['with one that is no replica', { isr: [1, 4] }, 'INVALID_REQUEST'],
    ['with one member twice', { isr: [1, 2, 2] }, 'INVALID_REQUEST'],
    ['without the leader', { isr: [2, 3] }, 'INVALID_REQUEST'],
    ['by a leader that recovers anew', { isr: [1], recovering: true }, 'INVALID_REQUEST'],
  ])('%s', (_, wanted, error) => {
    const { error: answer, decision } = alter(led, wanted)
    expect([answer, decision.records]).toEqual([error, []])
  })

  it('by another than the leader', () => {
    expect(alter(led, { isr: [1, 2, 3] }, 2).error).toBe('INVALID_REQUEST')
  })

  it('by a process of before, as a whole', () => {
    const request = { brokerId: 1, brokerEpoch: 0, partitions: [wish(led, {})] }
    expect(() => alterPartition(led, request, context)).toThrow(
      expect.objectContaining({ kafkaError: 'STALE_BROKER_EPOCH' }),
    )
  })

  it('the second time in one request', () => {
    const item = wish(led, { isr: [1] })
    const request = { brokerId: 1, brokerEpoch: 1, partitions: [item, item] }
    const { response, records } = alterPartition(led, request, context)
    expect(response.map(({ error }) => error)).toEqual(['NONE', 'INVALID_REQUEST'])
    expect(records).toHaveLength(1)
  })
})

describe('a replica is not eligible', () => {
  const isr = [1, 2, 3]

  it('while it is fenced, stopping or gone', () => {
    expect(alter(fence(led, 3), { isr }).error).toBe('INELIGIBLE_REPLICA')
    expect(alter(shutDown(led, 3), { isr }).error).toBe('INELIGIBLE_REPLICA')
    const gone = applied(led, [{ type: 'unregisterBroker', brokerId: 3, brokerEpoch: 3 }])
    expect(alter(gone, { isr }).error).toBe('INELIGIBLE_REPLICA')
  })

  it('when it was an earlier process that caught up (KIP-903)', () => {
    const { newIsr } = wish(led, { isr })
    const image = restart(led, 3, { fenced: false })
    const item = { ...wish(image, { isr }), newIsr }
    const request = { brokerId: 1, brokerEpoch: 1, partitions: [item] }
    expect(alterPartition(image, request, context).response[0]).toMatchObject({
      error: 'INELIGIBLE_REPLICA',
      message: `Broker 3 is at broker epoch ${epochOf(image, 3)}, not 3.`,
    })
    const unsaid = { ...item, newIsr: newIsr.map((each) => ({ ...each, brokerEpoch: -1 })) }
    const answer = alterPartition(image, { ...request, partitions: [unsaid] }, context)
    expect(answer.response[0]?.error).toBe('NONE')
  })
})

describe('a leader of an unclean election', () => {
  const recovering = withPartition({ replicas: [1, 2], isr: [1], recovering: true })

  it('recovers before its ISR grows', () => {
    expect(alter(recovering, { isr: [1, 2], recovering: true }).error).toBe('INVALID_REQUEST')
    const { error, image } = alter(recovering, { isr: [1], recovering: false })
    expect(error).toBe('NONE')
    expect(partition(image)).toMatchObject({ recovering: false, leader: 1, leaderEpoch: 5 })
  })

  it('may do both at once', () => {
    const { image } = alter(recovering, { isr: [1, 2], recovering: false })
    expect(partition(image)).toMatchObject({ recovering: false, isr: [1, 2] })
  })
})

describe('a reassignment', () => {
  it('is done once the ISR has all that are wanted, and says so to a leader that leaves', () => {
    const image = withPartition({
      replicas: [2, 3, 1],
      isr: [1],
      adding: [2, 3],
      removing: [1],
    })
    const half = alter(image, { isr: [1, 2] })
    expect(partition(half.image)).toMatchObject({ leader: 1, replicas: [2, 3, 1] })
    const whole = alter(half.image, { isr: [1, 2, 3] })
    expect(whole.error).toBe('NEW_LEADER_ELECTED')
    expect(partition(whole.image)).toMatchObject({
      replicas: [2, 3],
      isr: [2, 3],
      leader: 2,
      leaderEpoch: 6,
      addingReplicas: [],
      removingReplicas: [],
    })
  })

  it('that its leader stays in ends in a new leader epoch where a replica left', () => {
    const sketch = { replicas: [1, 3, 2], isr: [1, 2], adding: [3], removing: [2] }
    const { error, image } = alter(withPartition(sketch), { isr: [1, 2, 3] })
    expect(error).toBe('NONE')
    expect(partition(image)).toMatchObject({ replicas: [1, 3], leader: 1, leaderEpoch: 6 })
  })
})
