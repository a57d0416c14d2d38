// Each codec: round trips, damage, several frames, and bombs that must end at the limit.

import { randomBytes } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import {
  compress,
  compressionIds,
  compressionType,
  decompress,
} from '@samsa/proto/record/compression/codecs'
import { RecordError } from '@samsa/proto/record/record-error'
import { compressFrameSync } from 'lz4-napi'
import { compressSync as snappyRaw } from 'snappy'
import { describe, expect, it } from 'vitest'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const mebibyte = 1024 * 1024

const zeros = Buffer.alloc(8 * mebibyte)

describe('compression', () => {
  it('knows the ids and names of Kafka', () => {
    expect([0, 1, 2, 3, 4].map(compressionType)).toEqual(['none', ...codecs])
    expect(compressionType(5)).toBeUndefined()
  })

  it('passes what is not compressed', () => {
    expect(decompress(0, zeros, 1)).toBe(zeros)
    expect(compress('none', zeros)).toBe(zeros)
  })

  for (const type of codecs) {
    const id = compressionIds[type]

    it(`returns what was compressed with ${type}: nothing, text, noise, and several blocks`, () => {
      const contents = [
        Buffer.alloc(0),
        Buffer.from('a'),
        Buffer.from('text '.repeat(30_000)),
        randomBytes(200_000),
        zeros,
      ]
      for (const content of contents) {
        const compressed = compress(type, content)
        expect(decompress(id, compressed, Math.max(content.length, 1)).equals(content)).toBe(true)
      }
    })

    it(`ends a bomb of ${type} at the limit, and allows exactly the limit`, () => {
      const bomb = compress(type, zeros)
      expect(() => decompress(id, bomb, zeros.length - 1)).toThrow(RecordError)
      expect(() => decompress(id, bomb, 1)).toThrow(/cannot decompress as/)
      expect(decompress(id, bomb, zeros.length)).toHaveLength(zeros.length)
    })

    it(`refuses ${type} that is cut anywhere`, () => {
      const compressed = compress(type, Buffer.from('some text, and some more text'.repeat(5)))
      for (let end = 0; end < compressed.length; end++) {
        const cut = compressed.subarray(0, end)
        // A stream of snappy has no end mark: cut after its header it holds nothing.
        if (type === 'snappy' && end === 16) expect(decompress(id, cut, mebibyte)).toHaveLength(0)
        else expect(() => decompress(id, cut, mebibyte), `cut at ${end}`).toThrow(RecordError)
      }
    })

    it(`refuses bytes that are not ${type}`, () => {
      expect(() => decompress(id, Buffer.from('not compressed at all'), 100)).toThrow(RecordError)
    })
  }
})

describe('snappy', () => {
  const { snappy: id } = compressionIds

  it('reads a raw block', () => {
    expect(decompress(id, snappyRaw('raw block'), 100).toString()).toBe('raw block')
  })

  it('reads streams that were joined', () => {
    const joined = Buffer.concat([compress('snappy', zeros), compress('snappy', Buffer.from('x'))])
    expect(decompress(id, joined, 2 * zeros.length)).toHaveLength(zeros.length + 1)
  })

  it('refuses a block that claims more than its bytes can stand for', () => {
    const lie = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x03]), Buffer.alloc(1024)])
    expect(() => decompress(id, lie, 2 ** 31)).toThrow(/1073741823 bytes cannot be inside/)
  })

  it('refuses a stream whose blocks have impossible sizes', () => {
    const stream = compress('snappy', Buffer.from('text'))
    for (const size of [-2, 0, 2 ** 31 - 1]) {
      stream.writeInt32BE(size, 16)
      expect(() => decompress(id, stream, 100)).toThrow(/a block of/)
    }
  })
})

describe('lz4', () => {
  const { lz4: id } = compressionIds
  const text = Buffer.from('some text '.repeat(20_000))

  it('reads frames with checksums of blocks and content', () => {
    const frame = compressFrameSync(text, { blockChecksums: true, contentChecksum: true })
    expect(decompress(id, frame, text.length).equals(text)).toBe(true)
    frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 1
    expect(() => decompress(id, frame, text.length)).toThrow(RecordError)
  })

  it('counts the sequences where the block sizes alone would refuse a frame', () => {
    // 60 blocks of a few bytes of noise each: 255 times their size is far above what they hold.
    const noise = Buffer.concat(
      Array.from({ length: 60 }, () => Buffer.concat([randomBytes(600), Buffer.alloc(65_000)])),
    )
    const frame = compress('lz4', noise)
    expect(decompress(id, frame, noise.length).equals(noise)).toBe(true)
    expect(() => decompress(id, frame, noise.length - 1)).toThrow(/inside/)
  })

  it('refuses a declared content size that the blocks cannot hold', () => {
    // A frame with a content size of 2^63 - 1 and one block of five bytes.
    const hex = '04224d186840ffffffffffffff7f0005000000010203040500000000'
    const forged = Buffer.from(hex, 'hex')
    expect(() => decompress(id, forged, mebibyte)).toThrow(/9223372036854776000 bytes cannot be/)
  })

  it('refuses versions, dictionaries and block sizes that it does not know', () => {
    const frame = compress('lz4', text)
    const forge = (position: number, byte: number) => {
      const bytes = Buffer.from(frame)
      bytes[position] = byte
      return () => decompress(id, bytes, text.length)
    }
    expect(forge(0, 0)).toThrow(/not an LZ4 frame/)
    expect(forge(4, 0x20)).toThrow(/frame version 0/)
    expect(forge(4, 0x61)).toThrow(/dictionary/)
    expect(forge(5, 0x30)).toThrow(/block size code 3/)
  })

  it('ignores bytes after the frame, as Java does', () => {
    const frame = Buffer.concat([compress('lz4', text), Buffer.from('after')])
    expect(decompress(id, frame, text.length).equals(text)).toBe(true)
  })
})

describe('gzip and zstd', () => {
  it('read some frames of zstd behind each other, and refuse thousands at once', () => {
    const frame = zstdCompressSync(Buffer.from('x'))
    const frames = (count: number) => Buffer.concat(Array.from({ length: count }, () => frame))
    expect(decompress(4, frames(100), mebibyte).toString()).toBe('x'.repeat(100))
    const startedUs = process.threadCpuUsage().user
    expect(() => decompress(4, frames(50_000), mebibyte)).toThrow(/more than 100 frames/)
    expect(process.threadCpuUsage().user - startedUs).toBeLessThan(1_000_000)
  })

  it('read several members or frames in a row, within one limit', () => {
    const [first, second] = [Buffer.alloc(50_000, 'a'), Buffer.alloc(50_000, 'b')]
    const both = Buffer.concat([first, second])
    const gzip = Buffer.concat([gzipSync(first), gzipSync(second)])
    const zstd = Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)])
    for (const [id, bytes] of [
      [compressionIds.gzip, gzip],
      [compressionIds.zstd, zstd],
    ] as const) {
      expect(decompress(id, bytes, both.length).equals(both)).toBe(true)
      expect(() => decompress(id, bytes, both.length - 1)).toThrow(RecordError)
    }
  })

  it('take a level', () => {
    const text = Buffer.from('level '.repeat(10_000) + randomBytes(10_000).toString('hex'))
    const sizes = [1, 9].map((level) => compress('gzip', text, level).length)
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
    const strongest = compress('zstd', text, 22)
    expect(decompress(compressionIds.zstd, strongest, text.length).equals(text)).toBe(true)
    expect(strongest.length).toBeLessThan(compress('zstd', text, -5).length)
    expect(constants.ZSTD_c_compressionLevel).toBeGreaterThan(0)
  })
})
