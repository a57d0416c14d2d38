// Metadata batches and snapshots come out of their bytes as they went in; other bytes are refused
// as what they are. The map from offsets to entries agrees with counting.

import { MetadataRecordError } from '@samsa/controller/errors'
import { decodeBatch, encodeBatch, encodedBytes } from '@samsa/controller/quorum/batch-format'
import { OffsetMap } from '@samsa/controller/quorum/offset-map'
import { readSnapshot, snapshotChunks } from '@samsa/controller/quorum/snapshot-format'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const record = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const records = fc.array(record, { maxLength: 20 })

async function* each(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks
}

/** Whatever is done with the bytes, it ends with what they were or with a MetadataRecordError. */
function expectRefusal(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(MetadataRecordError)
  }
}

describe('a metadata batch', () => {
  it('comes out of its bytes as it went in', () => {
    fc.assert(
      fc.property(records, (batch) => {
        const bytes = encodeBatch(batch)
        expect(bytes.length).toBe(encodedBytes(batch))
        expect(decodeBatch(bytes)).toEqual(batch)
      }),
    )
  })

  it('is refused when it was cut, has a tail, or is of a later format', () => {
    fc.assert(
      fc.property(records, fc.nat(), (batch, at) => {
        const bytes = encodeBatch(batch)
        expect(() => decodeBatch(bytes.subarray(0, at % bytes.length))).toThrow(MetadataRecordError)
        expect(() => decodeBatch(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(
          MetadataRecordError,
        )
        bytes.writeUInt8(2, 0)
        expect(() => decodeBatch(bytes)).toThrow(/newer version/)
      }),
    )
  })

  it('is refused or read, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => expectRefusal(() => decodeBatch(Buffer.from(bytes)))),
    )
  })
})

describe('a metadata snapshot', () => {
  it('comes out of its chunks as it went in, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.integer({ min: -1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 99 }),
        async (content, offset, epoch, size) => {
          const bytes = Buffer.concat([...snapshotChunks({ offset, epoch, records: content })])
          const chunks: Buffer[] = []
          for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
          const read = await readSnapshot(each(chunks))
          expect({ ...read, records: [...read.records] }).toEqual({
            offset,
            epoch,
            records: content,
          })
        },
      ),
    )
  })

  it('is written in chunks of a bounded size', () => {
    const large = Array.from({ length: 50 }, () => Buffer.alloc(10_000))
    const chunks = [...snapshotChunks({ offset: 49, epoch: 1, records: large })]
    expect(chunks.length).toBeGreaterThan(5)
    for (const chunk of chunks) expect(chunk.length).toBeLessThan(80_000)
  })

  it('is refused when it was cut or is of a later format', async () => {
    const whole = Buffer.concat([
      ...snapshotChunks({ offset: 1, epoch: 1, records: [Buffer.from('a'), Buffer.from('b')] }),
    ])
    for (const length of [0, 5, 12, 14, 15, 20, whole.length - 1]) {
      const read = async () => [...(await readSnapshot(each([whole.subarray(0, length)]))).records]
      await expect(read(), `${length} bytes`).rejects.toThrow(MetadataRecordError)
    }
    whole.writeUInt8(2, 0)
    await expect(readSnapshot(each([whole]))).rejects.toThrow(/newer version/)
  })
})

describe('the map from offsets to entries', () => {
  const entries = fc.array(
    fc.record({ gap: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 1, maxLength: 30 },
  )

  it('agrees with counting, also behind a snapshot', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (all, cut) => {
        const map = new OffsetMap()
        const counted: { index: number; offset: number }[] = [{ index: 0, offset: -1 }]
        for (const { gap, count } of all) {
          const { index, offset } = counted.at(-1) ?? { index: 0, offset: -1 }
          counted.push({ index: index + gap, offset: offset + count })
          map.applied(index + gap, count)
        }
        const from = cut % counted.length
        map.forget(counted[from]?.index ?? 0)
        expect(map.last).toEqual(counted.at(-1))
        for (const { index, offset } of counted.slice(from)) {
          expect(map.indexOf(offset)).toBe(index)
          expect(map.offsetAt(index)).toBe(offset)
        }
        const end = counted.at(-1) ?? { index: 0, offset: -1 }
        expect(map.offsetAt(end.index + 5)).toBe(end.offset)
        expect(map.indexOf(end.offset + 1)).toBeUndefined()
      }),
    )
  })

  it('knows nothing of what a snapshot has taken the place of', () => {
    const map = new OffsetMap()
    map.restart({ index: 10, offset: 99 })
    expect(map.indexOf(98)).toBeUndefined()
    expect(map.indexOf(99)).toBe(10)
    map.applied(12, 2)
    expect(map.indexOf(100)).toBe(12)
    expect(map.last).toEqual({ index: 12, offset: 101 })
  })
})
