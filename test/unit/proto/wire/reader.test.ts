// The Reader's primitives on good bytes and on hostile ones: whatever a length claims, nothing but
// a DecodeError comes of it, and before anything is allocated.

import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { describe, expect, it } from 'vitest'

const of = (...bytes: number[]) => new Reader(Buffer.from(bytes))
const ofHex = (hex: string) => new Reader(Buffer.from(hex, 'hex'))

describe('fixed-size integers', () => {
  it('reads both ends of each range', () => {
    expect(of(0x80).int8()).toBe(-128)
    expect(of(0xff).uint8()).toBe(255)
    expect(of(0x80, 0x00).int16()).toBe(-32_768)
    expect(of(0xff, 0xff).uint16()).toBe(65_535)
    expect(of(0x80, 0, 0, 0).int32()).toBe(-2_147_483_648)
    expect(of(0xff, 0xff, 0xff, 0xff).uint32()).toBe(4_294_967_295)
    expect(ofHex('400921fb54442d18').float64()).toBe(Math.PI)
  })

  it('takes any byte but 0 for true', () => {
    expect(of(0).boolean()).toBe(false)
    expect(of(1).boolean()).toBe(true)
    expect(of(0xff).boolean()).toBe(true)
  })

  it('reads int64 to the ends of what a number holds exactly', () => {
    expect(ofHex('001fffffffffffff').int64()).toBe(Number.MAX_SAFE_INTEGER)
    expect(ofHex('ffe0000000000001').int64()).toBe(Number.MIN_SAFE_INTEGER)
    expect(ofHex('ffffffffffffffff').int64()).toBe(-1)
  })

  it.each(['0020000000000000', 'ffe0000000000000', '7fffffffffffffff', '8000000000000000'])(
    'refuses the int64 %s, which a number would round',
    (hex) => {
      expect(() => ofHex(hex).int64()).toThrow(DecodeError)
    },
  )

  it('brings an int64 that is out of reach to the nearest exact number where asked to', () => {
    expect(ofHex('7fffffffffffffff').saturatedInt64()).toBe(Number.MAX_SAFE_INTEGER)
    expect(ofHex('8000000000000000').saturatedInt64()).toBe(Number.MIN_SAFE_INTEGER)
    expect(ofHex('fffffffffffffffe').saturatedInt64()).toBe(-2)
  })

  it('reads the whole int64 range as bigint', () => {
    expect(ofHex('8000000000000000').bigint64()).toBe(-(2n ** 63n))
    expect(ofHex('7fffffffffffffff').bigint64()).toBe(2n ** 63n - 1n)
  })

  const reads: [name: string, bytes: number, read: (reader: Reader) => unknown][] = [
    ['boolean', 1, (r) => r.boolean()],
    ['int8', 1, (r) => r.int8()],
    ['int16', 2, (r) => r.int16()],
    ['uint16', 2, (r) => r.uint16()],
    ['int32', 4, (r) => r.int32()],
    ['uint32', 4, (r) => r.uint32()],
    ['int64', 8, (r) => r.int64()],
    ['saturatedInt64', 8, (r) => r.saturatedInt64()],
    ['bigint64', 8, (r) => r.bigint64()],
    ['float64', 8, (r) => r.float64()],
    ['uuid', 16, (r) => r.uuid()],
  ]
  it.each(reads)('refuses a %s that is one byte short', (_, bytes, read) => {
    expect(() => read(new Reader(Buffer.alloc(bytes - 1)))).toThrow(DecodeError)
    expect(() => read(new Reader(Buffer.alloc(bytes)))).not.toThrow()
  })

  it('stops at its own end, not at that of the buffer', () => {
    const reader = new Reader(Buffer.from([1, 2, 3, 4, 5]), 1, 3)
    expect(reader.remaining).toBe(2)
    expect(reader.int16()).toBe(0x0203)
    expect(() => reader.int8()).toThrow(DecodeError)
  })

  it('reads a view into a larger buffer at the right place', () => {
    const reader = new Reader(Buffer.from([9, 9, 0, 0, 0, 7, 9]).subarray(2, 6))
    expect(reader.int32()).toBe(7)
  })

  it('says at which byte it stopped', () => {
    const reader = of(0, 0, 0)
    reader.int16()
    expect(() => reader.int32()).toThrow('4 bytes wanted, 1 left (at byte 2)')
  })
})

