// Markers on their way to leaders: gathered, sent again, given up, and fenced.

import { errorCodes, type KafkaErrorName } from '@samsa/proto/kafka/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type MarkerJob,
  MarkerSender,
  type WriteMarkersRequest,
} from '../../../../../broker/coordinator/transaction/marker-sender.ts'
import { FakeTime } from '../../../../support/fake-time.ts'
import { settle } from '../../../../support/memory-partition-writer.ts'

let time: FakeTime
let sender: MarkerSender
let requests: { brokerId: number; request: WriteMarkersRequest }[]
/** What the brokers answer for a producer. */
let errors: Map<number, KafkaErrorName | 'unreachable'>
let leader: number | 'gone' | null
let written: string[]

beforeEach(() => {
  time = new FakeTime()
  requests = []
  errors = new Map()
  leader = 1
  written = []
  sender = new MarkerSender({
    leaderOf: () => leader,
    send: async (brokerId, request) => {
      requests.push({ brokerId, request })
      await Promise.resolve()
      if ([...errors.values()].includes('unreachable')) throw new Error('unreachable')
      return {
        markers: request.markers.map(({ producerId, topics }) => ({
          producerId,
          topics: topics.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              errorCode: errorCodes[errorOf(producerId)],
            })),
          })),
        })),
      }
    },
    clock: time,
    timers: time,
    onFault: () => undefined,
  })
})

function errorOf(producerId: number): KafkaErrorName {
  const error = errors.get(producerId) ?? 'NONE'
  return error === 'unreachable' ? 'NETWORK_EXCEPTION' : error
}

function job(producerId: number): MarkerJob {
  return {
    transactionalId: `tx-${producerId}`,
    producerId,
    producerEpoch: 1,
    isCommit: true,
    coordinatorEpoch: 4,
    transactionVersion: 2,
  }
}

function add(producerId: number, owner: object = shard): void {
  sender.add(owner, job(producerId), new Map([['t', new Set([0, 1])]]), (topic, partition) =>
    written.push(`${producerId}/${topic}-${partition}`),
  )
}

const shard = {}

describe('markers', () => {
  it('of several transactions go to a broker in one request', async () => {
    add(7)
    add(8)
    await settle()
    expect(requests).toHaveLength(1)
    expect(requests[0]?.request.markers.map(({ producerId }) => producerId)).toEqual([7, 8])
    expect(written).toEqual(['7/t-0', '7/t-1', '8/t-0', '8/t-1'])
  })

  it('go to the new leader where the one before cannot be reached', async () => {
    errors.set(7, 'unreachable')
    add(7)
    await settle()
    expect(written).toEqual([])
    errors.clear()
    leader = 2
    time.advance(20)
    await settle()
    expect(requests.at(-1)?.brokerId).toBe(2)
    expect(written).toEqual(['7/t-0', '7/t-1'])
  })

  it('wait where there is no leader', async () => {
    leader = null
    add(7)
    await settle()
    expect(requests).toEqual([])
    leader = 3
    time.advance(1_000)
    await settle()
    expect(written).toEqual(['7/t-0', '7/t-1'])
  })

  it('are given up with a topic that is gone for long', async () => {
    leader = 'gone'
    add(7)
    await settle()
    expect(written).toEqual([])
    for (let turn = 0; turn < 20; turn++) time.advance(1_000)
    expect(written).toEqual(['7/t-0', '7/t-1'])
  })

  it('that a newer coordinator has fenced take none of other transactions with them', async () => {
    errors.set(7, 'TRANSACTION_COORDINATOR_FENCED')
    errors.set(8, 'NOT_LEADER_OR_FOLLOWER')
    add(7)
    add(8)
    await settle()
    errors.clear()
    time.advance(1_000)
    await settle()
    expect(written).toEqual(['8/t-0', '8/t-1'])
  })

  it('of a coordinator that is replaced are not sent again', async () => {
    errors.set(7, 'NOT_LEADER_OR_FOLLOWER')
    add(7)
    await settle()
    sender.drop(shard)
    errors.clear()
    time.advance(60_000)
    await settle()
    expect(requests).toHaveLength(1)
    expect(written).toEqual([])
  })
})
