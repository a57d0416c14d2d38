// Idempotence and transactions of one log: what is taken, repeated, refused, and remembered.

import { ProducerState } from '@samsa/broker/log/producer/producer-state'
import { lastOffset, setBaseOffset } from '@samsa/proto/record/batch'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { describe, expect, it } from 'vitest'
import {
  batchOf,
  type SequencedBatch,
  sequencedBatch,
} from '../../../../support/disk/log-fixture.ts'

const intMax = 2_147_483_647

/** Checks and, unless refused or repeated, applies, as a log does. */
class Appender {
  readonly state = new ProducerState()
  next = 0

  append(batch: Buffer, origin: 'client' | 'coordinator' = 'client') {
    const duplicate = this.state.check(batch, origin, this.next)
    if (duplicate !== undefined)
      return { duplicateOf: duplicate.lastOffset - duplicate.offsetDelta }
    setBaseOffset(batch, 0, this.next)
    const aborted = this.state.apply(batch, 0)
    this.next = lastOffset(batch, 0) + 1
    return { baseOffset: this.next - 1, aborted }
  }

  send(options: SequencedBatch) {
    return this.append(sequencedBatch(options))
  }

  end(
    type: 'commit' | 'abort',
    producerId: number,
    options: { producerEpoch?: number; coordinatorEpoch?: number } = {},
  ) {
    const { producerEpoch = 0, coordinatorEpoch = 0 } = options
    const batch = encodeEndTransactionMarker(
      { type, coordinatorEpoch },
      { producerId, producerEpoch, timestampMs: 5 },
    )
    return this.append(batch, 'coordinator')
  }
}

const producerId = 9
const outOfOrder = expect.objectContaining({ kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
const oldEpoch = expect.objectContaining({ kafkaError: 'INVALID_PRODUCER_EPOCH' })

describe('sequences', () => {
  it('are taken one after the other', () => {
    const log = new Appender()
    for (let sequence = 0; sequence < 30; sequence += 3) {
      expect(log.send({ producerId, sequence, count: 3 })).not.toHaveProperty('duplicateOf')
    }
    expect(log.next).toBe(30)
  })

  it('of a producer that is not known may begin anywhere', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 77 })
    expect(() => log.send({ producerId, sequence: 77 + 2 })).toThrow(outOfOrder)
    log.send({ producerId, sequence: 78 })
  })

  it('must not leave one out', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0 })
    expect(() => log.send({ producerId, sequence: 2 })).toThrow(outOfOrder)
  })

  it('wrap from 2^31 - 1 to 0', () => {
    const log = new Appender()
    log.send({ producerId, sequence: intMax - 1, count: 2 })
    log.send({ producerId, sequence: 0 })
    expect(log.send({ producerId, sequence: intMax - 1, count: 2 })).toEqual({ duplicateOf: 0 })
  })

  it('wrap within a batch', () => {
    const log = new Appender()
    log.send({ producerId, sequence: intMax, count: 3 })
    expect(log.send({ producerId, sequence: intMax, count: 3 })).toEqual({ duplicateOf: 0 })
    log.send({ producerId, sequence: 2 })
    expect(() => log.send({ producerId, sequence: 4 })).toThrow(outOfOrder)
  })

  it('of two producers have nothing to do with each other', () => {
    const log = new Appender()
    log.send({ producerId: 1, sequence: 0, count: 5 })
    log.send({ producerId: 2, sequence: 0, count: 2 })
    log.send({ producerId: 1, sequence: 5 })
    log.send({ producerId: 2, sequence: 2 })
  })

  it('are not looked at without a producer id', () => {
    const log = new Appender()
    log.append(batchOf(['a']))
    log.append(batchOf(['b']))
    expect(log.state.producerCount).toBe(0)
  })

  it('of coordinators are not checked, as they have none', () => {
    const log = new Appender()
    log.append(sequencedBatch({ producerId, sequence: -1 }), 'coordinator')
    log.append(sequencedBatch({ producerId, sequence: -1 }), 'coordinator')
    expect(log.next).toBe(2)
  })
})

