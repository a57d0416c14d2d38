// What a producer may send: every field of a batch forged in turn, and the error for it.

import * as batch from '@samsa/proto/record/batch'
import { encodeBatch, type RecordInput } from '@samsa/proto/record/batch-builder'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { RecordError } from '@samsa/proto/record/record-error'
import { type ProduceRules, validateProduced } from '@samsa/proto/record/validate'
import { describe, expect, it } from 'vitest'

const nowMs = 1_700_000_000_000
const records: RecordInput[] = [1, 2, 3].map((index) => ({
  key: Buffer.from(`key-${index}`),
  value: Buffer.from(`value-${index}`),
  timestampMs: nowMs + index,
}))

/** A sound batch, changed, and given the checksum of what it became. */
function changed(change: (bytes: Buffer) => void, bytes = encodeBatch(records)): Buffer {
  change(bytes)
  batch.updateCrc(bytes, 0)
  return bytes
}

function errorOf(bytes: Buffer, rules?: ProduceRules): string {
  try {
    validateProduced(bytes, rules)
  } catch (error) {
    if (error instanceof RecordError) return `${error.kafkaError}: ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('validateProduced', () => {
  it('accepts what the builder makes, in every compression', () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      expect(errorOf(encodeBatch(records, { compression }))).toBe('accepted')
      const inspected = encodeBatch(records, { compression })
      expect(errorOf(inspected, { inspectCompressed: true })).toBe('accepted')
    }
  })

  it('accepts a batch of an idempotent and of a transactional producer', () => {
    const producer = { producerId: 0, producerEpoch: 0, baseSequence: 0 }
    expect(errorOf(encodeBatch(records, producer))).toBe('accepted')
    expect(errorOf(encodeBatch(records, { ...producer, isTransactional: true }))).toBe('accepted')
  })

  it('leaves a sound batch as it is', () => {
    const bytes = encodeBatch(records)
    const before = bytes.toString('hex')
    validateProduced(bytes)
    expect(bytes.toString('hex')).toBe(before)
  })

  it('refuses a records field without a batch, with part of one, and with two', () => {
    const bytes = encodeBatch(records)
    expect(errorOf(Buffer.alloc(0))).toMatch(/^INVALID_RECORD: there is no record batch/)
    expect(errorOf(bytes.subarray(0, 60))).toMatch(/^CORRUPT_MESSAGE: 60 bytes/)
    expect(errorOf(bytes.subarray(0, -1))).toMatch(/^CORRUPT_MESSAGE: record batch claims/)
    expect(errorOf(Buffer.concat([bytes, bytes]))).toMatch(/^INVALID_RECORD: .* more than one/)
  })

  it('refuses other magics and lengths below a header', () => {
    const oldMagic = changed((bytes) => bytes.writeInt8(1, batch.batchField.magic))
    expect(errorOf(oldMagic)).toMatch(/^INVALID_RECORD: record batch has magic 1/)
    for (const length of [-(2 ** 31), -2, 0, 48]) {
      const bytes = encodeBatch(records)
      bytes.writeInt32BE(length, batch.batchField.batchLength)
      expect(errorOf(bytes)).toMatch(/^CORRUPT_MESSAGE: record batch has length/)
    }
    const longest = encodeBatch(records)
    longest.writeInt32BE(2 ** 31 - 1, batch.batchField.batchLength)
    expect(errorOf(longest)).toMatch(/^CORRUPT_MESSAGE: record batch claims 2147483659/)
  })

  it('refuses a batch in which any bit after the checksum differs', () => {
    const sound = encodeBatch(records)
    for (let position = batch.batchField.crc; position < sound.length; position++) {
      const bytes = Buffer.from(sound)
      bytes[position] = (bytes[position] ?? 0) ^ 0x10
      expect(errorOf(bytes)).toMatch(/^CORRUPT_MESSAGE: record batch has checksum/)
    }
  })

  it('does not mind a leader epoch, which is outside the checksum', () => {
    const bytes = encodeBatch(records)
    batch.setLeaderEpoch(bytes, 0, 77)
    expect(errorOf(bytes)).toBe('accepted')
  })

  it('refuses what only a broker may set', () => {
    const marker = encodeEndTransactionMarker(
      { type: 'commit', coordinatorEpoch: 0 },
      { producerId: 1, producerEpoch: 0, timestampMs: nowMs },
    )
    expect(errorOf(marker)).toMatch(/^INVALID_RECORD: a client must not write control/)
    const appendTime = encodeBatch(records, { logAppendTimeMs: nowMs })
    expect(errorOf(appendTime)).toMatch(/^INVALID_TIMESTAMP: a client must not set the timestamp/)
    const horizon = encodeBatch(records, { deleteHorizonMs: nowMs })
    expect(errorOf(horizon)).toMatch(/^INVALID_RECORD: a client must not set a delete horizon/)
    const offset = encodeBatch(records, { baseOffset: 7 })
    expect(errorOf(offset)).toMatch(/^INVALID_RECORD: record batch begins at offset 7/)
  })

  it('refuses compressions that Kafka does not define', () => {
    for (const id of [5, 6, 7]) {
      const bytes = changed((bytes) => bytes.writeInt16BE(id, batch.batchField.attributes))
      expect(errorOf(bytes)).toMatch(/^UNSUPPORTED_COMPRESSION_TYPE: /)
    }
  })

  it('refuses counts that do not fit the offsets or the records', () => {
    for (const count of [-(2 ** 31), -1, 0, 2, 4, 2 ** 31 - 1]) {
      const bytes = changed((bytes) => bytes.writeInt32BE(count, batch.batchField.recordCount))
      expect(errorOf(bytes)).toMatch(/^INVALID_RECORD: record batch claims/)
    }
    for (const count of [1, 2, 4, 2 ** 31 - 1]) {
      const bytes = changed((bytes) => {
        bytes.writeInt32BE(count, batch.batchField.recordCount)
        bytes.writeInt32BE(count - 1, batch.batchField.lastOffsetDelta)
      })
      expect(errorOf(bytes)).toBe(`INVALID_RECORD: the batch claims ${count}, holds 3`)
    }
  })

  it('refuses offsets within the batch that are not one after the other', () => {
    const gap = records.map((record, index) => ({ ...record, offset: index * 2 }))
    const bytes = encodeBatch(gap, { lastOffset: 2 })
    expect(errorOf(bytes)).toBe('INVALID_RECORD: record 1 of the batch has offset 2')
  })

  it('refuses producers without a whole state', () => {
    expect(errorOf(encodeBatch(records, { isTransactional: true }))).toMatch(/^INVALID_RECORD/)
    expect(errorOf(encodeBatch(records, { producerId: 5 }))).toMatch(/^INVALID_RECORD/)
    const noSequence = encodeBatch(records, { producerId: 5, producerEpoch: 0 })
    expect(errorOf(noSequence)).toMatch(/^INVALID_RECORD: .* no producer epoch or sequence/)
    const hugeId = changed((bytes) => bytes.writeInt32BE(2 ** 31 - 1, batch.batchField.producerId))
    expect(errorOf(hugeId)).toMatch(/^INVALID_RECORD: the producer id is out of range/)
  })

  it('refuses records that do not fill their length or the batch', () => {
    const first = batch.batchHeaderBytes
    const size = encodeBatch(records).readInt8(first)
    for (const length of [size - 2, size + 2, -2, 0, 126]) {
      const bytes = changed((bytes) => bytes.writeInt8(length, first))
      expect(errorOf(bytes)).toMatch(/^INVALID_RECORD: record \d of the batch/)
    }
  })

  it('refuses records without keys in a compacted topic, compressed or not', () => {
    const keyless = [...records, { key: null, value: null, timestampMs: nowMs }]
    for (const compression of ['none', 'lz4'] as const) {
      const bytes = encodeBatch(keyless, { compression })
      expect(errorOf(bytes)).toBe('accepted')
      expect(errorOf(bytes, { keysRequired: true })).toMatch(/^INVALID_RECORD: record 3 has no key/)
    }
    expect(errorOf(encodeBatch(records), { keysRequired: true })).toBe('accepted')
  })

  it('refuses timestamps outside the bounds of the topic', () => {
    const min = { timestampMsMin: nowMs + 2 }
    const max = { timestampMsMax: nowMs + 2 }
    for (const compression of ['none', 'zstd'] as const) {
      expect(errorOf(encodeBatch(records, { compression }), min)).toMatch(/^INVALID_TIMESTAMP/)
      expect(errorOf(encodeBatch(records, { compression }), max)).toMatch(/^INVALID_TIMESTAMP/)
    }
    const within = { timestampMsMin: nowMs + 1, timestampMsMax: nowMs + 3 }
    expect(errorOf(encodeBatch(records), within)).toBe('accepted')
    const untimed = encodeBatch([{ key: null, value: null }])
    expect(errorOf(untimed, within)).toBe('accepted')
  })

  it('refuses timestamps that a number cannot hold', () => {
    for (const field of [batch.batchField.baseTimestamp, batch.batchField.maxTimestamp]) {
      for (const compression of ['none', 'gzip'] as const) {
        const bytes = changed(
          (bytes) => bytes.writeInt32BE(2 ** 31 - 1, field),
          encodeBatch(records, { compression }),
        )
        const expected = field === batch.batchField.maxTimestamp && compression === 'none'
        // Uncompressed, a wrong maximum is set right below.
        expect(errorOf(bytes)).toMatch(expected ? /^accepted/ : /^INVALID_TIMESTAMP/)
      }
    }
  })

  it('sets a maximum timestamp right that the records contradict', () => {
    const bytes = changed((bytes) => batch.writeInt64(bytes, 5, batch.batchField.maxTimestamp))
    validateProduced(bytes)
    expect(bytes.toString('hex')).toBe(encodeBatch(records).toString('hex'))
  })

  it('finds damage inside a compressed batch only where it is told to look', () => {
    const bytes = changed(
      (bytes) => bytes.fill(0xff, batch.batchHeaderBytes),
      encodeBatch(records, { compression: 'gzip' }),
    )
    expect(errorOf(bytes)).toBe('accepted')
    expect(errorOf(bytes, { inspectCompressed: true })).toMatch(/^CORRUPT_MESSAGE: cannot decompr/)
  })
})
