// Who leads, who is in sync and who is eligible when brokers are fenced, come back, restart, stop
// and lose disks.

import { fenceBroker, registerBroker } from '@samsa/controller/cluster'
import { describe, expect, it } from 'vitest'
import { applied, registration } from '../../../support/controller/controllers.ts'
import {
  context,
  epochOf,
  fence,
  partition,
  restart,
  unfence,
  withPartition,
} from '../../../support/controller/partitions.ts'

describe('a leader that is fenced', () => {
  it('is followed by the next replica of the ISR', () => {
    const image = fence(withPartition({ replicas: [1, 2, 3], isr: [1, 3, 2] }), 1)
    expect(partition(image)).toMatchObject({
      leader: 2,
      isr: [3, 2],
      leaderEpoch: 6,
      partitionEpoch: 10,
    })
  })

  it('leaves nobody to lead when the rest of the ISR is fenced too', () => {
    const image = fence(fence(withPartition({ replicas: [1, 2] }), 2), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 6 })
    // Broker 2 is not in the ISR: it may lack records, so it cannot help.
    expect(partition(unfence(image, 2))).toMatchObject({ leader: -1, isr: [1] })
    expect(partition(unfence(image, 1))).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('changes nothing where it is no replica', () => {
    const image = withPartition({ replicas: [2, 3] })
    expect(partition(fence(image, 1))).toEqual(partition(image))
  })

  it('is not fenced twice', () => {
    const image = fence(withPartition({ replicas: [1] }), 1)
    expect(fenceBroker(image, { brokerId: 1, epoch: epochOf(image, 1) }, context).records).toEqual(
      [],
    )
  })
})

describe('a follower that is fenced', () => {
  it('leaves the ISR, and the leader and its epoch stay', () => {
    const image = fence(withPartition({ replicas: [1, 2, 3] }), 2)
    expect(partition(image)).toMatchObject({
      leader: 1,
      isr: [1, 3],
      leaderEpoch: 5,
      partitionEpoch: 10,
    })
  })
})

describe('a partition without an ISR that is alive', () => {
  it('is led by an eligible leader replica when it comes back (KIP-966)', () => {
    const image = fence(
      withPartition({ replicas: [1, 2], isr: [], leader: -1, elr: [2] }, { elr: true }),
      2,
    )
    expect(partition(unfence(image, 2))).toMatchObject({ leader: 2, isr: [2] })
  })
})

describe('a broker that restarts', () => {
  it('as the last of the ISR goes on leading in a new epoch, when it joins at once', () => {
    const image = restart(withPartition({ replicas: [1] }), 1, { fenced: false })
    expect(partition(image)).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('as the last of the ISR leads again once it is unfenced', () => {
    const image = restart(withPartition({ replicas: [1] }), 1)
    expect(partition(image)).toMatchObject({ leader: -1, isr: [1], leaderEpoch: 6 })
    expect(partition(unfence(image, 1))).toMatchObject({ leader: 1, isr: [1], leaderEpoch: 7 })
  })

  it('gives up leadership and the ISR where others can take over', () => {
    for (const fenced of [true, false]) {
      const image = restart(withPartition({ replicas: [1, 2, 3] }), 1, { fenced })
      expect(partition(image)).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 6 })
    }
  })

  it('and amends its registration only, changes no partition', () => {
    const image = withPartition({ replicas: [1] })
    const { incarnationId } = image.brokers.get(1) ?? { incarnationId: '' }
    const decision = registerBroker(
      image,
      registration({ brokerId: 1, incarnationId, rack: 'east' }),
      context,
    )
    expect(decision.records).toHaveLength(1)
    expect(decision.response.epoch).toBe(epochOf(image, 1))
    expect(applied(image, decision.records).brokers.get(1)?.rack).toBe('east')
  })
})