describe('duplicates', () => {
  it('of the last five batches are answered with their offsets', () => {
    const log = new Appender()
    for (let batch = 0; batch < 7; batch++) log.send({ producerId, sequence: batch * 2, count: 2 })
    for (let batch = 2; batch < 7; batch++) {
      expect(log.send({ producerId, sequence: batch * 2, count: 2 })).toEqual({
        duplicateOf: batch * 2,
      })
    }
    expect(() => log.send({ producerId, sequence: 2, count: 2 })).toThrow(outOfOrder)
    expect(log.next).toBe(14)
  })

  it('need the same first and last sequence', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, count: 3 })
    expect(() => log.send({ producerId, sequence: 0, count: 2 })).toThrow(outOfOrder)
    expect(() => log.send({ producerId, sequence: 1, count: 2 })).toThrow(outOfOrder)
  })

  it('are told by epoch: the same sequences in a new one are new', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0 })
    expect(log.send({ producerId, producerEpoch: 1, sequence: 0 })).not.toHaveProperty(
      'duplicateOf',
    )
    expect(log.next).toBe(2)
  })
})

describe('producer epochs', () => {
  it('that are older are refused', () => {
    const log = new Appender()
    log.send({ producerId, producerEpoch: 3, sequence: 0 })
    expect(() => log.send({ producerId, producerEpoch: 2, sequence: 1 })).toThrow(oldEpoch)
    expect(() =>
      log.append(sequencedBatch({ producerId, producerEpoch: 2, sequence: -1 }), 'coordinator'),
    ).toThrow(oldEpoch)
  })

  it('that are new begin at sequence 0', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, count: 4 })
    expect(() => log.send({ producerId, producerEpoch: 1, sequence: 4 })).toThrow(outOfOrder)
    log.send({ producerId, producerEpoch: 1, sequence: 0 })
  })

  it('that a marker raised begin at sequence 0 too', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    log.end('abort', producerId, { producerEpoch: 1 })
    expect(() => log.send({ producerId, producerEpoch: 1, sequence: 1 })).toThrow(outOfOrder)
    log.send({ producerId, producerEpoch: 1, sequence: 0 })
  })
})

describe('expiry', () => {
  it('forgets producers by the time of their last batch', () => {
    const log = new Appender()
    log.send({ producerId: 1, sequence: 0, timestampMs: 1000 })
    log.send({ producerId: 2, sequence: 0, timestampMs: 5000 })
    log.state.expire(6000, 2000)
    expect(Array.from(log.state.entries(), (entry) => entry.producerId)).toEqual([2])
  })

  it('never forgets one whose transaction is open', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true, timestampMs: 0 })
    log.state.expire(10 ** 12, 1)
    expect(log.state.producerCount).toBe(1)
    log.end('commit', producerId)
    log.state.expire(10 ** 12, 1)
    expect(log.state.producerCount).toBe(0)
  })
})

