// Batches that Apache Kafka 4.3.1 built (its MemoryRecordsBuilder, with the records listed here):
// we read each as Kafka wrote it, and write the uncompressed ones to the byte.

import { readFileSync } from 'node:fs'
import * as batch from '@samsa/proto/record/batch'
import { type BatchOptions, encodeBatch, type RecordInput } from '@samsa/proto/record/batch-builder'
import { batchSizeAt, checkCrc } from '@samsa/proto/record/batches'
import {
  decodeEndTransactionMarker,
  encodeEndTransactionMarker,
} from '@samsa/proto/record/control-batch'
import { batchRecords } from '@samsa/proto/record/records'
import { describe, expect, it } from 'vitest'

const file = new URL('./kafka-4.3.1-batches.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as { [name: string]: string }

const timestampMs = 1_700_000_000_000
const utf8 = (text: string) => Buffer.from(text)

const fourRecords: RecordInput[] = [
  { timestampMs, key: utf8('key-1'), value: utf8('value-1'.repeat(30)) },
  { timestampMs: timestampMs + 5, key: null, value: utf8('ünïcode ✓') },
  {
    timestampMs: timestampMs - 3,
    key: utf8('tombstone'),
    value: null,
    headers: [
      { key: 'h1', value: utf8('x') },
      { key: 'ключ', value: null },
      { key: '', value: utf8('') },
    ],
  },
  { timestampMs: timestampMs + 3_000_000_000, key: utf8(''), value: utf8('') },
]
const largeRecords: RecordInput[] = [
  { timestampMs, key: utf8('large'), value: utf8('abcdefghij'.repeat(7_000)) },
  { timestampMs, key: utf8('last'), value: utf8('one') },
]
const twoRecords: RecordInput[] = [
  { timestampMs, key: utf8('a'), value: utf8('1') },
  { timestampMs: timestampMs + 1, key: utf8('b'), value: utf8('2') },
]
const sameTime = twoRecords.map((record) => ({ ...record, timestampMs }))

function goldenBatch(name: string): Buffer {
  const hex = golden[name]
  if (hex === undefined) throw new Error(`there is no golden batch '${name}'`)
  return Buffer.from(hex, 'hex')
}

function expectRecords(bytes: Buffer, records: readonly RecordInput[], baseOffset: number): void {
  const expected = records.map((record, index) => ({
    headers: [],
    offset: baseOffset + index,
    ...record,
  }))
  expect([...batchRecords(bytes)]).toEqual(expected)
}

describe('batches that Kafka compressed', () => {
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    it(`reads the records of a batch of ${codec}`, () => {
      const bytes = goldenBatch(codec)
      checkCrc(bytes, 0)
      expect(batchSizeAt(bytes, 0)).toBe(bytes.length)
      expect(batch.leaderEpoch(bytes, 0)).toBe(3)
      expect(batch.maxTimestamp(bytes, 0)).toBe(timestampMs + 3_000_000_000)
      expectRecords(bytes, fourRecords, 1000)
    })
  }

  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    it(`reads a batch of ${codec} that takes several of the codec's blocks`, () => {
      expectRecords(goldenBatch(`${codec}-large`), largeRecords, 0)
    })
  }
})

describe('batches that Kafka did not compress', () => {
  const same: [name: string, records: RecordInput[], options: BatchOptions][] = [
    ['none', fourRecords, { baseOffset: 1000, leaderEpoch: 3 }],
    [
      'transactional',
      sameTime,
      {
        baseOffset: 2 ** 40,
        leaderEpoch: 9,
        producerId: 4_007_199_254_740_993,
        producerEpoch: 7,
        baseSequence: 0x7fff_ffff,
        isTransactional: true,
      },
    ],
    [
      'logAppendTime',
      twoRecords,
      { baseOffset: 5, leaderEpoch: 1, logAppendTimeMs: timestampMs + 77 },
    ],
    [
      'compacted',
      twoRecords.map((record, index) => ({ ...record, offset: [6, 9][index] ?? 0 })),
      { baseOffset: 5, leaderEpoch: 1, deleteHorizonMs: timestampMs + 1000, lastOffset: 12 },
    ],
  ]
  for (const [name, records, options] of same) {
    it(`writes the batch '${name}' as Kafka does`, () => {
      expect(encodeBatch(records, options).toString('hex')).toBe(golden[name])
    })
  }

  it('reads every field of a header', () => {
    const bytes = goldenBatch('transactional')
    expect(batch.baseOffset(bytes, 0)).toBe(2 ** 40)
    expect(batch.lastOffset(bytes, 0)).toBe(2 ** 40 + 1)
    expect(batch.nextOffset(bytes, 0)).toBe(2 ** 40 + 2)
    expect(batch.leaderEpoch(bytes, 0)).toBe(9)
    expect(batch.magic(bytes, 0)).toBe(2)
    expect(batch.compressionId(bytes, 0)).toBe(0)
    expect(batch.isTransactional(bytes, 0)).toBe(true)
    expect(batch.isControl(bytes, 0)).toBe(false)
    expect(batch.hasLogAppendTime(bytes, 0)).toBe(false)
    expect(batch.hasDeleteHorizon(bytes, 0)).toBe(false)
    expect(batch.producerId(bytes, 0)).toBe(4_007_199_254_740_993)
    expect(batch.producerEpoch(bytes, 0)).toBe(7)
    expect(batch.baseSequence(bytes, 0)).toBe(0x7fff_ffff)
    expect(batch.lastSequence(bytes, 0)).toBe(0)
    expect(batch.recordCount(bytes, 0)).toBe(2)
    expect(batch.baseTimestamp(bytes, 0)).toBe(timestampMs)
    expect(batch.maxTimestamp(bytes, 0)).toBe(timestampMs)
  })

  it('gives all records the time of the append under LogAppendTime', () => {
    const times = [...batchRecords(goldenBatch('logAppendTime'))].map(
      (record) => record.timestampMs,
    )
    expect(times).toEqual([timestampMs + 77, timestampMs + 77])
  })

  it('keeps offsets and times where the base timestamp is a delete horizon', () => {
    const bytes = goldenBatch('compacted')
    expect(batch.hasDeleteHorizon(bytes, 0)).toBe(true)
    expect(batch.nextOffset(bytes, 0)).toBe(13)
    const seen = [...batchRecords(bytes)].map((record) => [record.offset, record.timestampMs])
    expect(seen).toEqual([
      [6, timestampMs],
      [9, timestampMs + 1],
    ])
  })
})

describe('the markers that end a transaction', () => {
  for (const type of ['commit', 'abort'] as const) {
    it(`reads and writes a marker of ${type} as Kafka does`, () => {
      const bytes = goldenBatch(type)
      expect(decodeEndTransactionMarker(bytes)).toEqual({ type, coordinatorEpoch: 11 })
      const options = {
        baseOffset: 42,
        leaderEpoch: 2,
        producerId: 1234,
        producerEpoch: 5,
        timestampMs,
      }
      const ours = encodeEndTransactionMarker({ type, coordinatorEpoch: 11 }, options)
      expect(ours.toString('hex')).toBe(golden[type])
    })
  }
})
