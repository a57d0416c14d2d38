// The transaction coordinator's core: who may do what, what is decided when, and what is carried on
// after a failure (KIP-98, KIP-360, KIP-890).

import { beforeEach, describe, expect, it } from 'vitest'
import { type Producer, TransactionDriver } from '../../../../support/transaction-driver.ts'

let d: TransactionDriver

beforeEach(() => {
  d = new TransactionDriver()
})

const id = 'tx'
const state = () => d.known(id)?.state

/** Uses up all epochs but the last. */
function exhaust(): Producer {
  let producer = d.begin(id)
  for (;;) {
    if (producer.producerEpoch === 32_766) return producer
    producer = d.begin(id)
  }
}

describe('a producer', () => {
  it('gets an id, and a higher epoch each time', () => {
    expect(d.init(id)).toEqual({ error: 'NONE', producerId: 1000, producerEpoch: 0 })
    expect(d.init(id)).toEqual({ error: 'NONE', producerId: 1000, producerEpoch: 1 })
    expect(d.init('other')).toEqual({ error: 'NONE', producerId: 1001, producerEpoch: 0 })
  })

  it('may ask for a timeout that is allowed', () => {
    const refused = { error: 'INVALID_TRANSACTION_TIMEOUT' }
    expect(d.init(id, { timeoutMs: 0 })).toMatchObject(refused)
    expect(d.init(id, { timeoutMs: 900_001 })).toMatchObject(refused)
    expect(d.init(id, { timeoutMs: 900_000 })).toMatchObject({ error: 'NONE' })
  })

  it('is told to try again while there are no ids', () => {
    d.noProducerIds = true
    expect(d.init(id)).toMatchObject({ error: 'COORDINATOR_LOAD_IN_PROGRESS', producerId: -1 })
    d.noProducerIds = false
    expect(d.init(id)).toMatchObject({ error: 'NONE' })
  })

  it('is given nothing that is not durable', () => {
    d.holdWrites = true
    expect(d.init(id)).toBeUndefined()
    d.endWrite('NOT_ENOUGH_REPLICAS')
    expect(d.answers.get(1)).toMatchObject({ error: 'COORDINATOR_NOT_AVAILABLE' })
    expect(d.known(id)).toBeNull()
  })

  it('fences the one before it', () => {
    const old = d.begin(id)
    d.begin(id)
    expect(d.add(id, old, 0)).toBe('PRODUCER_FENCED')
    expect(d.end(id, old, 'commit')).toMatchObject({ error: 'PRODUCER_FENCED' })
    expect(d.init(id, { expected: old })).toMatchObject({ error: 'PRODUCER_FENCED' })
  })

  it('ends what the one before it left open, and gets its epoch after that', () => {
    const old = d.begin(id)
    d.add(id, old, 0)
    expect(d.init(id)).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    expect(state()).toBe('PrepareAbort')
    expect(d.init(id)).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    expect(d.writeMarkers()).toMatchObject([{ producerEpoch: 1, isCommit: false }])
    expect(d.init(id)).toEqual({ error: 'NONE', producerId: 1000, producerEpoch: 2 })
  })

  it('goes on by itself with its next epoch, also when the answer was lost (KIP-360)', () => {
    const first = d.begin(id)
    const next = { error: 'NONE', producerId: 1000, producerEpoch: 1 }
    expect(d.init(id, { expected: first })).toEqual(next)
    expect(d.init(id, { expected: first })).toEqual(next)
    expect(d.init(id, { expected: { producerId: 7, producerEpoch: 1 } })).toMatchObject({
      error: 'PRODUCER_FENCED',
    })
  })

  it('may end its own open transaction by asking for its next epoch (KIP-360)', () => {
    const first = d.begin(id)
    d.add(id, first, 0)
    expect(d.init(id, { expected: first })).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    d.writeMarkers()
    const next = { error: 'NONE', producerId: 1000, producerEpoch: 2 }
    expect(d.init(id, { expected: first })).toEqual(next)
    expect(d.init(id, { expected: first })).toEqual(next)
  })

  it('asks again for its next epoch at the coordinator that takes over (KIP-360)', () => {
    const first = d.begin(id)
    const next = { error: 'NONE', producerId: 1000, producerEpoch: 1 }
    expect(d.init(id, { expected: first })).toEqual(next)
    d.fail()
    expect(d.init(id, { expected: first })).toEqual(next)
    const producer = { producerId: 1000, producerEpoch: 1 }
    d.add(id, producer, 0)
    expect(d.init(id, { expected: producer })).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    d.fail()
    d.writeMarkers()
    expect(d.init(id, { expected: producer })).toEqual({ ...next, producerEpoch: 3 })
  })

  it('does not go on where another one came in between (KIP-360)', () => {
    const first = d.begin(id)
    d.begin(id)
    expect(d.init(id, { expected: first })).toMatchObject({ error: 'PRODUCER_FENCED' })
    d.fail()
    expect(d.init(id, { expected: first })).toMatchObject({ error: 'PRODUCER_FENCED' })
  })

  it('that is fenced does not end the transaction of its successor', () => {
    const old = d.begin(id)
    const current = d.begin(id)
    d.add(id, current, 0)
    expect(d.init(id, { expected: old })).toMatchObject({ error: 'PRODUCER_FENCED' })
    expect(state()).toBe('Ongoing')
  })

  it('gets another id once the epochs are used up', () => {
    const last = exhaust()
    expect(d.init(id)).toEqual({ error: 'NONE', producerId: 1001, producerEpoch: 0 })
    expect(d.add(id, last, 0)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('a transaction', () => {
  it('begins with its first partition, and is over when all markers are written', () => {
    const producer = d.begin(id)
    expect(d.add(id, producer, 0, 1)).toBe('NONE')
    expect(d.add(id, producer, 2)).toBe('NONE')
    expect(state()).toBe('Ongoing')
    expect(d.end(id, producer, 'commit')).toMatchObject({ error: 'NONE' })
    expect(state()).toBe('PrepareCommit')
    const [sent] = d.markers.splice(0)
    const { producerId, producerEpoch } = sent ?? { producerId: -1, producerEpoch: -1 }
    const of = { type: 'markersWritten', transactionalId: id, producerId, producerEpoch } as const
    d.feed({ ...of, partitions: new Map([['t', new Set([0, 2])]]) })
    expect(state()).toBe('PrepareCommit')
    d.feed({ ...of, partitions: new Map([['t', new Set([1])]]) })
    expect(state()).toBe('CompleteCommit')
  })

  it('is not added to while it ends', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    const { producerEpoch = -1 } = d.end(id, producer, 'commit') ?? {}
    expect(d.add(id, { ...producer, producerEpoch }, 0)).toBe('CONCURRENT_TRANSACTIONS')
    d.writeMarkers()
    expect(d.add(id, { ...producer, producerEpoch }, 0)).toBe('NONE')
  })

  it('knows which partitions are in it', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    const answer = d.verify(id, producer, 0, 1)
    expect(answer).toEqual({ type: 'known', partitions: new Map([['t', new Set([0])]]) })
    const other = { producerId: 5, producerEpoch: 0 }
    const mapping = { type: 'refused', error: 'INVALID_PRODUCER_ID_MAPPING' }
    expect(d.verify(id, other, 0)).toEqual(mapping)
    expect(d.verify('none', producer, 0)).toEqual(mapping)
    expect(d.verify(id, { ...producer, producerEpoch: 3 }, 0)).toMatchObject({
      error: 'PRODUCER_FENCED',
    })
  })

  it('of an empty id cannot be committed', () => {
    const producer = d.begin(id)
    expect(d.end(id, producer, 'commit')).toMatchObject({ error: 'INVALID_TXN_STATE' })
    expect(d.end(id, producer, 'commit', 0)).toMatchObject({ error: 'INVALID_TXN_STATE' })
  })

  it('is decided once: requests that come meanwhile wait for the record', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.holdWrites = true
    d.end(id, producer, 'abort', 0)
    d.end(id, producer, 'commit', 0)
    d.endWrite()
    const [abort, commit] = [...d.answers.values()].slice(-2)
    expect(abort).toMatchObject({ error: 'NONE' })
    expect(commit).toMatchObject({ error: 'INVALID_TXN_STATE' })
    expect(d.markers).toMatchObject([{ isCommit: false }])
  })

  it('stays open where its end could not be written', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.holdWrites = true
    d.end(id, producer, 'commit')
    d.endWrite('NOT_ENOUGH_REPLICAS')
    expect([...d.answers.values()].at(-1)).toMatchObject({ error: 'COORDINATOR_NOT_AVAILABLE' })
    expect(state()).toBe('Ongoing')
    expect(d.markers).toEqual([])
  })

  it('tries again to be complete where that could not be written', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.end(id, producer, 'commit')
    d.holdWrites = true
    d.writeMarkers()
    d.endWrite('NOT_ENOUGH_REPLICAS')
    expect(d.retries).toEqual([id])
    d.feed({ type: 'completeAgain', transactionalId: id })
    d.endWrite()
    expect(state()).toBe('CompleteCommit')
  })

  it('has a limit on its partitions', () => {
    const producer = d.begin(id)
    const many = Array.from({ length: 20_001 }, (_, index) => index)
    expect(d.add(id, producer, ...many)).toBe('POLICY_VIOLATION')
  })
})

