// The conformance suites stand on this check: it must find every kind of fault that a reader can
// show.

import { describe, expect, it } from 'vitest'
import {
  assertSameRecords,
  decodeFrames,
  type ReadRecord,
  type SourceRecord,
} from '../../../support/conformance/records.ts'

const source: SourceRecord[] = ['a', 'b', 'c', 'd'].map((key) => ({
  key,
  value: Buffer.from(`value of ${key}`),
}))

/** The source as read from two partitions, with one record changed or more added. */
function read(change: (records: ReadRecord[]) => void = () => {}): ReadRecord[] {
  const records = source.map(({ key, value }, index) => ({
    partition: index % 2,
    offset: Math.floor(index / 2),
    key,
    value,
  }))
  change(records)
  return records
}

function at<T>(items: T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`no item ${index}`)
  return item
}

describe('assertSameRecords', () => {
  it('accepts what was produced, in any order of partitions', () => {
    assertSameRecords(source, read())
    assertSameRecords(source, [at(read(), 1), at(read(), 3), at(read(), 0), at(read(), 2)])
  })

  it.each<[string, (records: ReadRecord[]) => void, RegExp]>([
    ['a missing record', (records) => records.pop(), /read 3 of 4/],
    ['a repeated record', (records) => records.push({ ...at(records, 3), offset: 9 }), /twice/],
    [
      'a changed byte',
      (records) => records.splice(2, 1, { ...at(records, 2), value: Buffer.from('value of C') }),
      /other bytes/,
    ],
    [
      'a stranger',
      (records) => records.push({ ...at(records, 0), key: 'e', offset: 5 }),
      /never produced/,
    ],
    [
      'an offset that goes back',
      (records) => records.splice(2, 1, { ...at(records, 2), offset: 0 }),
      /after offset 0/,
    ],
    [
      'two records of a partition in the wrong order',
      (records) => {
        const [first, third] = [at(records, 0), at(records, 2)]
        records.splice(0, 1, { ...third, offset: 0 })
        records.splice(2, 1, { ...first, offset: 1 })
      },
      /out of order/,
    ],
  ])('finds %s', (_name, change, message) => {
    expect(() => assertSameRecords(source, read(change))).toThrow(message)
  })
})

describe('decodeFrames', () => {
  it('reads the frames of kcat and those of the Java console consumer', () => {
    const frames = Buffer.from(
      '3\x1f12\x1fkey\x1fline\nline\x1ePartition:4\x1fOffset:0\x1fk\x1f\x1e',
    )
    expect(decodeFrames(frames)).toEqual([
      { partition: 3, offset: 12, key: 'key', value: Buffer.from('line\nline') },
      { partition: 4, offset: 0, key: 'k', value: Buffer.from('') },
    ])
  })

  it('refuses a frame without its end and one without all fields', () => {
    expect(() => decodeFrames(Buffer.from('3\x1f12\x1fkey\x1fvalue'))).toThrow(/no end/)
    expect(() => decodeFrames(Buffer.from('3\x1f12\x1fkey\x1e'))).toThrow(/four fields/)
  })
})
