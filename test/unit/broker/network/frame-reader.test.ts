// Frames cut from a byte stream without copies.

import { ChunkPool } from '@samsa/broker/network/chunk-pool'
import { FrameError, FrameReader } from '@samsa/broker/network/frame-reader'
import { describe, expect, it } from 'vitest'

function push(reader: FrameReader, bytes: Buffer): void {
  bytes.copy(reader.space())
  reader.filled(bytes.length)
}

function sized(size: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(size)
  return Buffer.concat([head, body])
}

describe('FrameReader', () => {
  it.each([-1, -2, -2147483648, 1001, 2147483647])('refuses a frame of %i bytes', (size) => {
    const reader = new FrameReader(new ChunkPool(), 1000, () => true)
    expect(() => push(reader, sized(size))).toThrow(FrameError)
  })

  it('allocates no more than the limit for a frame that is announced but not sent', () => {
    const pool = new ChunkPool()
    const reader = new FrameReader(pool, 100_000, () => true)
    push(reader, sized(100_000))
    reader.space()
    expect(pool.usedBytes).toBeLessThan(200_000)
  })

  it('keeps frames back once the listener says stop, and gives them on demand', () => {
    const seen: number[] = []
    let go = false
    const reader = new FrameReader(new ChunkPool(), 1000, (frame) => {
      seen.push(frame.length)
      return go
    })
    push(reader, Buffer.concat([sized(1, Buffer.alloc(1)), sized(2, Buffer.alloc(2)), sized(0)]))
    expect(seen).toEqual([1])
    expect(reader.deliver()).toBe(false)
    expect(seen).toEqual([1, 2])
    go = true
    expect(reader.deliver()).toBe(true)
    expect(seen).toEqual([1, 2, 0])
  })

  it('asks for larger reads while they fill up, and for small ones again when they do not', () => {
    const reader = new FrameReader(new ChunkPool(), 10_000_000, () => true)
    const small = reader.space().length
    const body = Buffer.alloc(4_000_000)
    const stream = sized(body.length, body)
    for (let position = 0; position < stream.length; ) {
      const count = Math.min(reader.space().length, stream.length - position)
      stream.copy(reader.space(), 0, position, position + count)
      reader.filled(count)
      position += count
    }
    const large = reader.space().length
    expect(large).toBeGreaterThan(small)
    for (let turn = 0; turn < 500; turn++) push(reader, sized(10, Buffer.alloc(10)))
    expect(reader.space().length).toBeLessThan(large)
  })
})
