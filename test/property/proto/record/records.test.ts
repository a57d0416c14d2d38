// Records and batches: what was built is read back, and no bytes whatever make the readers throw
// anything but RecordError. Seeds are printed by fast-check when a property fails.

import * as batch from '@samsa/proto/record/batch'
import { encodeBatch, type RecordInput } from '@samsa/proto/record/batch-builder'
import { batchPositions, checkCrc } from '@samsa/proto/record/batches'
import { compress, compressionIds, decompress } from '@samsa/proto/record/compression/codecs'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { RecordCursor } from '@samsa/proto/record/record-cursor'
import { RecordError } from '@samsa/proto/record/record-error'
import { decodeRecords } from '@samsa/proto/record/records'
import { validateProduced } from '@samsa/proto/record/validate'
import { varintSize, varlongSize, writeVarint, writeVarlong } from '@samsa/proto/record/varint'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const outputBytesMax = 1024 * 1024
const types = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))
const part = fc.option(bytes(300), { nil: null })
const record: fc.Arbitrary<Required<Omit<RecordInput, 'offset'>>> = fc.record({
  key: part,
  value: part,
  timestampMs: fc.oneof(fc.nat(), fc.integer({ min: -1, max: 2 ** 51 })),
  headers: fc.array(
    fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 20 }), value: part }),
    { maxLength: 3 },
  ),
})
const records = fc.array(record, { minLength: 1, maxLength: 30 })
const compression = fc.constantFrom(...types)

/** Runs a reader over hostile bytes: it may return, or throw RecordError. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
  }
}

function readEverything(bytes: Buffer): void {
  survives(() => Array.from(decodeRecords(bytes, outputBytesMax)))
  survives(() => validateProduced(Buffer.from(bytes), { decompressedBytesMax: outputBytesMax }))
  survives(() => {
    for (const position of batchPositions(bytes)) decodeEndTransactionMarker(bytes, position)
  })
}

describe('batches', () => {
  it('are read back as they were built', () => {
    fc.assert(
      fc.property(records, compression, fc.nat(), (records, compression, baseOffset) => {
        const built = encodeBatch(records, { compression, baseOffset })
        checkCrc(built, 0)
        const expected = records.map((each, index) => ({ ...each, offset: baseOffset + index }))
        expect(Array.from(decodeRecords(built))).toEqual(expected)
      }),
    )
  })

  it('pass validation as they were built, and are not changed by it', () => {
    fc.assert(
      fc.property(records, compression, (records, compression) => {
        const built = encodeBatch(records, { compression })
        const validated = Buffer.from(built)
        validateProduced(validated, { inspectCompressed: true })
        expect(validated.equals(built)).toBe(true)
      }),
    )
  })

  it('follow each other in one field', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 5 }), (fields) => {
        const all = Buffer.concat(fields.map((each) => encodeBatch(each)))
        const counts = Array.from(batchPositions(all), (at) => batch.recordCount(all, at))
        expect(counts).toEqual(fields.map((each) => each.length))
      }),
    )
  })
})

describe('hostile bytes', () => {
  it('that are random make readers throw nothing but RecordError', () => {
    fc.assert(fc.property(bytes(500), readEverything))
    fc.assert(
      fc.property(bytes(300), (payload) => {
        survives(() => {
          const cursor = new RecordCursor(payload)
          while (cursor.next()) cursor.headers()
        })
      }),
      { numRuns: 1000 },
    )
  })

  it('that are a batch cut anywhere never yield a record of the cut batch', () => {
    fc.assert(
      fc.property(records, compression, fc.nat(), (records, compression, at) => {
        const built = encodeBatch(records, { compression })
        const cut = built.subarray(0, at % built.length)
        expect(Array.from(decodeRecords(cut))).toEqual([])
        readEverything(cut)
      }),
    )
  })

  it('that are a batch with a forged field and a true checksum are refused or read', () => {
    const extremes = [-(2 ** 31), -2, -1, 0, 1, 255, 65_536, 2 ** 31 - 1]
    const field = fc.constantFrom(...Object.values(batch.batchField))
    fc.assert(
      fc.property(
        records,
        compression,
        field,
        fc.oneof(fc.constantFrom(...extremes), fc.integer()),
        (records, compression, field, value) => {
          const forged = encodeBatch(records, { compression })
          const truth = batch.batchSize(forged, 0)
          forged.writeInt32BE(value, field)
          if (batch.batchSize(forged, 0) === truth) batch.updateCrc(forged, 0)
          readEverything(forged)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that are a batch with other bytes in its records and a true checksum do so too', () => {
    fc.assert(
      fc.property(records, compression, fc.nat(), bytes(8), (records, compression, at, patch) => {
        const forged = encodeBatch(records, { compression })
        const content = forged.length - batch.batchHeaderBytes
        patch.copy(forged, batch.batchHeaderBytes + (at % content))
        batch.updateCrc(forged, 0)
        readEverything(forged)
      }),
      { numRuns: 500 },
    )
  })

  it('never decompress to more than the limit', () => {
    const content = fc.array(fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 3000 })), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(content, compression, fc.integer({ min: 1, max: 60_000 }), (runs, type, max) => {
        const plain = Buffer.concat(runs.map(([byte, length]) => Buffer.alloc(length, byte)))
        if (type === 'none') return
        const compressed = compress(type, plain)
        const read = () => decompress(compressionIds[type], compressed, max)
        if (plain.length > max) expect(read).toThrow(RecordError)
        else expect(read().equals(plain)).toBe(true)
      }),
    )
  })
})

describe('varints', () => {
  const buffer = Buffer.alloc(16)

  it('take the size that was reckoned and are read back by the cursor', () => {
    const timestampDelta = fc.oneof(
      fc.integer(),
      fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }),
    )
    fc.assert(
      fc.property(timestampDelta, fc.integer(), (timestampDelta, offsetDelta) => {
        const body = Buffer.alloc(40)
        let at = writeVarlong(body, timestampDelta, 1)
        expect(at - 1).toBe(varlongSize(timestampDelta))
        const start = at
        at = writeVarint(body, offsetDelta, at)
        expect(at - start).toBe(varintSize(offsetDelta))
        at = writeVarint(body, -1, at)
        at = writeVarint(body, -1, at)
        at = writeVarint(body, 0, at)
        const size = writeVarint(buffer, at, 0)
        const cursor = new RecordCursor(
          Buffer.concat([buffer.subarray(0, size), body.subarray(0, at)]),
        )
        expect(cursor.next()).toBe(true)
        expect(cursor.timestampDelta).toBe(timestampDelta)
        expect(cursor.offsetDelta).toBe(offsetDelta)
        expect(cursor.next()).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })
})
