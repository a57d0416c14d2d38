// What a reader of single records sees of transactions.

import { unpackedRecords } from '@samsa/broker/storage/batches-to-records'
import { encodeReadResponse } from '@samsa/broker/storage/response-encoding'
import { ReadResponse } from '@samsa/proto/grpc/gen/storage'
import { type BatchOptions, encodeBatch } from '@samsa/proto/record/batch-builder'
import { encodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { describe, expect, it } from 'vitest'

const batch = (baseOffset: number, value: string, options: BatchOptions = {}) =>
  encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: 5 }], {
    baseOffset,
    ...options,
  })

const transactional = (producerId: number): BatchOptions => {
  return { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }
}

const marker = (baseOffset: number, producerId: number, type: 'abort' | 'commit') =>
  encodeEndTransactionMarker(
    { type, coordinatorEpoch: 0 },
    { baseOffset, producerId, producerEpoch: 0, timestampMs: 5 },
  )

function valuesOf(
  batches: Buffer,
  aborted: readonly { producerId: number; firstOffset: number }[] | null,
): (string | undefined)[] {
  const options = { fromOffset: 0, endOffset: 1000, responseBytes: 1 << 20, aborted }
  return [...unpackedRecords(batches, options)].flatMap(({ content, nextOffset }) =>
    ReadResponse.decode(encodeReadResponse({ progress: { nextOffset }, content })).records.map(
      ({ value }) => value?.toString(),
    ),
  )
}

describe('unpacking', () => {
  const log = Buffer.concat([
    batch(0, 'plain'),
    batch(1, 'undone', transactional(7)),
    batch(2, 'done', transactional(8)),
    batch(3, 'undone too', transactional(7)),
    marker(4, 7, 'abort'),
    marker(5, 8, 'commit'),
    batch(6, 'again', transactional(7)),
    marker(7, 7, 'commit'),
  ])

  it('leaves out aborted transactions up to their marker, and all markers', () => {
    const aborted = [{ producerId: 7, firstOffset: 1 }]
    expect(valuesOf(log, aborted)).toEqual(['plain', 'done', 'again'])
  })

  it('gives records of aborted transactions to those who read uncommitted', () => {
    expect(valuesOf(log, null)).toEqual(['plain', 'undone', 'done', 'undone too', 'again'])
  })

  it('gives nothing where nothing may be seen', () => {
    expect(valuesOf(marker(0, 7, 'abort'), [])).toEqual([])
  })
})
