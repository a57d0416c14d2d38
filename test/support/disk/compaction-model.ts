// A random history of a compacted log, and what a reader of it must find however often it was
// cleaned. Keys, tombstones, codecs, idempotent producers, transactions that commit and abort.

import type { PartitionLog } from '@samsa/broker/log/partition-log'
import { isTransactional, lastOffset, producerId } from '@samsa/proto/record/batch'
import type { CompressionType } from '@samsa/proto/record/compression/codecs'
import { decodeEndTransactionMarker } from '@samsa/proto/record/control-batch'
import {
  batchesOf,
  endTransaction,
  type FoundRecord,
  type KeyValue,
  keyed,
} from './compacted-log.ts'
import { appendAll } from './log-fixture.ts'

export interface ModelStep {
  readonly records: readonly KeyValue[]
  readonly compression: CompressionType
  /** 0: no producer id; 1 and 2 idempotent; 3 and 4 transactional. */
  readonly producer: number
  /** What ends an open transaction before the step. */
  readonly end: 'commit' | 'abort' | 'none'
  readonly timestampMs: number
}

interface WrittenRecord extends FoundRecord {
  readonly producer: number
  isAborted: boolean
}

export class CompactionModel {
  readonly written: WrittenRecord[] = []
  readonly #sequences = new Map<number, number>()
  /** Records of open transactions. */
  readonly #open = new Map<number, WrittenRecord[]>()

  async apply(log: PartitionLog, step: ModelStep): Promise<void> {
    if (step.end !== 'none') {
      for (const producer of this.#open.keys()) await this.#end(log, producer, step.end)
    }
    const { records, compression, producer, timestampMs } = step
    const sequence = this.#sequences.get(producer) ?? 0
    const batch = keyed(records, {
      compression,
      timestampMs,
      ...(producer === 0
        ? {}
        : {
            producerId: producer,
            producerEpoch: 0,
            baseSequence: sequence,
            isTransactional: producer > 2,
          }),
    })
    this.#sequences.set(producer, sequence + records.length)
    const first = log.logEndOffset
    await appendAll(log, [batch])
    records.forEach(([key, value], index) => {
      const isAborted = false
      const record = { offset: first + index, key, value, timestampMs, producer, isAborted }
      this.written.push(record)
      if (producer > 2) this.#open.set(producer, [...(this.#open.get(producer) ?? []), record])
    })
  }

  async #end(log: PartitionLog, producer: number, type: 'commit' | 'abort'): Promise<void> {
    await endTransaction(log, { type, producerId: producer })
    for (const record of this.#open.get(producer) ?? []) record.isAborted = type === 'abort'
    this.#open.delete(producer)
  }

  async endAll(log: PartitionLog): Promise<void> {
    for (const producer of this.#open.keys()) await this.#end(log, producer, 'abort')
  }

  /** What is wrong with what a reader finds; empty where nothing is. */
  async faults(log: PartitionLog): Promise<string[]> {
    const faults: string[] = []
    const known = new Map(this.written.map((record) => [record.offset, record]))
    const visible = await committedRecords(log)
    let before = -1
    for (const { offset, key, value, timestampMs } of visible) {
      const record = known.get(offset)
      if (offset <= before) faults.push(`offset ${offset} comes after ${before}`)
      before = offset
      const isSame =
        record?.key === key && record.value === value && record.timestampMs === timestampMs
      if (!isSame && key !== 'filler') faults.push(`offset ${offset} is ${key}=${value}`)
      if (record?.isAborted === true) faults.push(`offset ${offset} was aborted`)
    }
    const [expected, found] = [stateOf(this.written.filter((r) => !r.isAborted)), stateOf(visible)]
    for (const [key, text] of expected) {
      if (found.get(key) !== text) faults.push(`${key} is ${found.get(key)}, not ${text}`)
    }
    for (const key of found.keys()) {
      if (!expected.has(key) && key !== 'filler') faults.push(`${key} is there again`)
    }
    return faults
  }
}

/** The last value of each key that has one, with its offset. */
function stateOf(records: readonly FoundRecord[]): Map<string, string> {
  const state = new Map<string, string>()
  for (const { key, value, offset } of records) {
    if (value === null) state.delete(key)
    else state.set(key, `${offset}: ${value}`)
  }
  return state
}

/** As a consumer with read_committed takes them, told of aborted transactions by the log. */
async function committedRecords(log: PartitionLog): Promise<FoundRecord[]> {
  const { abortedTransactions } = await log.read({
    offset: log.logStartOffset,
    maxBytes: 1 << 24,
    minOneBatch: true,
    upTo: log.logEndOffset,
    abortedTransactions: true,
  })
  const told = [...(abortedTransactions ?? [])]
  const aborting = new Set<number>()
  const records: FoundRecord[] = []
  for (const { bytes, isControl, records: found } of await allBatches(log, told)) {
    const producer = producerId(bytes, 0)
    while (told[0] !== undefined && told[0].firstOffset <= lastOffset(bytes, 0)) {
      aborting.add(told.shift()?.producerId ?? -1)
    }
    if (isControl) {
      if (decodeEndTransactionMarker(bytes)?.type === 'abort') aborting.delete(producer)
      continue
    }
    if (!(isTransactional(bytes, 0) && aborting.has(producer))) records.push(...found)
  }
  return records
}

/** Reads segment by segment, since each read tells of the aborts of its own range. */
async function allBatches(log: PartitionLog, told: { producerId: number; firstOffset: number }[]) {
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    const read = await log.read({
      offset,
      maxBytes: 1 << 24,
      minOneBatch: true,
      upTo: log.logEndOffset,
      abortedTransactions: true,
    })
    for (const txn of read.abortedTransactions ?? []) {
      const isNew = !told.some(
        (known) => known.producerId === txn.producerId && known.firstOffset === txn.firstOffset,
      )
      if (isNew) told.push(txn)
    }
    offset = read.nextOffset
  }
  told.sort((a, b) => a.firstOffset - b.firstOffset)
  return batchesOf(log)
}
