// The notation of schemas: versions, defaults, nulls and tags of fields, and what encoding refuses.

import { DecodeError, EncodeError } from '@samsa/proto/wire/errors'
import { type Encodable, type Message, message } from '@samsa/proto/wire/message'
import { Reader } from '@samsa/proto/wire/reader'
import {
  array,
  bytes,
  field,
  int8,
  int16,
  int32,
  nullable,
  shortString,
  string,
  struct,
  tagged,
} from '@samsa/proto/wire/types'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'

/** Hex digits with spaces between the parts that they stand for. */
function hex(parts: string): string {
  return parts.replaceAll(' ', '')
}

function encoded<In>(schema: Message<unknown, In>, value: In, version: number): string {
  const writer = new Writer()
  schema.encode(writer, value, version)
  return writer.toBuffer().toString('hex')
}

function decoded<Out>(schema: Message<Out, never>, digits: string, version: number): Out {
  return schema.decode(new Reader(Buffer.from(digits, 'hex')), version)
}

describe('versions of a field', () => {
  const schema = message(
    { name: 'Sample', versions: '1-4', flexible: 'none' },
    {
      always: int8,
      old: field(int8, { until: 2, ignorable: true }),
      late: field(int8, { since: 3, default: -1 }),
    },
  )

  it('puts it on the wire only where it belongs', () => {
    const value = { always: 1, old: 2 }
    expect(encoded(schema, value, 1)).toBe('0102')
    expect(encoded(schema, value, 4)).toBe('01ff')
    expect(encoded(schema, { always: 1, late: 7 }, 3)).toBe('0107')
  })

  it('decodes to the default where the version lacks it', () => {
    expect(decoded(schema, '0102', 2)).toEqual({ always: 1, old: 2, late: -1 })
    expect(decoded(schema, '0109', 3)).toEqual({ always: 1, old: 0, late: 9 })
  })

  it('drops a value the version lacks if the field is ignorable, else refuses', () => {
    expect(encoded(schema, { always: 1, old: 9 }, 3)).toBe('01ff')
    expect(() => encoded(schema, { always: 1, late: 5 }, 2)).toThrow(EncodeError)
    expect(encoded(schema, { always: 1, late: -1 }, 2)).toBe('0100')
  })

  it('has no version outside of the range, to encode or to decode', () => {
    for (const version of [0, 5, -1]) {
      expect(() => encoded(schema, { always: 1 }, version)).toThrow(EncodeError)
      expect(() => decoded(schema, '0102', version)).toThrow(DecodeError)
    }
  })

  it('refuses to encode without a field that has no default', () => {
    const incomplete = {} as unknown as Encodable<typeof schema>
    expect(() => encoded(schema, incomplete, 1)).toThrow('field always is missing')
  })
})

describe('null', () => {
  const schema = message(
    { name: 'Nulls', versions: '0-2', flexible: '2+' },
    {
      name: nullable(string, { since: 1 }),
      data: nullable(bytes),
      list: nullable(array(int8)),
      inner: nullable(struct({ x: int8 })),
    },
  )
  const nothing = { name: null, data: null, list: null, inner: null }

  it('has its form in each version', () => {
    expect(encoded(schema, nothing, 1)).toBe('ffffffffffffffffffffff')
    expect(encoded(schema, nothing, 2)).toBe('000000ff00')
    expect(decoded(schema, 'ffffffffffffffffffffff', 1)).toEqual(nothing)
    expect(decoded(schema, '000000ff00', 2)).toEqual(nothing)
  })

  it('is refused in versions from before it was allowed', () => {
    expect(() => encoded(schema, nothing, 0)).toThrow(EncodeError)
    expect(() => decoded(schema, 'ffffffffffffffffffffff', 0)).toThrow(DecodeError)
  })

  it('is refused where a type has none', () => {
    const strict = message(
      { name: 'Strict', versions: '0-1', flexible: '1+' },
      { name: string, list: array(string), data: bytes },
    )
    expect(() => decoded(strict, 'ffff0000000000000000', 0)).toThrow(DecodeError)
    expect(() => decoded(strict, '0000ffffffff00000000', 0)).toThrow(DecodeError)
    expect(() => decoded(strict, '000000000000ffffffff', 0)).toThrow(DecodeError)
    expect(() => decoded(strict, '00010100', 1)).toThrow(DecodeError)
    expect(() => decoded(strict, '01000100', 1)).toThrow(DecodeError)
    expect(() => decoded(strict, '01010000', 1)).toThrow(DecodeError)
    expect(decoded(strict, '01010100', 1)).toEqual({ name: '', list: [], data: Buffer.alloc(0) })
  })

  it('leaves a present struct with its byte in front', () => {
    const value = { name: 'a', data: Buffer.from([7]), list: [1, 2], inner: { x: 5 } }
    expect(encoded(schema, value, 2)).toBe(hex('026102070301020105 0000'))
    expect(decoded(schema, '0261020703010201050000', 2)).toEqual(value)
  })
})

