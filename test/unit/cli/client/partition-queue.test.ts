// Batches of one partition: when they close, how they are numbered and cut.

import { batchBytesMax, batchRecordsMax } from '@samsa/cli/client/limits'
import { PartitionQueue } from '@samsa/cli/client/partition-queue'
import { describe, expect, it } from 'vitest'

const record = (valueBytes: number) => ({
  key: null,
  value: Buffer.alloc(valueBytes),
  headers: [],
  timestampMs: undefined,
  partition: undefined,
})

/** A queue with a batch of `count` records that is numbered, as for its first try. */
function numbered(count: number) {
  const queue = new PartitionQueue(0)
  for (let index = 0; index < count; index++) queue.add(record(10), 0)
  const batch = queue.due(Infinity)
  if (batch === undefined) throw new Error('no batch')
  queue.number(batch)
  return { queue, batch }
}

describe('PartitionQueue', () => {
  it('closes a batch before a record that does not fit, and one that is full', () => {
    const queue = new PartitionQueue(0)
    expect(queue.add(record(batchBytesMax - 100), 0).filled).toBe(false)
    expect(queue.add(record(200), 0).filled).toBe(true)
    expect(queue.first?.records.length).toBe(1)
    expect(queue.add(record(batchBytesMax), 0).filled).toBe(true)
  })

  it('closes a batch of empty records by their number', () => {
    const queue = new PartitionQueue(0)
    let filledAt = 0
    for (let index = 1; filledAt === 0; index++) {
      if (queue.add(record(0), 0).filled) filledAt = index
    }
    expect(filledAt).toBe(batchRecordsMax)
  })

  it('is due when full, or open for long enough, and only while idle', () => {
    const queue = new PartitionQueue(0)
    queue.add(record(1), 100)
    expect(queue.due(99)).toBeUndefined()
    expect(queue.due(100)).toBe(queue.first)
    queue.isIdle = false
    expect(queue.due(Infinity)).toBeUndefined()
  })

  it('keeps a batch that was tried closed, so that a retry is the same bytes', () => {
    const { queue, batch } = numbered(2)
    queue.add(record(10), 0)
    expect(batch.records.length).toBe(2)
    expect(queue.due(-1)).toBe(batch)
    queue.finish(batch)
    expect(queue.first?.records.length).toBe(1)
  })

  it('numbers batches one after the other, once', () => {
    const { queue, batch } = numbered(3)
    queue.number(batch)
    expect(batch.baseSequence).toBe(0)
    queue.finish(batch)
    queue.add(record(1), 0)
    const next = queue.due(Infinity)
    if (next === undefined) throw new Error('no batch')
    queue.number(next)
    expect(next.baseSequence).toBe(3)
  })

  it('cuts a batch into two with the same sequence numbers', () => {
    const { queue, batch } = numbered(5)
    expect(queue.split(batch)).toBe(true)
    const left = queue.first
    expect(left?.baseSequence).toBe(0)
    expect(left?.records.length).toBe(3)
    if (left !== undefined) queue.finish(left)
    expect(queue.first?.baseSequence).toBe(3)
    expect(queue.first?.records.length).toBe(2)
    expect(queue.first?.encoded).toBeUndefined()
  })

  it('cannot cut a single record', () => {
    const { queue, batch } = numbered(1)
    expect(queue.split(batch)).toBe(false)
    expect(queue.first).toBe(batch)
  })

  it('stamps records that have no time of their own', () => {
    const queue = new PartitionQueue(0)
    const before = Date.now()
    queue.add(record(1), 0)
    queue.add({ ...record(1), timestampMs: 7 }, 0)
    const [stamped, own] = queue.first?.records ?? []
    expect(stamped?.timestampMs).toBeGreaterThanOrEqual(before)
    expect(own?.timestampMs).toBe(7)
  })
})
