// Which records of fetched batches a reader sees.

import { endOfBatches, readRecords } from '@samsa/cli/client/read-records'
import { CommandError } from '@samsa/cli/errors'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { describe, expect, it } from 'vitest'

const batch = (baseOffset: number, values: readonly string[], options: BatchOptions = {}) =>
  encodeBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value) })),
    { baseOffset, ...options },
  )

const transactional = { isTransactional: true, producerEpoch: 0, baseSequence: 0 }

const marker = (baseOffset: number, producerId: number, type: 'abort' | 'commit') =>
  encodeEndTransactionMarker(
    { type, coordinatorEpoch: 0 },
    { baseOffset, producerId, producerEpoch: 0, timestampMs: 0 },
  )

const chunk = (
  batches: readonly Buffer[],
  offset = 0,
  abortedTransactions: { producerId: number; firstOffset: number }[] = [],
) => ({
  topic: 't',
  partition: 0,
  offset,
  nextOffset: 0,
  records: Buffer.concat(batches),
  abortedTransactions,
})

const valuesOf = (records: Iterable<{ value: Buffer | null }>) =>
  [...records].map(({ value }) => value?.toString())

describe('readRecords', () => {
  it('leaves out what comes before the position, as a fetch gives whole batches', () => {
    const read = readRecords(chunk([batch(5, ['a', 'b', 'c'])], 6), 'read_uncommitted')
    expect(valuesOf(read)).toEqual(['b', 'c'])
  })

  it('ends before a batch that came only in part', () => {
    const whole = batch(0, ['a'])
    const part = batch(1, ['b']).subarray(0, 65)
    expect(valuesOf(readRecords(chunk([whole, part]), 'read_uncommitted'))).toEqual(['a'])
    expect(endOfBatches(Buffer.concat([whole, part]))).toBe(1)
    expect(endOfBatches(part)).toBeUndefined()
  })

  it('never shows control records', () => {
    const batches = [
      batch(0, ['a'], { ...transactional, producerId: 1 }),
      marker(1, 1, 'commit'),
      batch(2, ['b']),
    ]
    expect(valuesOf(readRecords(chunk(batches), 'read_uncommitted'))).toEqual(['a', 'b'])
    expect(valuesOf(readRecords(chunk(batches), 'read_committed'))).toEqual(['a', 'b'])
  })

  it('leaves out aborted transactions for who reads committed records only', () => {
    const batches = [
      batch(0, ['aborted'], { ...transactional, producerId: 1 }),
      batch(1, ['committed'], { ...transactional, producerId: 2 }),
      batch(2, ['plain']),
      marker(3, 1, 'abort'),
      marker(4, 2, 'commit'),
      batch(5, ['later'], { ...transactional, producerId: 1 }),
      marker(6, 1, 'commit'),
    ]
    const aborted = [{ producerId: 1, firstOffset: 0 }]
    expect(valuesOf(readRecords(chunk(batches, 0, aborted), 'read_committed'))).toEqual([
      'committed',
      'plain',
      'later',
    ])
    expect(valuesOf(readRecords(chunk(batches, 0, aborted), 'read_uncommitted')).length).toBe(4)
  })

  it('follows several aborted transactions of one producer, listed in any order', () => {
    const batches = [
      batch(0, ['first'], { ...transactional, producerId: 1 }),
      marker(1, 1, 'abort'),
      batch(2, ['kept'], { ...transactional, producerId: 1 }),
      marker(3, 1, 'commit'),
      batch(4, ['second'], { ...transactional, producerId: 1 }),
      marker(5, 1, 'abort'),
    ]
    const aborted = [
      { producerId: 1, firstOffset: 4 },
      { producerId: 1, firstOffset: 0 },
    ]
    expect(valuesOf(readRecords(chunk(batches, 0, aborted), 'read_committed'))).toEqual(['kept'])
  })

  it('refuses a batch whose checksum differs, and names the place', () => {
    const damaged = batch(0, ['a'])
    damaged[damaged.length - 2] = (damaged.at(-2) ?? 0) ^ 1
    const read = () => [...readRecords(chunk([damaged]), 'read_uncommitted')]
    expect(read).toThrow(CommandError)
    expect(read).toThrow('partition t-0 from offset 0: CORRUPT_MESSAGE')
  })
})
