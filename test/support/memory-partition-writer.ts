// The partitions of a coordinator's topic, in memory. Appends end at once, or when the test lets
// them, or fail; what was appended is there to be read.

import type {
  AppendedAs,
  BatchKind,
  KeyValueRecord,
  MarkerBatch,
  PartitionWriter,
  RecordVisitor,
} from '../../broker/coordinator/partition-writer.ts'

interface Stored extends KeyValueRecord {
  readonly transactionOf: number | null
}

export interface MemoryAppend {
  readonly partition: number
  readonly records: readonly KeyValueRecord[]
  readonly timestampMs: number
  readonly kind?: BatchKind | undefined
  readonly leaderEpoch?: number | undefined
  /** Lets a held append end. */
  finish(error?: Error): void
  /** It is in the log, and its writer is not told so. */
  land(error: Error): void
}

export class MemoryPartitionWriter implements PartitionWriter {
  /** Every append, in order. */
  readonly appends: MemoryAppend[] = []
  readonly #logs = new Map<number, (Stored | MarkerBatch)[]>()
  /** Whether appends wait for finish(). */
  hold = false
  /** What the next reads fail with. */
  readFailures: Error[] = []
  /** Set: reads wait for it. */
  reading: Promise<void> | undefined

  /** The records that are there, markers left out. */
  log(partition: number): KeyValueRecord[] {
    return this.#logOf(partition).filter((entry) => 'key' in entry)
  }

  #logOf(partition: number): (Stored | MarkerBatch)[] {
    let log = this.#logs.get(partition)
    if (log === undefined) {
      log = []
      this.#logs.set(partition, log)
    }
    return log
  }

  append(
    partition: number,
    records: readonly KeyValueRecord[],
    { timestampMs, kind, leaderEpoch }: AppendedAs,
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const log = this.#logOf(partition)
    const store = () =>
      kind?.type === 'marker' ? log.push(kind) : log.push(...entries(records, kind))
    const finish = (error?: Error) => {
      if (error !== undefined) reject(error)
      else resolve(store())
    }
    const land = (error: Error) => {
      store()
      reject(error)
    }
    this.appends.push({ partition, records, timestampMs, kind, leaderEpoch, finish, land })
    if (!this.hold) finish()
    return promise
  }

  async readAll(partition: number, visitor: RecordVisitor, signal: AbortSignal): Promise<void> {
    await this.reading
    const failure = this.readFailures.shift()
    if (failure !== undefined) throw failure
    this.#logOf(partition).forEach((entry, offset) => {
      signal.throwIfAborted()
      if ('type' in entry) visitor.onMarker?.(entry.producerId, entry.isCommit)
      else visitor.onRecord(entry, { offset, timestampMs: 0, transactionOf: entry.transactionOf })
    })
  }
}

function entries(records: readonly KeyValueRecord[], kind: BatchKind | undefined): Stored[] {
  const transactionOf = kind?.type === 'transactional' ? kind.producerId : null
  return records.map((record) => ({ ...record, transactionOf }))
}

/** Lets everything that is due in this turn of the event loop happen, and what follows from it. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
