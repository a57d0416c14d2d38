// Pieces are written by hand: they must be what the generated decoder reads, however they are
// joined.

import {
  allocateWithHeadroom,
  dataPiece,
  dataPieceInPlace,
  headroomBytes,
} from '@samsa/broker/peer/data-piece'
import { LeaderMessage } from '@samsa/proto/grpc/gen/replication'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const fields = fc.record({
  channel: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  highWatermark: offset,
  logStartOffset: offset,
})
const records = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))

describe('a piece of data', () => {
  it('is read as it was written, in parts or in place, alone or joined to others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, fc.array(records)), { minLength: 1 }), (pieces) => {
        const message = Buffer.concat(
          pieces.map(([each, parts], index) => {
            if (index % 2 === 0) return dataPiece(each, parts)
            const whole = Buffer.concat(parts)
            const memory = allocateWithHeadroom(whole.length)
            whole.copy(memory)
            return dataPieceInPlace(each, memory)
          }),
        )
        const read = LeaderMessage.decode(message).events
        expect(
          read.map(({ data }) => ({
            channel: data?.channel,
            highWatermark: data?.highWatermark,
            logStartOffset: data?.logStartOffset,
            records: data?.records.toString('hex'),
          })),
        ).toEqual(
          pieces.map(([each, parts]) => ({
            ...each,
            records: Buffer.concat(parts).toString('hex'),
          })),
        )
      }),
    )
  })

  it('stays within the room before its records, whatever the numbers', () => {
    const largest = Number.MAX_SAFE_INTEGER
    const memory = allocateWithHeadroom(4096)
    const piece = dataPieceInPlace(
      { channel: 2 ** 31 - 1, highWatermark: largest, logStartOffset: largest },
      memory,
    )
    expect(piece.length - memory.length).toBeLessThanOrEqual(headroomBytes)
    expect(piece.buffer).toBe(memory.buffer)
  })

  it('takes records that do not begin where their memory does', () => {
    const memory = allocateWithHeadroom(100)
    memory.fill(1, 0, 40)
    memory.fill(2, 40)
    const records = memory.subarray(40)
    const piece = dataPieceInPlace({ channel: 1, highWatermark: 2, logStartOffset: 0 }, records)
    const [event] = LeaderMessage.decode(piece).events
    expect(event?.data?.records).toEqual(Buffer.alloc(60, 2))
  })
})