describe('EndTxn of a client that keeps its epoch', () => {
  it('is answered again when it is asked again', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    expect(d.end(id, producer, 'commit', 0)).toEqual({ error: 'NONE', ...producer })
    expect(d.end(id, producer, 'commit', 0)).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    expect(d.end(id, producer, 'abort', 0)).toMatchObject({ error: 'INVALID_TXN_STATE' })
    d.writeMarkers()
    expect(d.end(id, producer, 'commit', 0)).toMatchObject({ error: 'NONE' })
    expect(d.end(id, producer, 'abort', 0)).toMatchObject({ error: 'INVALID_TXN_STATE' })
  })
})

describe('EndTxn of a client whose epoch rises with each transaction', () => {
  it('gives the next epoch, the same again when it is asked again', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    const next = { error: 'NONE', producerId: 1000, producerEpoch: 1 }
    expect(d.end(id, producer, 'commit')).toEqual(next)
    expect(d.end(id, producer, 'commit')).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    expect(d.writeMarkers()).toMatchObject([{ producerEpoch: 1, transactionVersion: 2 }])
    expect(d.end(id, producer, 'commit')).toEqual(next)
    expect(d.end(id, producer, 'abort')).toMatchObject({ error: 'INVALID_TXN_STATE' })
  })

  it('waits where the transaction before is still being ended', () => {
    const first = d.begin(id)
    d.add(id, first, 0)
    d.end(id, first, 'commit')
    const second = { ...first, producerEpoch: 1 }
    expect(d.end(id, second, 'abort')).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
    d.writeMarkers()
    expect(d.end(id, second, 'abort')).toMatchObject({ error: 'NONE', producerEpoch: 2 })
  })

  it('that is late does not reach the next transaction', () => {
    const first = d.begin(id)
    d.add(id, first, 0)
    const { producerEpoch = -1 } = d.end(id, first, 'commit') ?? {}
    d.writeMarkers()
    const second = { ...first, producerEpoch }
    d.add(id, second, 1)
    expect(d.end(id, first, 'commit')).toMatchObject({ error: 'PRODUCER_FENCED' })
    expect(state()).toBe('Ongoing')
  })

  it('aborts what has not begun, out of reach of what may be late', () => {
    const producer = d.begin(id)
    expect(d.end(id, producer, 'abort')).toMatchObject({ error: 'NONE', producerEpoch: 1 })
    expect(state()).toBe('CompleteAbort')
    const next = { ...producer, producerEpoch: 1 }
    expect(d.end(id, next, 'abort')).toMatchObject({ error: 'NONE', producerEpoch: 2 })
  })

  it('moves on to another id once the epochs are used up', () => {
    const last = exhaust()
    d.add(id, last, 0)
    const next = { error: 'NONE', producerId: 1001, producerEpoch: 0 }
    expect(d.end(id, last, 'commit')).toEqual(next)
    expect(d.add(id, { producerId: 1001, producerEpoch: 0 }, 0)).toBe('CONCURRENT_TRANSACTIONS')
    expect(d.writeMarkers()).toMatchObject([{ producerId: 1000, producerEpoch: 32_767 }])
    expect(d.end(id, last, 'commit')).toEqual(next)
    expect(d.add(id, { producerId: 1001, producerEpoch: 0 }, 0)).toBe('NONE')
  })

  it('of a producer that was fenced is not answered as if it had aborted', () => {
    const old = d.begin(id)
    d.add(id, old, 0)
    d.init(id)
    expect(d.end(id, old, 'abort')).toMatchObject({ error: 'PRODUCER_FENCED' })
    d.writeMarkers()
    expect(d.end(id, old, 'abort')).toMatchObject({ error: 'PRODUCER_FENCED' })
  })
})

