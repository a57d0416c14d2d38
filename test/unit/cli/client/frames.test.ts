// Frames cut from a stream, however its chunks fall.

import { FrameReader } from '@samsa/cli/client/frames'
import { describe, expect, it } from 'vitest'

const frame = (content: string) => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(content.length)
  return Buffer.concat([size, Buffer.from(content)])
}

describe('FrameReader', () => {
  it.each([1, 2, 3, 5, 7, 64])('finds the frames in chunks of %d bytes', (chunkBytes) => {
    const contents = ['first', 'the second one', 'last']
    const stream = Buffer.concat(contents.map(frame))
    const found: string[] = []
    const reader = new FrameReader((bytes) => found.push(bytes.toString()))
    for (let at = 0; at < stream.length; at += chunkBytes) {
      reader.push(stream.subarray(at, at + chunkBytes))
    }
    expect(found).toEqual(contents)
  })

  it('refuses what cannot be a frame before it allocates for it', () => {
    const reader = new FrameReader(() => undefined)
    expect(() => reader.push(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow('Kafka protocol')
  })

  it('refuses a frame too small for a correlation id', () => {
    const reader = new FrameReader(() => undefined)
    expect(() => reader.push(Buffer.from([0, 0, 0, 1, 9]))).toThrow('Kafka protocol')
  })
})
