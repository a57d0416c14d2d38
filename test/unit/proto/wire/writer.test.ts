// The Writer's primitives: the bytes they make, what they refuse, and how large fields go by
// reference.

import { EncodeError } from '@samsa/proto/wire/errors'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'

function written(write: (writer: Writer) => void, sizeBytes?: number): string {
  const writer = new Writer(sizeBytes)
  write(writer)
  return writer.toBuffer().toString('hex')
}

describe('primitives', () => {
  it('writes integers in network order', () => {
    expect(written((w) => w.int8(-2))).toBe('fe')
    expect(written((w) => w.int16(-2))).toBe('fffe')
    expect(written((w) => w.uint16(65_535))).toBe('ffff')
    expect(written((w) => w.int32(-2))).toBe('fffffffe')
    expect(written((w) => w.uint32(4_294_967_295))).toBe('ffffffff')
    expect(written((w) => w.bigint64(-2n))).toBe('fffffffffffffffe')
    expect(written((w) => w.float64(Math.PI))).toBe('400921fb54442d18')
    expect(written((w) => w.boolean(true))).toBe('01')
    expect(written((w) => w.boolean(false))).toBe('00')
  })

  it('writes int64 to the ends of what a number holds exactly, and nothing further', () => {
    expect(written((w) => w.int64(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff')
    expect(written((w) => w.int64(Number.MIN_SAFE_INTEGER))).toBe('ffe0000000000001')
    expect(written((w) => w.int64(-1))).toBe('ffffffffffffffff')
    for (const value of [2 ** 53, -(2 ** 53), 1.5, Number.NaN]) {
      expect(() => new Writer().int64(value)).toThrow(EncodeError)
      expect(() => new Writer().varlong(value)).toThrow(EncodeError)
    }
  })

  it('writes varints as short as they go', () => {
    expect(written((w) => w.unsignedVarint(127))).toBe('7f')
    expect(written((w) => w.unsignedVarint(128))).toBe('8001')
    expect(written((w) => w.unsignedVarint(4_294_967_295))).toBe('ffffffff0f')
    expect(written((w) => w.varint(-1))).toBe('01')
    expect(written((w) => w.varint(-2_147_483_648))).toBe('ffffffff0f')
    expect(written((w) => w.varlong(-1))).toBe('01')
    expect(written((w) => w.varlong(64))).toBe('8001')
    expect(written((w) => w.varlong(Number.MAX_SAFE_INTEGER))).toBe('feffffffffffff1f')
    expect(written((w) => w.varlong(Number.MIN_SAFE_INTEGER))).toBe('fdffffffffffff1f')
    expect(written((w) => w.bigVarlong(-(2n ** 63n)))).toBe('ffffffffffffffffff01')
  })

  it('writes uuids of 22 characters and no other', () => {
    expect(written((w) => w.uuid('_____________________w'))).toBe('ff'.repeat(16))
    for (const text of ['', 'abc', 'A'.repeat(21), 'A'.repeat(24), '!'.repeat(22)]) {
      expect(() => new Writer().uuid(text)).toThrow(EncodeError)
    }
  })

  it('writes lengths in both forms, null as -1', () => {
    expect(written((w) => w.stringLength(-1, false))).toBe('ffff')
    expect(written((w) => w.stringLength(-1, true))).toBe('00')
    expect(written((w) => w.stringLength(200, true))).toBe('c901')
    expect(written((w) => w.length(-1, false))).toBe('ffffffff')
    expect(written((w) => w.length(0, true))).toBe('01')
  })

  it('refuses a string that an int16 cannot measure, which compact form can', () => {
    expect(() => new Writer().stringLength(32_768, false)).toThrow(EncodeError)
    expect(written((w) => w.stringLength(32_767, false))).toBe('7fff')
    expect(written((w) => w.stringLength(32_768, true))).toBe('818002')
  })
})

describe('the buffer', () => {
  const writes: [name: string, write: (writer: Writer) => void, hex: string][] = [
    ['boolean', (w) => w.boolean(true), '01'],
    ['int8', (w) => w.int8(1), '01'],
    ['int16', (w) => w.int16(258), '0102'],
    ['int32', (w) => w.int32(16_909_060), '01020304'],
    ['int64', (w) => w.int64(1), '0000000000000001'],
    ['unsignedVarint', (w) => w.unsignedVarint(300), 'ac02'],
    ['varlong', (w) => w.varlong(300), 'd804'],
    ['bigVarlong', (w) => w.bigVarlong(300n), 'd804'],
    ['uuid', (w) => w.uuid('_____________________w'), 'ff'.repeat(16)],
    ['text', (w) => w.text('abc', 3), '616263'],
    ['bytes', (w) => w.bytes(Buffer.from('abc')), '616263'],
  ]
  it.each(writes)('grows in the middle of a %s and loses nothing', (_, write, hex) => {
    for (let before = 0; before < 20; before++) {
      const start = '07'.repeat(before)
      const bytes = written((w) => {
        w.bytes(Buffer.alloc(before, 7))
        write(w)
        w.int8(9)
      }, 16)
      expect(bytes).toBe(`${start}${hex}09`)
    }
  })

  it('keeps large byte fields by reference and small ones by copy', () => {
    const large = Buffer.alloc(4096, 1)
    const small = Buffer.alloc(16, 2)
    const writer = new Writer()
    writer.int32(7)
    writer.bytes(large)
    writer.bytes(small)
    writer.int8(3)
    expect(writer.size).toBe(4 + 4096 + 16 + 1)
    const chunks = writer.finish()
    expect(chunks.map((chunk) => chunk.length)).toEqual([4, 4096, 17])
    expect(chunks[1]).toBe(large)
    small[0] = 9
    expect(chunks[2]?.[0]).toBe(2)
  })

  it('goes on after a reference, also when it grows then', () => {
    const large = Buffer.alloc(2000, 1)
    const writer = new Writer(16)
    writer.int8(1)
    writer.bytes(large)
    writer.bytes(Buffer.alloc(500, 5))
    writer.bytes(large)
    const bytes = writer.toBuffer()
    expect(bytes.length).toBe(1 + 2000 + 500 + 2000)
    expect(bytes.subarray(2001, 2501).every((byte) => byte === 5)).toBe(true)
  })

  it('patches an int32 of the first chunk, such as the size of a frame', () => {
    const writer = new Writer()
    writer.int32(0)
    writer.bytes(Buffer.alloc(2048))
    const size = writer.size
    const chunks = writer.finish()
    Writer.patchInt32(chunks, 0, size - 4)
    expect(Buffer.concat(chunks).readInt32BE(0)).toBe(2048)
    expect(() => Writer.patchInt32([], 0, 1)).toThrow(EncodeError)
  })

  it('is empty when nothing was written', () => {
    expect(new Writer().finish()).toEqual([])
    expect(new Writer().toBuffer().length).toBe(0)
  })
})