describe('tagged fields', () => {
  const schema = message(
    { name: 'Tags', versions: '0-2', flexible: '1+' },
    {
      plain: int8,
      second: tagged(5, string, { since: 1 }),
      first: tagged(2, array(int16), { since: 1, ignorable: true }),
      leader: tagged(9, struct({ id: field(int32, { default: -1 }), epoch: field(int32) }), {
        since: 2,
      }),
    },
  )
  const noLeader = { id: -1, epoch: 0 }

  it('are left out when they have their defaults, told or not', () => {
    expect(encoded(schema, { plain: 1 }, 2)).toBe('0100')
    expect(
      encoded(schema, { plain: 1, first: [], second: '', leader: { id: -1, epoch: 0 } }, 2),
    ).toBe('0100')
    expect(encoded(schema, { plain: 1, leader: {} }, 2)).toBe('0100')
  })

  it('are written in the order of their tags', () => {
    const value = { plain: 1, second: 'b', first: [3] }
    expect(encoded(schema, value, 1)).toBe(hex('0102 0203020003 05020262'))
    expect(decoded(schema, hex('0102 0203020003 05020262'), 1)).toEqual({
      ...value,
      leader: noLeader,
    })
  })

  it('are found in any order, as Kafka finds them', () => {
    expect(decoded(schema, hex('0102 05020262 0203020003'), 1)).toMatchObject({
      second: 'b',
      first: [3],
    })
  })

  it('do not exist before flexible versions', () => {
    expect(encoded(schema, { plain: 1, first: [1] }, 0)).toBe('01')
    expect(() => encoded(schema, { plain: 1, second: 'x' }, 0)).toThrow(EncodeError)
    expect(decoded(schema, '01', 0)).toEqual({
      plain: 1,
      first: [],
      second: '',
      leader: noLeader,
    })
  })

  it('are passed over when they are not known', () => {
    expect(decoded(schema, hex('0102 0103aabbcc 05020262'), 1)).toMatchObject({ second: 'b' })
  })

  it('of a version that lacks them count as not known', () => {
    expect(decoded(schema, hex('0101 0909000000010000000200'), 1).leader).toEqual(noLeader)
    expect(decoded(schema, hex('0101 0909000000010000000200'), 2).leader).toEqual({
      id: 1,
      epoch: 2,
    })
  })

  it.each([
    ['a size that is larger than the field', hex('0101 0503026200')],
    ['a size that is smaller than the field', hex('0101 05010262')],
    ['a size past the end', hex('0101 05ff0162')],
    ['an unknown tag whose size is past the end', hex('0101 0705aa')],
    ['more of them than there are bytes', hex('0102 05020262')],
    ['the largest count', '01ffffffff0f'],
  ])('are refused with %s', (_, digits) => {
    expect(() => decoded(schema, digits, 1)).toThrow(DecodeError)
  })
})

describe('defaults', () => {
  const schema = message(
    { name: 'Defaults', versions: '0-1', flexible: 'none' },
    {
      list: field(array(int8), { since: 1 }),
      inner: field(struct({ names: field(array(string)) }), { since: 1 }),
    },
  )

  it('that are objects belong to one decoded message alone', () => {
    const first = decoded(schema, '', 0)
    first.list.push(1)
    first.inner.names.push('x')
    expect(decoded(schema, '', 0)).toEqual({ list: [], inner: { names: [] } })
  })
})

describe('strings', () => {
  const schema = message(
    { name: 'Strings', versions: '0-1', flexible: '1+' },
    { short: shortString, usual: string },
  )

  it('that are short keep their int16 length in flexible versions', () => {
    expect(encoded(schema, { short: 'a', usual: 'b' }, 0)).toBe(hex('000161 000162'))
    expect(encoded(schema, { short: 'a', usual: 'b' }, 1)).toBe(hex('000161 0262 00'))
  })

  it('measure bytes, not characters', () => {
    expect(encoded(schema, { short: 'ö', usual: '😀' }, 0)).toBe(hex('0002c3b6 0004f09f9880'))
  })
})

describe('arrays', () => {
  const schema = message(
    { name: 'Arrays', versions: '0', flexible: '0+' },
    { rows: array({ id: int32, name: string, data: nullable(bytes) }) },
  )

  it('refuse a count whose elements cannot all fit, before any is read', () => {
    // Each row takes at least 4 + 1 + 1 + 1 bytes.
    const seven = '00000000010000'
    expect(decoded(schema, `02${seven}00`, 0).rows).toHaveLength(1)
    expect(() => decoded(schema, `03${seven}00`, 0)).toThrow('length 2 but 8 bytes left')
  })
})
