// What the storage API reads and writes by hand, held to the generated code: requests decode to the
// same, records survive the way into a batch and out of one, and no bytes do harm.

import { decodeAppend, decodeStreamAppends } from '@samsa/broker/storage/append-decoding'
import { unpackedRecords } from '@samsa/broker/storage/batches-to-records'
import { batchOfRecords } from '@samsa/broker/storage/records-to-batch'
import {
  batchesContent,
  encodeReadResponse,
  headroomBytes,
} from '@samsa/broker/storage/response-encoding'
import {
  AppendRequest,
  AppendStreamRequest,
  ReadResponse,
  Records,
} from '@samsa/proto/grpc/gen/storage'
import { setBaseOffset } from '@samsa/proto/record/batch'
import { encodeBatch } from '@samsa/proto/record/batch-builder'
import { decodeRecords } from '@samsa/proto/record/records'
import { validateProduced } from '@samsa/proto/record/validate'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const part = fc.option(bytes, { nil: null })
const time = fc.integer({ min: -1, max: 2 ** 50 })
const record = fc.record({
  timestampMs: fc.option(time, { nil: null }),
  key: part,
  value: part,
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 8 }), value: part }), { maxLength: 3 }),
})
const records = fc.array(record, { minLength: 1, maxLength: 12 })
const producer = fc.record({
  id: fc.nat(),
  epoch: fc.integer({ min: 0, max: 0x7fff }),
  baseSequence: fc.nat(),
})
const append = fc.record({
  topic: fc.string({ maxLength: 10 }),
  topicId: fc.string({ maxLength: 10 }),
  partition: fc.integer({ min: -5, max: 1000 }),
  acks: fc.nat({ max: 5 }),
  timeoutMs: fc.integer({ min: -1, max: 1_000_000 }),
  data: fc.oneof(
    fc.record({ batch: bytes }),
    fc.record({ records: fc.record({ records, producer: fc.option(producer, { nil: null }) }) }),
    fc.constant({}),
  ),
})

const encodeAppend = ({
  data,
  ...fields
}: typeof append extends fc.Arbitrary<infer A> ? A : never) =>
  Buffer.from(AppendRequest.encode({ ...fields, ...data }).finish())

const plain = ({ topic, topicId, partition, acks, timeoutMs }: AppendRequest) => {
  return { topic, topicId, partition, acks, timeoutMs }
}
const rules = { batchBytesMax: 1 << 20, nowMs: 1234 }

describe('requests to append', () => {
  it('decode as the generated code decodes them', () => {
    fc.assert(
      fc.property(append, (value) => {
        const encoded = encodeAppend(value)
        const [ours, theirs] = [decodeAppend(encoded), AppendRequest.decode(encoded)]
        expect(ours).toMatchObject(plain(theirs))
        expect(ours.batch).toEqual(theirs.batch)
        expect(ours.records === null).toBe(theirs.records === null)
      }),
    )
  })

  it('decode in a stream as the generated code decodes them', () => {
    const stream = fc.array(fc.tuple(fc.maxSafeInteger(), append), { maxLength: 5 })
    fc.assert(
      fc.property(stream, (appends) => {
        const encoded = Buffer.from(
          AppendStreamRequest.encode({
            appends: appends.map(([id, value]) => {
              const { data, ...fields } = value
              return { id, append: { ...fields, ...data } }
            }),
          }).finish(),
        )
        const theirs = AppendStreamRequest.decode(encoded).appends
        const ours = decodeStreamAppends(encoded)
        expect(ours.map(({ id }) => id)).toEqual(theirs.map(({ id }) => id))
        for (const [index, one] of theirs.entries()) {
          if (one.append !== null) expect(ours[index]?.append).toMatchObject(plain(one.append))
        }
      }),
    )
  })

  it('are refused by an error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
        for (const decode of [decodeAppend, decodeStreamAppends]) {
          try {
            decode(Buffer.from(array))
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
          }
        }
        try {
          batchOfRecords(Buffer.from(array), rules)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })
})

describe('records', () => {
  it('make a sound batch, with the producer where it stands behind them', () => {
    fc.assert(
      fc.property(records, fc.option(producer, { nil: null }), (list, who) => {
        const encoded = Buffer.from(Records.encode({ records: list, producer: who }).finish())
        const batch = batchOfRecords(encoded, rules)
        validateProduced(batch)
        const made = [...decodeRecords(batch)]
        expect(made).toEqual(
          list.map((one, offset) => ({ ...one, offset, timestampMs: one.timestampMs ?? 1234 })),
        )
      }),
    )
  })

  it('come out of batches as they went in, between the offsets, in pieces that are small', () => {
    const batches = fc.array(records, { minLength: 1, maxLength: 4 })
    const bounds = fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 50 }))
    fc.assert(
      fc.property(batches, bounds, fc.integer({ min: 1, max: 300 }), (lists, [from, size], max) => {
        let next = 7
        const stored = lists.map((list) => {
          const batch = encodeBatch(
            list.map((one) => ({ ...one, timestampMs: one.timestampMs ?? -1 })),
          )
          setBaseOffset(batch, 0, next)
          next += list.length
          return batch
        })
        const bytesOfAll = Buffer.concat(stored)
        const range = { fromOffset: 7 + from, endOffset: 7 + from + size }
        const options = { ...range, responseBytes: max, aborted: null }
        const read = [...unpackedRecords(bytesOfAll, options)].flatMap(
          ({ content, nextOffset }) => {
            const encoded = encodeReadResponse({ progress: { nextOffset }, content })
            const response = ReadResponse.decode(encoded)
            expect(response.nextOffset).toBe((response.records.at(-1)?.offset ?? -2) + 1)
            return response.records.map(({ offset, timestampMs, key, value, headers }) => {
              const pairs = headers.map((header) => ({ key: header.key, value: header.value }))
              return { offset, timestampMs, key, value, headers: pairs }
            })
          },
        )
        const all = [...decodeRecords(bytesOfAll)]
        expect(read).toEqual(
          all.filter(({ offset }) => offset >= range.fromOffset && offset < range.endOffset),
        )
      }),
    )
  })
})

describe('batches in a response', () => {
  it('are not moved, whatever else the response says', () => {
    const progress = fc.record({
      nextOffset: fc.maxSafeInteger(),
      highWatermark: fc.maxSafeInteger(),
      abortedTransactions: fc.array(fc.record({ producerId: fc.nat(), firstOffset: fc.nat() })),
    })
    fc.assert(
      fc.property(progress, fc.uint8Array({ minLength: 1, maxLength: 20_000 }), (said, array) => {
        const buffer = Buffer.alloc(headroomBytes + array.length)
        buffer.set(array, headroomBytes)
        const content = batchesContent(buffer, headroomBytes, array.length)
        const decoded = ReadResponse.decode(encodeReadResponse({ progress: said, content }))
        expect(decoded.batches.equals(array)).toBe(true)
        expect(decoded.nextOffset).toBe(said.nextOffset)
        expect(decoded.abortedTransactions).toHaveLength(said.abortedTransactions.length)
      }),
    )
  })
})