describe('a coordinator that takes over', () => {
  it('carries on a commit that was decided, and nobody carried out', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0, 1)
    d.end(id, producer, 'commit')
    d.fail()
    expect(state()).toBe('PrepareCommit')
    expect(d.writeMarkers()).toMatchObject([
      { isCommit: true, producerEpoch: 1, partitions: new Map([['t', new Set([0, 1])]]) },
    ])
    expect(d.end(id, producer, 'commit')).toMatchObject({ error: 'NONE', producerEpoch: 1 })
  })

  it('knows nothing of an end that was not durable', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.holdWrites = true
    d.end(id, producer, 'commit')
    d.holdWrites = false
    d.fail()
    expect(state()).toBe('Ongoing')
    expect(d.end(id, producer, 'abort')).toMatchObject({ error: 'NONE' })
    expect(d.markers).toMatchObject([{ isCommit: false }])
  })

  it('completes what only lacked its last record', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.end(id, producer, 'commit')
    d.holdWrites = true
    d.writeMarkers()
    d.holdWrites = false
    d.fail()
    d.writeMarkers()
    expect(state()).toBe('CompleteCommit')
  })

  it('hears nothing of markers that another transaction had', () => {
    const producer = d.begin(id)
    d.add(id, producer, 0)
    d.end(id, producer, 'commit')
    d.feed({
      type: 'markersWritten',
      transactionalId: id,
      producerId: 1000,
      producerEpoch: 0,
      partitions: new Map([['t', new Set([0])]]),
    })
    expect(state()).toBe('PrepareCommit')
  })
})

