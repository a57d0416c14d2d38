// The records of fetched batches: without those before the position that was asked for, control
// records, and records of aborted transactions where the reader wants committed ones only. Checks
// the checksum of every batch.

import {
  isControl,
  isTransactional,
  lastOffset,
  nextOffset,
  producerId,
} from '@samsa/proto/record/batch'
import { batchPositions, checkCrc } from '@samsa/proto/record/batches'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import { RecordError } from '@samsa/proto/record/record-error'
import { batchRecords } from '@samsa/proto/record/records'
import { CommandError } from '../errors.ts'
import type { ReadRecord } from '../format/record.ts'
import type { Chunk } from './fetcher.ts'
import { decompressedBytesMax } from './limits.ts'
import type { IsolationLevel } from './offsets.ts'

/** The offset after the last whole batch; undefined when there is none. */
export function endOfBatches(batches: Buffer): number | undefined {
  let end: number | undefined
  for (const position of batchPositions(batches)) end = nextOffset(batches, position)
  return end
}

export function* readRecords(chunk: Chunk, isolation: IsolationLevel): Generator<ReadRecord, void> {
  const { topic, partition, records: batches } = chunk
  const aborted = isolation === 'read_committed' ? new AbortedFilter(chunk) : undefined
  try {
    for (const position of batchPositions(batches)) {
      checkCrc(batches, position)
      if (aborted?.skips(batches, position) === true || isControl(batches, position)) continue
      for (const record of batchRecords(batches, position, decompressedBytesMax)) {
        if (record.offset >= chunk.offset) yield { topic, partition, ...record }
      }
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    const where = `partition ${topic}-${partition} from offset ${chunk.offset}`
    throw new CommandError(`${where}: ${error.kafkaError}: ${error.message}`, 1, { cause: error })
  }
}

/** Follows which producers' transactions, as the broker lists them, end in an abort. */
class AbortedFilter {
  readonly #pending: { readonly producerId: number; readonly firstOffset: number }[]
  readonly #producers = new Set<number>()

  constructor({ abortedTransactions }: Chunk) {
    this.#pending = abortedTransactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  skips(batches: Buffer, position: number): boolean {
    const last = lastOffset(batches, position)
    while (this.#pending[0] !== undefined && this.#pending[0].firstOffset <= last) {
      const opened = this.#pending.shift()
      if (opened !== undefined) this.#producers.add(opened.producerId)
    }
    const producer = producerId(batches, position)
    if (!this.#producers.has(producer) || !isTransactional(batches, position)) return false
    if (!isControl(batches, position)) return true
    const marker = decodeEndTransactionMarker(batches, position)
    if (marker?.type === 'abort') this.#producers.delete(producer)
    return true
  }
}