describe('varints', () => {
  it.each([
    ['00', 0],
    ['7f', 127],
    ['8001', 128],
    ['ffffffff0f', 4_294_967_295],
    ['8080808008', 2_147_483_648],
    ['8000', 0],
  ])('reads the unsigned varint %s as %i', (hex, value) => {
    const reader = ofHex(hex)
    expect(reader.unsignedVarint()).toBe(value)
    expect(reader.remaining).toBe(0)
  })

  it.each([
    ['00', 0],
    ['01', -1],
    ['02', 1],
    ['ffffffff0f', -2_147_483_648],
    ['feffffff0f', 2_147_483_647],
  ])('reads the varint %s as %i', (hex, value) => {
    expect(ofHex(hex).varint()).toBe(value)
  })

  it.each([
    ['00', 0n],
    ['01', -1n],
    ['feffffffffffff0f', 2n ** 52n - 1n],
    ['feffffffffffff1f', 2n ** 53n - 1n],
    ['fdffffffffffff1f', -(2n ** 53n) + 1n],
    ['8000', 0n],
  ])('reads the varlong %s as %i, as number and as bigint', (hex, value) => {
    expect(ofHex(hex).varlong()).toBe(Number(value))
    expect(ofHex(hex).bigVarlong()).toBe(value)
  })

  it('reads 64-bit extremes as bigint and refuses them as number', () => {
    expect(ofHex('ffffffffffffffffff01').bigVarlong()).toBe(-(2n ** 63n))
    expect(ofHex('feffffffffffffffff01').bigVarlong()).toBe(2n ** 63n - 1n)
    expect(() => ofHex('ffffffffffffffffff01').varlong()).toThrow(DecodeError)
    expect(() => ofHex('8080808080808020').varlong()).toThrow(DecodeError)
    expect(() => ofHex('feffffffffffffffff01').varlong()).toThrow(DecodeError)
  })

  it.each(['ffffffff10', 'ffffffffff01', '80', 'ffffffff', ''])(
    'refuses %s as a varint of 32 bits',
    (hex) => {
      expect(() => ofHex(hex).unsignedVarint()).toThrow(DecodeError)
      expect(() => ofHex(hex).varint()).toThrow(DecodeError)
    },
  )

  it.each(['ffffffffffffffffff02', 'ffffffffffffffffffff01', 'ffffffffffffffffff', ''])(
    'refuses %s as a varint of 64 bits',
    (hex) => {
      expect(() => ofHex(hex).bigVarlong()).toThrow(DecodeError)
      expect(() => ofHex(hex).varlong()).toThrow(DecodeError)
    },
  )
})

describe('strings, bytes and uuids', () => {
  it('reads text as UTF-8 and puts U+FFFD in the place of what is not', () => {
    expect(ofHex('c3b6e697a5f09f9880').text(9)).toBe('ö日😀')
    expect(ofHex('ff41').text(2)).toBe('\u{fffd}A')
  })

  it('refuses text that is, or becomes by U+FFFD, longer than is allowed', () => {
    const reader = (bytes: Buffer) => new Reader(bytes, 0, bytes.length, 10, 30)
    expect(reader(Buffer.alloc(30, 'a')).text(30)).toHaveLength(30)
    expect(() => reader(Buffer.alloc(31, 'a')).text(31)).toThrow(DecodeError)
    expect(reader(Buffer.alloc(10, 0xff)).text(10)).toHaveLength(10)
    expect(() => reader(Buffer.alloc(11, 0xff)).text(11)).toThrow(DecodeError)
  })

  it('gives bytes as a view, not a copy', () => {
    const buffer = Buffer.from([1, 2, 3])
    const view = new Reader(buffer, 1).bytes(2)
    buffer[1] = 9
    expect([...view]).toEqual([9, 3])
  })

  it('reads a uuid as Kafka prints it', () => {
    expect(new Reader(Buffer.alloc(16)).uuid()).toBe('AAAAAAAAAAAAAAAAAAAAAA')
    expect(new Reader(Buffer.alloc(16, 0xff)).uuid()).toBe('_____________________w')
  })

  const lengths: [name: string, hex: string, read: (reader: Reader) => number][] = [
    ['a string below -1', 'fffe', (r) => r.stringLength(false)],
    ['the least string length', '8000', (r) => r.stringLength(false)],
    ['the largest string length', '7fff00', (r) => r.stringLength(false)],
    ['the largest compact string length', 'ffffffff0f', (r) => r.stringLength(true)],
    ['a compact string one byte too long', '0341', (r) => r.stringLength(true)],
    ['bytes below -1', 'fffffffe', (r) => r.bytesLength(false)],
    ['the least bytes length', '80000000', (r) => r.bytesLength(false)],
    ['the largest bytes length', '7fffffff00', (r) => r.bytesLength(false)],
    ['the largest compact bytes length', 'ffffffff0f', (r) => r.bytesLength(true)],
    ['an array below -1', 'fffffffe', (r) => r.arrayLength(false)],
    ['the least array length', '80000000', (r) => r.arrayLength(false)],
    ['the largest array length', '7fffffff00', (r) => r.arrayLength(false)],
    ['the largest compact array length', 'ffffffff0f', (r) => r.arrayLength(true)],
    ['two elements of two bytes in three', '000000020000ff', (r) => r.arrayLength(false, 2)],
  ]
  it.each(lengths)('refuses %s', (_, hex, read) => {
    expect(() => read(ofHex(hex))).toThrow(DecodeError)
  })

  it('reads null as length -1 and empty as 0', () => {
    expect(ofHex('ffff').stringLength(false)).toBe(-1)
    expect(of(0).stringLength(true)).toBe(-1)
    expect(of(1).stringLength(true)).toBe(0)
    expect(ofHex('ffffffff').bytesLength(false)).toBe(-1)
    expect(of(0).arrayLength(true)).toBe(-1)
    expect(of(1).arrayLength(true)).toBe(0)
  })

  it('refuses to take a negative size', () => {
    expect(() => of(1, 2, 3).bytes(-1)).toThrow(DecodeError)
  })
})

describe('the element budget', () => {
  it('is shared by all arrays of a message', () => {
    const buffer = Buffer.alloc(64)
    buffer.writeInt32BE(6, 0)
    buffer.writeInt32BE(5, 4)
    const reader = new Reader(buffer, 0, 64, 10)
    expect(reader.arrayLength(false)).toBe(6)
    expect(() => reader.arrayLength(false)).toThrow('more elements than one message may hold')
  })

  it('holds whatever the size of the message', () => {
    const buffer = Buffer.alloc(3_000_000)
    buffer.writeInt32BE(1_000_001, 0)
    expect(() => new Reader(buffer).arrayLength(false)).toThrow(DecodeError)
    buffer.writeInt32BE(1_000_000, 0)
    expect(new Reader(buffer).arrayLength(false)).toBe(1_000_000)
  })
})