describe('transactions', () => {
  it('hold the first unstable offset until they end, and until that is replicated', () => {
    const log = new Appender()
    log.append(batchOf(['plain', 'plain']))
    expect(log.state.firstUnstableOffset).toBeNull()
    log.send({ producerId: 1, sequence: 0, isTransactional: true })
    log.send({ producerId: 2, sequence: 0, isTransactional: true })
    log.send({ producerId: 1, sequence: 1, isTransactional: true })
    expect(log.state.firstUnstableOffset).toBe(2)
    log.end('commit', 1)
    expect(log.state.firstUnstableOffset).toBe(2)
    log.state.onHighWatermark(5)
    expect(log.state.firstUnstableOffset).toBe(2)
    log.state.onHighWatermark(6)
    expect(log.state.firstUnstableOffset).toBe(3)
    log.end('abort', 2)
    log.state.onHighWatermark(7)
    expect(log.state.firstUnstableOffset).toBeNull()
  })

  it('that are aborted are told with the last stable offset behind them', () => {
    const log = new Appender()
    log.send({ producerId: 1, sequence: 0, isTransactional: true })
    log.send({ producerId: 2, sequence: 0, isTransactional: true })
    expect(log.end('abort', 2)).toMatchObject({
      aborted: { producerId: 2, firstOffset: 1, lastOffset: 2, lastStableOffset: 0 },
    })
    expect(log.end('abort', 1)).toMatchObject({
      aborted: { producerId: 1, firstOffset: 0, lastOffset: 3, lastStableOffset: 4 },
    })
  })

  it('that are committed, or empty, are not', () => {
    const log = new Appender()
    log.send({ producerId: 1, sequence: 0, isTransactional: true })
    expect(log.end('commit', 1)).toMatchObject({ aborted: null })
    expect(log.end('abort', 1)).toMatchObject({ aborted: null })
    expect(log.end('abort', 3)).toMatchObject({ aborted: null })
  })

  it('take no batch from outside while they are open', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    const invalid = expect.objectContaining({ kafkaError: 'INVALID_TXN_STATE' })
    expect(() => log.send({ producerId, sequence: 1 })).toThrow(invalid)
  })

  it('are ended by no coordinator that has been replaced', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    log.end('commit', producerId, { coordinatorEpoch: 5 })
    log.send({ producerId, sequence: 1, isTransactional: true })
    const fenced = expect.objectContaining({ kafkaError: 'TRANSACTION_COORDINATOR_FENCED' })
    expect(() => log.end('commit', producerId, { coordinatorEpoch: 4 })).toThrow(fenced)
    expect(() => log.end('commit', producerId, { producerEpoch: -1, coordinatorEpoch: 6 })).toThrow(
      oldEpoch,
    )
    expect(log.state.firstOngoingOffset).toBe(2)
  })

  it('are restored from a snapshot in the order in which they began', () => {
    const log = new Appender()
    for (const id of [3, 1, 2]) log.send({ producerId: id, sequence: 0, isTransactional: true })
    const restored = new ProducerState()
    const entries = [...log.state.entries()].sort((a, b) => a.producerId - b.producerId)
    restored.restore(entries, log.next)
    expect(restored.firstOngoingOffset).toBe(0)
    expect(restored.endOffset).toBe(3)
  })

  it('are gone after clear', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    log.state.clear(40)
    expect(log.state).toMatchObject({ producerCount: 0, firstUnstableOffset: null, endOffset: 40 })
  })
})

