// Produce and Fetch carry most bytes, so their records must never be copied by the codec; and no
// message may take much more memory than it has bytes.

import { fetchResponse } from '@samsa/proto/kafka/fetch'
import { metadataRequest } from '@samsa/proto/kafka/metadata'
import { produceRequest } from '@samsa/proto/kafka/produce'
import { DecodeError } from '@samsa/proto/wire/errors'
import { Reader } from '@samsa/proto/wire/reader'
import { Writer } from '@samsa/proto/wire/writer'
import { describe, expect, it } from 'vitest'

const indexes = [0, 1, 2, 3, 4, 5]

describe('records', () => {
  it('of a produce request are views of the buffer that was received', () => {
    const sent = Buffer.alloc(4096, 7)
    const writer = new Writer()
    const partitionData = indexes.map((index) => ({ index, records: sent }))
    produceRequest.encode(
      writer,
      { acks: -1, timeoutMs: 1500, topicData: [{ name: 't', partitionData }] },
      9,
    )
    const received = writer.toBuffer()
    const decoded = produceRequest.decode(new Reader(received), 9)
    for (const { records } of decoded.topicData[0]?.partitionData ?? []) {
      expect(records?.buffer).toBe(received.buffer)
      expect(records?.length).toBe(4096)
    }
    expect(decoded.topicData[0]?.partitionData).toHaveLength(6)
  })

  it('of a fetch response leave as the buffers that were read', () => {
    const batches = indexes.map((index) => Buffer.alloc(16_384, index))
    const writer = new Writer()
    const partitions = batches.map((records, partitionIndex) => ({
      partitionIndex,
      errorCode: 0,
      highWatermark: 10,
      abortedTransactions: null,
      records,
    }))
    fetchResponse.encode(writer, { responses: [{ topic: 't', partitions }] }, 12)
    const chunks = writer.finish()
    for (const batch of batches) expect(chunks).toContain(batch)
    expect(chunks).toHaveLength(batches.length * 2 + 1)
  })
})

describe('memory', () => {
  it('is not taken for elements that a message only claims to have', () => {
    const claim = Buffer.alloc(64)
    claim.writeUInt32BE(0x7fff_ffff, 0)
    expect(() => metadataRequest.decode(new Reader(claim), 1)).toThrow(DecodeError)
    expect(() => produceRequest.decode(new Reader(claim), 3)).toThrow(DecodeError)
  })

  it('stays within reach for the most elements that a message may have', () => {
    // Two million topics with empty names, two bytes each: the budget ends it at a million.
    const request = Buffer.alloc(4 + 2 * 2_000_000)
    request.writeInt32BE(2_000_000, 0)
    expect(() => metadataRequest.decode(new Reader(request), 1)).toThrow('more elements')
    request.writeInt32BE(1_000_000, 0)
    expect(metadataRequest.decode(new Reader(request), 1).topics).toHaveLength(1_000_000)
  })
})