describe('time', () => {
  it('aborts a transaction that is open for longer than its producer said', () => {
    const producer = d.begin(id, { timeoutMs: 1_000 })
    d.add(id, producer, 0)
    d.nowMs += 999
    d.feed({ type: 'abortTimedOut' })
    expect(state()).toBe('Ongoing')
    d.nowMs += 1
    d.feed({ type: 'abortTimedOut' })
    expect(state()).toBe('PrepareAbort')
    expect(d.end(id, producer, 'commit')).toMatchObject({ error: 'PRODUCER_FENCED' })
    d.writeMarkers()
    expect(state()).toBe('CompleteAbort')
    expect(d.add(id, producer, 0)).toBe('PRODUCER_FENCED')
    expect(d.init(id)).toMatchObject({ error: 'NONE', producerEpoch: 2 })
  })

  it('counts from the first partition of each transaction, also after a failure', () => {
    const producer = d.begin(id, { timeoutMs: 1_000 })
    d.nowMs += 5_000
    d.add(id, producer, 0)
    d.nowMs += 900
    d.add(id, producer, 1)
    d.fail()
    d.nowMs += 99
    d.feed({ type: 'abortTimedOut' })
    expect(state()).toBe('Ongoing')
    d.nowMs += 1
    d.feed({ type: 'abortTimedOut' })
    expect(state()).toBe('PrepareAbort')
  })

  it('forgets an id that nobody uses, never one with an open transaction', () => {
    const producer = d.begin(id)
    d.begin('idle')
    d.add(id, producer, 0)
    d.nowMs += d.config.idExpirationMs
    d.feed({ type: 'removeExpired' })
    expect(d.known('idle')).toBeNull()
    expect(d.log.at(-1)?.value).toBeNull()
    expect(state()).toBe('Ongoing')
    d.fail()
    expect(d.known('idle')).toBeNull()
    expect(d.add('idle', producer, 0)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})