describe('a batch that begins a transaction', () => {
  const first = { producerId, sequence: 0, isTransactional: true }
  const refused = expect.objectContaining({ kafkaError: 'INVALID_TXN_STATE' })
  const guardOf = (log: Appender, sequence = 0, epoch = 0) =>
    log.state.guardFor({ producerId, epoch, sequence }, 0)
  const begin = (log: Appender, guard: ReturnType<typeof guardOf>, sequence = 0) => {
    const batch = sequencedBatch({ ...first, sequence })
    log.state.check(batch, 'client', log.next, { guard })
    setBaseOffset(batch, 0, log.next)
    log.state.apply(batch, 0)
    log.next++
  }

  it('must hold the guard that was given when its transaction was looked up', () => {
    const log = new Appender()
    expect(() => begin(log, null)).toThrow(refused)
    begin(log, guardOf(log))
    expect(log.state.hasOpenTransaction(producerId, 0)).toBe(true)
  })

  it('needs none once the transaction is open', () => {
    const log = new Appender()
    begin(log, guardOf(log))
    expect(guardOf(log, 1)).toBeNull()
    begin(log, null, 1)
  })

  it('is refused when a marker came in between', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0 })
    const guard = guardOf(log, 1)
    log.end('abort', producerId)
    expect(() => begin(log, guard, 1)).toThrow(refused)
  })

  it('keeps its guard when the marker is that of the transaction before, which has its epoch', () => {
    const log = new Appender()
    begin(log, guardOf(log))
    const guard = guardOf(log, 0, 1)
    const marker = encodeEndTransactionMarker(
      { type: 'commit', coordinatorEpoch: 0 },
      { producerId, producerEpoch: 1, timestampMs: 5 },
    )
    log.state.check(marker, 'coordinator', log.next, { transactionVersion: 2 })
    setBaseOffset(marker, 0, log.next)
    log.state.apply(marker, 0)
    log.next++
    const next = sequencedBatch({ ...first, producerEpoch: 1 })
    expect(log.state.check(next, 'client', log.next, { guard })).toBeUndefined()
  })

  it('is refused when a marker came in between that was written before', () => {
    const log = new Appender()
    begin(log, guardOf(log))
    log.end('abort', producerId)
    const guard = guardOf(log, 1)
    const again = encodeEndTransactionMarker(
      { type: 'abort', coordinatorEpoch: 0 },
      { producerId, producerEpoch: 0, timestampMs: 5 },
    )
    log.state.check(again, 'coordinator', log.next)
    expect(log.state.isRepeatedMarker(again)).toBe(true)
    expect(() => begin(log, guard, 1)).toThrow(refused)
  })

  it('needs no guard where it was written before, in a transaction that is over', () => {
    const log = new Appender()
    begin(log, guardOf(log))
    log.end('commit', producerId)
    const again = { producerId, epoch: 0, sequence: 0, lastSequence: 0 }
    expect(log.state.guardFor(again, 0)).toBeNull()
    expect(log.state.guardFor({ ...again, lastSequence: 1 }, 0)).not.toBeNull()
  })

  it('waits for one with a lower sequence that was seen', () => {
    const log = new Appender()
    guardOf(log, 0)
    const guard = guardOf(log, 1)
    expect(() => begin(log, guard, 1)).toThrow(outOfOrder)
    begin(log, guard, 0)
    begin(log, null, 1)
  })

  it('of a new epoch does not wait for those of the one before', () => {
    const log = new Appender()
    guardOf(log, 0, 0)
    guardOf(log, 5, 1)
    expect(
      log.state.check(sequencedBatch({ ...first, sequence: 5, producerEpoch: 1 }), 'client', 0, {
        guard: guardOf(log, 5, 1),
      }),
    ).toBeUndefined()
  })

  it('loses its guard when nobody used it for long', () => {
    const log = new Appender()
    const guard = guardOf(log)
    log.state.expire(1000, 1000)
    expect(() => begin(log, guard)).toThrow(refused)
  })
})

describe('a marker', () => {
  const marker = (producerEpoch: number, coordinatorEpoch = 0) =>
    encodeEndTransactionMarker(
      { type: 'commit', coordinatorEpoch },
      { producerId, producerEpoch, timestampMs: 5 },
    )

  it('is written once for one coordinator epoch', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    expect(log.state.isRepeatedMarker(marker(0))).toBe(false)
    log.end('commit', producerId)
    expect(log.state.isRepeatedMarker(marker(0))).toBe(true)
    expect(log.state.isRepeatedMarker(marker(0, 1))).toBe(false)
    expect(log.state.isRepeatedMarker(marker(1))).toBe(false)
  })

  it('of the transaction before does not end the next one, where each has an epoch', () => {
    const log = new Appender()
    log.send({ producerId, sequence: 0, isTransactional: true })
    log.end('commit', producerId, { producerEpoch: 1 })
    log.send({ producerId, sequence: 0, producerEpoch: 1, isTransactional: true })
    const check = (epoch: number) =>
      log.state.check(marker(epoch), 'coordinator', log.next, { transactionVersion: 2 })
    expect(() => check(1)).toThrow(oldEpoch)
    expect(check(2)).toBeUndefined()
  })
})
