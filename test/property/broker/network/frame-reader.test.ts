// Frames come out as they went in, however the network cuts the stream, and no chunk is leaked.

import { ChunkPool } from '@samsa/broker/network/chunk-pool'
import { FrameReader } from '@samsa/broker/network/frame-reader'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const frameBytesMax = 3_000_000

function framed(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, body]
    }),
  )
}

/** Feeds `stream` as a socket would: never more at once than the reader gives room for. */
function feed(reader: FrameReader, stream: Buffer, cuts: readonly number[]): void {
  let position = 0
  let turn = 0
  while (position < stream.length) {
    const space = reader.space()
    expect(space.length).toBeGreaterThan(0)
    const cut = Math.max(1, cuts[turn++ % cuts.length] ?? 1)
    const count = Math.min(cut, space.length, stream.length - position)
    stream.copy(space, 0, position, position + count)
    position += count
    reader.filled(count)
  }
}

const bodies = fc.array(
  fc
    .record({ size: fc.oneof(fc.nat(40), fc.nat(9_000), fc.nat(1_500_000)), fill: fc.nat(255) })
    .map(({ size, fill }) => Buffer.alloc(size, fill)),
  { minLength: 1, maxLength: 8 },
)
const cuts = fc.array(fc.oneof(fc.nat(10), fc.nat(5_000), fc.nat(2_000_000)), { minLength: 1 })

describe('FrameReader', () => {
  it('delivers the frames that were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(bodies, cuts, (sent, cut) => {
        const pool = new ChunkPool()
        const received: Buffer[] = []
        const reader = new FrameReader(pool, frameBytesMax, (frame) => {
          received.push(Buffer.from(frame))
          return true
        })
        const stream = framed(sent)
        // Bytes one by one are slow in large streams and prove nothing that small ones do not.
        feed(reader, stream, stream.length > 100_000 ? cut.map((size) => size + 4_000) : cut)
        reader.close()
        expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true)
        expect(received.map(({ length }) => length)).toEqual(sent.map(({ length }) => length))
        expect(pool.usedBytes).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps retained frames intact while later ones arrive', () => {
    fc.assert(
      fc.property(bodies, cuts, (sent, cut) => {
        const pool = new ChunkPool()
        const kept: { frame: Buffer; release: () => void }[] = []
        const reader = new FrameReader(pool, frameBytesMax, (frame, chunk) => {
          chunk.retain()
          kept.push({ frame, release: () => chunk.release() })
          return true
        })
        feed(
          reader,
          framed(sent),
          cut.map((size) => size + 4_000),
        )
        expect(kept.every(({ frame }, index) => frame.equals(sent[index] as Buffer))).toBe(true)
        for (const { release } of kept) release()
        reader.close()
        expect(pool.usedBytes).toBe(0)
      }),
      { numRuns: 40 },
    )
  })
})
