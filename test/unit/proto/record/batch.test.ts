// The header of a batch in place, the walk over batches, and the builder.

import * as batch from '@samsa/proto/record/batch'
import { BatchBuilder, encodeBatch } from '@samsa/proto/record/batch-builder'
import {
  batchPositions,
  batchSizeAt,
  checkCrc,
  claimedBatchSize,
} from '@samsa/proto/record/batches'
import { crc32c } from '@samsa/proto/record/crc32c'
import { RecordError } from '@samsa/proto/record/record-error'
import { decodeRecords } from '@samsa/proto/record/records'
import { describe, expect, it } from 'vitest'

const one = encodeBatch([{ key: null, value: Buffer.from('one'), timestampMs: 1000 }])

describe('crc32c', () => {
  it('has the check value of the algorithm', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  it('goes over parts of a buffer and over several buffers', () => {
    const text = Buffer.from('x123456789x')
    expect(crc32c(text, 1, 10)).toBe(0xe3069283)
    const before = crc32c(text, 1, 4)
    expect(crc32c(Buffer.from('456789'), 0, 6, before)).toBe(0xe3069283)
  })

  it('is 0 of nothing', () => {
    expect(crc32c(Buffer.alloc(0))).toBe(0)
  })
})

describe('the header in place', () => {
  it('takes a base offset and a leader epoch without a new checksum', () => {
    const bytes = Buffer.from(one)
    batch.setBaseOffset(bytes, 0, 2 ** 52 + 3)
    batch.setLeaderEpoch(bytes, 0, 8)
    checkCrc(bytes, 0)
    expect(batch.baseOffset(bytes, 0)).toBe(2 ** 52 + 3)
    expect(batch.lastOffset(bytes, 0)).toBe(2 ** 52 + 3)
    expect(batch.leaderEpoch(bytes, 0)).toBe(8)
  })

  it('takes the time of the append and keeps the checksum true', () => {
    const bytes = Buffer.concat([one, one])
    batch.setLogAppendTime(bytes, one.length, 5000)
    checkCrc(bytes, one.length)
    expect(batch.hasLogAppendTime(bytes, one.length)).toBe(true)
    expect([...decodeRecords(bytes)].map((record) => record.timestampMs)).toEqual([1000, 5000])
  })

  it('keeps 64-bit integers exact, negative ones too', () => {
    const bytes = Buffer.alloc(8)
    for (const value of [0, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 31]) {
      batch.writeInt64(bytes, value, 0)
      expect(bytes.readBigInt64BE()).toBe(BigInt(value))
      expect(batch.readInt64(bytes, 0)).toBe(value)
    }
  })

  it('wraps sequences at 2^31 - 1', () => {
    expect(batch.addToSequence(0, 5)).toBe(5)
    expect(batch.addToSequence(2 ** 31 - 1, 1)).toBe(0)
    expect(batch.addToSequence(2 ** 31 - 2, 3)).toBe(1)
    expect(batch.addToSequence(batch.noSequence, 3)).toBe(batch.noSequence)
  })
})

describe('walking batches', () => {
  const three = Buffer.concat([one, one, one])

  it('yields the position of each whole batch and leaves a cut one out', () => {
    expect([...batchPositions(three)]).toEqual([0, one.length, 2 * one.length])
    expect([...batchPositions(three.subarray(0, -1))]).toEqual([0, one.length])
    expect([...batchPositions(three, one.length, 2 * one.length)]).toEqual([one.length])
    expect([...batchPositions(Buffer.alloc(0))]).toEqual([])
  })

  it('has no size for a batch that does not lie there whole', () => {
    expect(batchSizeAt(three, 0)).toBe(one.length)
    for (let end = 0; end < one.length; end++) expect(batchSizeAt(three, 0, end)).toBe(0)
  })

  it('says what a batch claims where only its first bytes are there', () => {
    expect(claimedBatchSize(one.subarray(0, 17), 0)).toBe(one.length)
  })

  it('refuses what cannot be a batch', () => {
    expect(() => batchSizeAt(Buffer.alloc(100), 0)).toThrow(RecordError)
    const short = Buffer.from(one)
    short.writeInt32BE(0, batch.batchField.batchLength)
    expect(() => batchSizeAt(short, 0)).toThrow(/length 0, less than a header/)
  })

  it('finds a checksum that differs', () => {
    const damaged = Buffer.from(three)
    damaged[damaged.length - 1] = 0x55
    checkCrc(damaged, 0)
    expect(() => checkCrc(damaged, 2 * one.length)).toThrow(/checksum/)
  })
})

describe('BatchBuilder', () => {
  it('grows with its records and gives them offsets', () => {
    const builder = new BatchBuilder({ baseOffset: 10 }, 64)
    const value = Buffer.alloc(1000, 1)
    expect(builder.append({ key: null, value })).toBe(10)
    expect(builder.append({ key: null, value })).toBe(11)
    expect(builder.append({ key: null, value, offset: 20 })).toBe(20)
    expect(builder.append({ key: null, value })).toBe(21)
    expect(builder.count).toBe(4)
    const size = builder.sizeBytes
    const bytes = builder.build()
    expect(bytes.length).toBe(size)
    expect([...decodeRecords(bytes)].map((record) => record.offset)).toEqual([10, 11, 20, 21])
  })

  it('builds a batch without records, as compaction leaves of a producer', () => {
    const bytes = encodeBatch([], { baseOffset: 4, lastOffset: 9, producerId: 1, producerEpoch: 0 })
    checkCrc(bytes, 0)
    expect(bytes.length).toBe(batch.batchHeaderBytes)
    expect(batch.lastOffset(bytes, 0)).toBe(9)
    expect([...decodeRecords(bytes)]).toEqual([])
  })

  it('refuses a timestamp too far from the first', () => {
    const records = [0, 2 ** 53 - 1].map((timestampMs) => ({ key: null, value: null, timestampMs }))
    expect(() => encodeBatch(records)).toThrow(/out of range/)
  })
})
