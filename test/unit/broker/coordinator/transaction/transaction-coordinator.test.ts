// The coordinator of transactions over partitions in memory: leaderships that begin and end.

import { MarkerSender } from '@samsa/broker/coordinator/transaction/marker-sender'
import {
  TransactionCoordinator,
  type TransactionCoordinatorOptions,
} from '@samsa/broker/coordinator/transaction/transaction-coordinator'
import { beforeEach, describe, expect, it } from 'vitest'
import { FakeTime } from '../../../../support/fake-time.ts'
import { MemoryPartitionWriter, settle } from '../../../../support/memory-partition-writer.ts'

let time: FakeTime
let writer: MemoryPartitionWriter
let coordinator: TransactionCoordinator
let home: number

beforeEach(() => {
  time = new FakeTime()
  writer = new MemoryPartitionWriter()
  const markers = new MarkerSender({
    leaderOf: () => null,
    send: () => Promise.reject(new Error('nobody is there')),
    clock: time,
    timers: time,
    onFault: () => undefined,
  })
  const options: TransactionCoordinatorOptions = {
    config: () => ({
      maxTimeoutMs: 900_000,
      idExpirationMs: 7 * 86_400_000,
      abortTimedOutIntervalMs: 10_000,
      removeExpiredIntervalMs: 3_600_000,
    }),
    partitionCount: () => 4,
    writer,
    markers,
    newProducerId: () => Promise.resolve(1_000),
    clock: time,
    timers: time,
    onFault: (_, error) => {
      throw error
    },
  }
  coordinator = new TransactionCoordinator(options)
  home = coordinator.partitionFor('tx')
})

const init = () => coordinator.initProducer({ transactionalId: 'tx', timeoutMs: 1, expected: null })

describe('a coordinator', () => {
  it('writes in the leader epoch that it was elected in, and in no other', async () => {
    await coordinator.onElected(home, 5)
    expect((await init()).error).toBe('NONE')
    await coordinator.onElected(home, 6)
    expect((await init()).error).toBe('NONE')
    expect(writer.appends.map(({ leaderEpoch }) => leaderEpoch)).toEqual([5, 6])
  })

  it('that is elected anew forgets what it had not written', async () => {
    await coordinator.onElected(home, 5)
    writer.hold = true
    const first = init()
    await settle()
    await coordinator.onElected(home, 6)
    expect((await first).error).toBe('NOT_COORDINATOR')
    writer.hold = false
    // The write of the leadership before is in the log after all, or is not: both are read back.
    expect((await init()).producerEpoch).toBe(0)
  })
})
