// What a Writer wrote, a Reader reads: any mix of primitives in any order, through any growth of
// the buffer. And on any bytes at all, a Reader gives values or a DecodeError.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

interface Step {
  readonly value: unknown
  readonly write: (writer: Writer) => void
  readonly read: (reader: Reader) => unknown
}

type Primitive =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'unsignedVarint'
  | 'varint'
  | 'varlong'
  | 'bigVarlong'
  | 'uuid'

/** A value written and read by the methods of the same name. */
function primitive(name: Primitive, values: fc.Arbitrary<unknown>): fc.Arbitrary<Step> {
  return values.map((value) => ({
    value,
    write: (writer) => (writer[name] as (given: unknown) => void).call(writer, value),
    read: (reader) => reader[name](),
  }))
}

function text(compact: boolean): fc.Arbitrary<Step> {
  return fc.string({ unit: 'grapheme', maxLength: 300 }).map((value) => ({
    value,
    write(writer) {
      const byteLength = Buffer.byteLength(value)
      writer.stringLength(byteLength, compact)
      writer.text(value, byteLength)
    },
    read: (reader) => reader.text(reader.stringLength(compact)),
  }))
}

function bytes(compact: boolean): fc.Arbitrary<Step> {
  const small = fc.uint8Array({ maxLength: 40 })
  const large = fc.uint8Array({ minLength: 1000, maxLength: 1100 })
  return fc.oneof(small, large).map((array) => {
    const value = Buffer.from(array)
    return {
      value,
      write(writer) {
        writer.length(value.length, compact)
        writer.bytes(value)
      },
      read: (reader) => reader.bytes(reader.bytesLength(compact)),
    }
  })
}

const int64s = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const uuids = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((array) => Buffer.from(array).toString('base64url'))

const steps: fc.Arbitrary<Step> = fc.oneof(
  primitive('boolean', fc.boolean()),
  primitive('int8', fc.integer({ min: -128, max: 127 })),
  primitive('int16', fc.integer({ min: -32_768, max: 32_767 })),
  primitive('uint16', fc.nat(65_535)),
  primitive('int32', fc.integer()),
  primitive('uint32', fc.nat(4_294_967_295)),
  primitive('int64', fc.maxSafeInteger()),
  primitive('bigint64', int64s),
  primitive('float64', fc.double()),
  primitive('unsignedVarint', fc.nat(4_294_967_295)),
  primitive('varint', fc.integer()),
  primitive('varlong', fc.maxSafeInteger()),
  primitive('bigVarlong', int64s),
  primitive('uuid', uuids),
  text(true),
  text(false),
  bytes(true),
  bytes(false),
)

describe('Reader and Writer', () => {
  it('agree on any sequence of primitives', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), fc.nat(40), (sequence, sizeBytes) => {
        const writer = new Writer(sizeBytes)
        for (const { write } of sequence) write(writer)
        const { size } = writer
        const reader = new Reader(writer.toBuffer())
        expect(reader.remaining).toBe(size)
        for (const { value, read } of sequence) expect(read(reader)).toEqual(value)
        expect(reader.remaining).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('give values or a DecodeError for any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(steps, { maxLength: 40 }),
        (given, sequence) => {
          const reader = new Reader(Buffer.from(given))
          try {
            for (const { read } of sequence) read(reader)
          } catch (error) {
            // -1 as the size of a text or of bytes is a null, which these steps do not ask about.
            expect(error).toBeInstanceOf(DecodeError)
          }
          expect(reader.position).toBeLessThanOrEqual(given.length)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
