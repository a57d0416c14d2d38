// Elections that are asked for, and leadership that goes back by itself.

import type { MetadataImage } from '@samsa/controller/image'
import { electLeaders, rebalanceLeaders } from '@samsa/controller/replication/elect-leaders'
import type { ElectLeaders } from '@samsa/controller/requests'
import { describe, expect, it } from 'vitest'
import { applied } from '../../../support/controller/controllers.ts'
import {
  context,
  fence,
  partition,
  withPartition,
  withPartitions,
} from '../../../support/controller/partitions.ts'

type ElectionType = ElectLeaders['electionType']

function elect(image: MetadataImage, electionType: ElectionType, indexes: number[] | null) {
  const partitions = indexes?.map((partitionIndex) => ({ topic: 't', partitionIndex })) ?? null
  const { records, response } = electLeaders(image, { electionType, partitions }, context)
  return { answers: response.map(({ error }) => error), image: applied(image, records) }
}

describe('the preferred leader', () => {
  it('is elected where it is in the ISR, in a new leader epoch', () => {
    const image = withPartition({ replicas: [1, 2], leader: 2 })
    const elected = elect(image, 'preferred', [0])
    expect(elected.answers).toEqual(['NONE'])
    expect(partition(elected.image)).toMatchObject({ leader: 1, leaderEpoch: 6, isr: [1, 2] })
  })

  it('is not, where it leads already, is not in sync or not there', () => {
    const image = withPartitions([
      { replicas: [1, 2] },
      { replicas: [1, 2], isr: [2] },
      { replicas: [1, 2], leader: 2 },
    ])
    expect(elect(image, 'preferred', [0, 1, 7]).answers).toEqual([
      'ELECTION_NOT_NEEDED',
      'PREFERRED_LEADER_NOT_AVAILABLE',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ])
    expect(elect(fence(image, 1), 'preferred', [2]).answers).toEqual([
      'PREFERRED_LEADER_NOT_AVAILABLE',
    ])
  })

  it('is elected once, however often it is asked for', () => {
    const image = withPartition({ replicas: [1, 2], leader: 2 })
    expect(elect(image, 'preferred', [0, 0]).answers).toEqual(['NONE', 'ELECTION_NOT_NEEDED'])
  })

  it('of all partitions: those that had nothing to do are not mentioned', () => {
    const image = withPartitions([
      { replicas: [1, 2] },
      { replicas: [1, 2], leader: 2 },
      { replicas: [1, 2], isr: [2] },
    ])
    const elected = elect(image, 'preferred', null)
    expect(elected.answers).toEqual(['NONE', 'PREFERRED_LEADER_NOT_AVAILABLE'])
  })
})

describe('an unclean election', () => {
  const leaderless = fence(withPartition({ replicas: [1, 2, 3], isr: [1] }), 1)

  it('takes any replica that is alive, also where the topic does not allow it by itself', () => {
    const elected = elect(leaderless, 'unclean', [0])
    expect(elected.answers).toEqual(['NONE'])
    expect(partition(elected.image)).toMatchObject({ leader: 2, isr: [2], recovering: true })
  })

  it('is not needed where there is a leader, and not possible where nobody is alive', () => {
    expect(elect(withPartition({ replicas: [1, 2] }), 'unclean', [0]).answers).toEqual([
      'ELECTION_NOT_NEEDED',
    ])
    expect(elect(fence(fence(leaderless, 2), 3), 'unclean', [0]).answers).toEqual([
      'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    ])
  })

  it('does not happen in a preferred election', () => {
    expect(elect(leaderless, 'preferred', [0]).answers).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE'])
  })
})

describe('rebalancing', () => {
  it('gives leadership back to preferred replicas that are able', () => {
    const image = withPartitions([
      { replicas: [1, 2], leader: 2 },
      { replicas: [3, 2], leader: 2, isr: [2] },
      { replicas: [2, 1] },
    ])
    const { records, response } = rebalanceLeaders(image, context)
    expect(response).toEqual({ elections: 1, more: false })
    expect(partition(applied(image, records), 0).leader).toBe(1)
  })

  it('does so many at once, and says that there is more', () => {
    const sketches = Array.from({ length: 1500 }, () => ({ replicas: [1, 2], leader: 2 }))
    const image = withPartitions(sketches)
    const first = rebalanceLeaders(image, context)
    expect(first.response).toEqual({ elections: 1000, more: true })
    const second = rebalanceLeaders(applied(image, first.records), context)
    expect(second.response).toEqual({ elections: 500, more: false })
  })
})
