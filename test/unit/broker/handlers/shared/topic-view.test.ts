// What one listener's clients see of brokers and partitions.

import type { BrokerImage, MetadataImage, PartitionImage } from '@samsa/controller/image'
import { emptyImage } from '@samsa/controller/image/draft'
import { errorCodes } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'
import {
  ListenerView,
  missingTopicFields,
} from '../../../../../broker/handlers/shared/topic-view.ts'

const plain = { listener: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' } as const

function broker(id: number, overrides: Partial<BrokerImage> = {}): BrokerImage {
  return {
    id,
    incarnationId: '',
    epoch: id,
    endpoints: [{ ...plain, host: `b${id}`, port: 9092 }],
    features: [],
    rack: null,
    logDirs: [`dir-${id}`],
    fenced: false,
    inControlledShutdown: false,
    ...overrides,
  }
}

function view(brokers: readonly BrokerImage[], controllerId = -1): ListenerView {
  const image: MetadataImage = {
    ...emptyImage,
    controllerId,
    brokers: new Map(brokers.map((each) => [each.id, each])),
  }
  return new ListenerView(image, 'PLAINTEXT')
}

const partition: PartitionImage = {
  index: 3,
  replicas: [1, 2],
  isr: [2, 1],
  leader: 2,
  leaderEpoch: 7,
  partitionEpoch: 9,
  addingReplicas: [],
  removingReplicas: [],
  directories: ['dir-1', 'dir-2'],
  elr: [],
  lastKnownElr: [],
  recovering: false,
}

describe('ListenerView', () => {
  it('shows a partition whose brokers are all there', () => {
    expect(view([broker(1), broker(2)]).partition(partition)).toEqual({
      errorCode: errorCodes.NONE,
      partitionIndex: 3,
      leaderId: 2,
      leaderEpoch: 7,
      replicaNodes: [1, 2],
      isrNodes: [2, 1],
      offlineReplicas: [],
    })
  })

  it('shows no leader while that is fenced, unknown or none', () => {
    const lost = { leaderId: -1, leaderEpoch: 7, errorCode: errorCodes.LEADER_NOT_AVAILABLE }
    const fenced = view([broker(1), broker(2, { fenced: true })])
    expect(fenced.partition(partition)).toMatchObject({ ...lost, offlineReplicas: [2] })
    expect(view([broker(1)]).partition(partition)).toMatchObject({ ...lost, offlineReplicas: [2] })
    const both = view([broker(1), broker(2)])
    expect(both.partition({ ...partition, leader: -1 })).toMatchObject(lost)
  })

  it('tells a leader that lacks the listener from one that is gone (KIP-302)', () => {
    const inside = broker(2, { endpoints: [{ ...plain, listener: 'INSIDE', host: 'x', port: 1 }] })
    expect(view([broker(1), inside]).partition(partition)).toMatchObject({
      leaderId: -1,
      errorCode: errorCodes.LISTENER_NOT_FOUND,
      offlineReplicas: [2],
    })
    expect(view([broker(1), inside]).aliveBrokers()).toHaveLength(1)
  })

  it('takes a replica in a log directory that is offline for offline (KIP-858)', () => {
    const moved = broker(1, { logDirs: ['other-dir'] })
    expect(view([moved, broker(2)]).partition(partition).offlineReplicas).toEqual([1])
    const unassigned = { ...partition, directories: ['AAAAAAAAAAAAAAAAAAAAAA', 'dir-2'] }
    expect(view([moved, broker(2)]).partition(unassigned).offlineReplicas).toEqual([])
  })

  it('names a broker that is alive for the controller', () => {
    expect(view([broker(1), broker(2)], 2).controllerId()).toBe(2)
    expect(view([broker(1), broker(2, { fenced: true })], 2).controllerId()).toBe(1)
    expect(view([], 2).controllerId()).toBe(-1)
  })

  it('flags internal topics that are not there yet', () => {
    expect(missingTopicFields('__consumer_offsets')).toMatchObject({
      isInternal: true,
      errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    })
  })
})
