// The partitions of a coordinator's topic, in memory. Appends end at once, or when the test lets
// them, or fail; what was appended is there to be read.

import type { KeyValueRecord, PartitionWriter } from '../../broker/coordinator/partition-writer.ts'

export interface MemoryAppend {
  readonly partition: number
  readonly records: readonly KeyValueRecord[]
  readonly timestampMs: number
  /** Lets a held append end. */
  finish(error?: Error): void
}

export class MemoryPartitionWriter implements PartitionWriter {
  /** Every append, in order. */
  readonly appends: MemoryAppend[] = []
  readonly #logs = new Map<number, KeyValueRecord[]>()
  /** Whether appends wait for finish(). */
  hold = false
  /** What the next reads fail with. */
  readFailures: Error[] = []
  /** Set: reads wait for it. */
  reading: Promise<void> | undefined

  log(partition: number): KeyValueRecord[] {
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
    timestampMs: number,
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const log = this.log(partition)
    const finish = (error?: Error) => {
      if (error !== undefined) reject(error)
      else resolve(log.push(...records) - 1)
    }
    this.appends.push({ partition, records, timestampMs, finish })
    if (!this.hold) finish()
    return promise
  }

  async readAll(
    partition: number,
    onRecord: (record: KeyValueRecord, offset: number, timestampMs: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.reading
    const failure = this.readFailures.shift()
    if (failure !== undefined) throw failure
    this.log(partition).forEach((record, offset) => {
      signal.throwIfAborted()
      onRecord(record, offset, 0)
    })
  }
}

/** Lets everything that is due in this turn of the event loop happen, and what follows from it. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
