// Group commit of one partition of `__consumer_offsets`: order, batching, failures.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { describe, expect, it } from 'vitest'
import { AppendQueue } from '../../../../broker/coordinator/append-queue.ts'
import { appendBytesMax } from '../../../../broker/coordinator/limits.ts'
import type { KeyValueRecord } from '../../../../broker/coordinator/partition-writer.ts'
import { BrokerError } from '../../../../broker/errors.ts'
import { settle } from '../../../support/memory-partition-writer.ts'

interface HeldAppend {
  readonly keys: string[]
  resolve(): void
  reject(error: Error): void
}

function harness() {
  const appends: HeldAppend[] = []
  const told: [number, KafkaErrorName | null][] = []
  const faults: unknown[] = []
  const queue = new AppendQueue({
    append: (records) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      appends.push({ keys: records.map(({ key }) => key.toString()), resolve, reject })
      return promise
    },
    onWritten: (writeId, error) => told.push([writeId, error]),
    onFault: (error) => faults.push(error),
  })
  return { appends, told, faults, queue }
}

const record = (key: string, bytes = 10): KeyValueRecord => ({
  key: Buffer.from(key),
  value: Buffer.alloc(bytes),
})
const write = (writeId: number, records: KeyValueRecord[], divisible = false) => ({
  writeId,
  records,
  divisible,
})

describe('the writes of one turn of the event loop', () => {
  it('go down as one append, each of them told of', async () => {
    const { queue, appends, told } = harness()
    queue.push(write(1, [record('a'), record('b')]))
    queue.push(write(2, [record('c')]))
    await settle()
    expect(appends.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']])
    expect(told).toEqual([])
    appends[0]?.resolve()
    await settle()
    expect(told).toEqual([
      [1, null],
      [2, null],
    ])
  })

  it('that come while an append is in flight go down together after it', async () => {
    const { queue, appends, told } = harness()
    queue.push(write(1, [record('a')]))
    await settle()
    queue.push(write(2, [record('b')]))
    queue.push(write(3, [record('c')]))
    await settle()
    expect(appends).toHaveLength(1)
    appends[0]?.resolve()
    await settle()
    expect(appends[1]?.keys).toEqual(['b', 'c'])
    expect(told).toEqual([[1, null]])
  })

  it('fail together, and those after them do not', async () => {
    const { queue, appends, told } = harness()
    queue.push(write(1, [record('a')]))
    queue.push(write(2, [record('b')]))
    await settle()
    queue.push(write(3, [record('c')]))
    appends[0]?.reject(new BrokerError('NOT_ENOUGH_REPLICAS', 'two of three are gone'))
    await settle()
    appends[1]?.resolve()
    await settle()
    expect(told).toEqual([
      [1, 'NOT_ENOUGH_REPLICAS'],
      [2, 'NOT_ENOUGH_REPLICAS'],
      [3, null],
    ])
  })
})

describe('writes that are large', () => {
  const half = appendBytesMax / 2

  it('do not share an append past its limit', async () => {
    const { queue, appends } = harness()
    queue.push(write(1, [record('a', half)]))
    queue.push(write(2, [record('b', half)]))
    await settle()
    expect(appends.map(({ keys }) => keys)).toEqual([['a']])
    appends[0]?.resolve()
    await settle()
    expect(appends[1]?.keys).toEqual(['b'])
  })

  it('stay whole even above it', async () => {
    const { queue, appends } = harness()
    queue.push(write(1, [record('a', half), record('b', half), record('c', half)]))
    await settle()
    expect(appends.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']])
  })

  it('are divided where that is harmless, and told of once', async () => {
    const { queue, appends, told } = harness()
    queue.push(write(1, [record('a', half), record('b', half), record('c', 5)], true))
    queue.push(write(2, [record('d')]))
    await settle()
    appends[0]?.resolve()
    await settle()
    expect(told).toEqual([])
    appends[1]?.resolve()
    await settle()
    expect(appends.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'd']])
    expect(told).toEqual([
      [1, null],
      [2, null],
    ])
  })

  it('fail at their first part that does; the rest is not written', async () => {
    const { queue, appends, told } = harness()
    queue.push(write(1, [record('a', half), record('b', half), record('c', half)], true))
    queue.push(write(2, [record('d')]))
    await settle()
    appends[0]?.reject(new BrokerError('KAFKA_STORAGE_ERROR', 'the disk is gone'))
    await settle()
    appends[1]?.resolve()
    await settle()
    expect(appends.map(({ keys }) => keys)).toEqual([['a'], ['d']])
    expect(told).toEqual([
      [1, 'KAFKA_STORAGE_ERROR'],
      [2, null],
    ])
  })
})

it('a failure that is no answer of the log is reported, and told as an unknown one', async () => {
  const { queue, appends, told, faults } = harness()
  queue.push(write(1, [record('a')]))
  await settle()
  const bug = new TypeError('undefined is not a log')
  appends[0]?.reject(bug)
  await settle()
  expect(faults).toEqual([bug])
  expect(told).toEqual([[1, 'UNKNOWN_SERVER_ERROR']])
})

it('a closed queue tells nothing more, and is closed when its append has ended', async () => {
  const { queue, appends, told } = harness()
  queue.push(write(1, [record('a')]))
  await settle()
  queue.push(write(2, [record('b')]))
  let closed = false
  const closing = queue.close().then(() => {
    closed = true
  })
  await settle()
  expect(closed).toBe(false)
  appends[0]?.resolve()
  await closing
  await settle()
  expect(appends).toHaveLength(1)
  expect(told).toEqual([])
})
