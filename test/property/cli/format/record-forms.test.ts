// What one form writes, the same form reads back, whatever the bytes and however they are cut into
// chunks.

import type { NewRecord, ReadRecord, RecordFormat } from '@samsa/cli/format/record'
import { recordReader } from '@samsa/cli/format/record-input'
import { recordFormatter } from '@samsa/cli/format/record-output'
import { Splitter } from '@samsa/cli/format/splitter'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const part = fc.option(bytes, { nil: null })
const text = fc.string({ unit: 'grapheme', maxLength: 10 })
const record: fc.Arbitrary<ReadRecord> = fc.record({
  topic: fc.constant('t'),
  partition: fc.nat(9),
  offset: fc.nat(),
  timestampMs: fc.nat(),
  key: part,
  value: part,
  headers: fc.array(fc.record({ key: text, value: part }), { maxLength: 3 }),
})
const cuts = fc.array(fc.nat(30), { minLength: 1, maxLength: 20 })

function* chunksOf(stream: Buffer, sizes: readonly number[]): Generator<Buffer, void> {
  let at = 0
  for (let index = 0; at < stream.length; index++) {
    const size = (sizes[index % sizes.length] ?? 0) + 1
    yield stream.subarray(at, at + size)
    at += size
  }
}

function roundTrip(
  format: RecordFormat,
  records: readonly ReadRecord[],
  sizes: readonly number[],
  options: { delimiter?: string; nullText?: string } = {},
): NewRecord[] {
  const delimiter = Buffer.from(options.delimiter ?? '\n')
  const keySeparator = format === 'line' ? Buffer.from('|') : undefined
  const nullText = options.nullText === undefined ? undefined : Buffer.from(options.nullText)
  const shared = { delimiter, keySeparator, headers: format === 'length-prefixed', nullText }
  const formatter = recordFormatter(format, { ...shared, show: [] })
  const stream = Buffer.concat(records.map((one) => Buffer.from(formatter(one))))
  const reader = recordReader(format, { ...shared, keyPattern: undefined })
  const read: NewRecord[] = []
  for (const chunk of chunksOf(stream, sizes)) read.push(...reader.push(chunk))
  read.push(...reader.end())
  return read
}

const parts = ({ key, value, headers }: NewRecord | ReadRecord) => ({ key, value, headers })

describe('record forms', () => {
  it.each(['json', 'length-prefixed'] as const)('%s gives back every record', (format) => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), cuts, (records, sizes) => {
        expect(roundTrip(format, records, sizes).map(parts)).toEqual(records.map(parts))
      }),
    )
  })

  it('lines give back every key and value that does not contain what separates them', () => {
    const free = bytes.filter((one) => !one.includes(0x7c) && !one.includes(0x0a))
    const keyed = fc.record({ key: free, value: free })
    fc.assert(
      fc.property(fc.array(keyed, { maxLength: 8 }), cuts, (pairs, sizes) => {
        const records = pairs.map(({ key, value }) => ({
          topic: 't',
          partition: 0,
          offset: 0,
          timestampMs: 0,
          headers: [],
          key,
          value,
        }))
        expect(roundTrip('line', records, sizes).map(parts)).toEqual(records.map(parts))
      }),
    )
  })
})

describe('Splitter', () => {
  it('cuts a stream as one cut of the whole would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 })
    const delimiters = fc.constantFrom('\n', '\n\n', 'ab', 'aab')
    fc.assert(
      fc.property(letters, delimiters, cuts, (whole, delimiter, sizes) => {
        const splitter = new Splitter(Buffer.from(delimiter))
        const pieces: string[] = []
        for (const chunk of chunksOf(Buffer.from(whole), sizes)) {
          for (const piece of splitter.push(chunk)) pieces.push(piece.toString())
        }
        const last = splitter.end()
        if (last !== undefined) pieces.push(last.toString())
        const expected = whole.split(delimiter)
        if (expected.at(-1) === '') expected.pop()
        expect(pieces).toEqual(expected)
      }),
    )
  })
})
