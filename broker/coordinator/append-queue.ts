// The writes of one partition on their way to its log, in order. One append is in flight at a time;
// what comes meanwhile goes down together as the next one: group commit. Tells of each write once,
// in the order they came.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import { BrokerError } from '../errors.ts'

import { appendBytesMax } from './limits.ts'
import type { BatchKind, KeyValueRecord } from './partition-writer.ts'

export interface QueuedWrite {
  readonly writeId: number
  readonly records: readonly KeyValueRecord[]
  /**
   * Whether the records may go down in several batches: harmless for removals, never for what must
   * be whole.
   */
  readonly divisible: boolean
  /** Given: the write is a batch of its own, as a part or the end of a transaction. */
  readonly kind?: BatchKind | undefined
}

export interface AppendQueueOptions {
  readonly append: (records: readonly KeyValueRecord[], kind?: BatchKind) => Promise<unknown>
  readonly onWritten: (writeId: number, error: KafkaErrorName | null) => void
  /** A failure that is no answer of the log: a bug, told before its writes are. */
  readonly onFault: (error: unknown) => void
}

/** A write, or a part of a divisible one. */
interface Part {
  readonly writeId: number
  readonly records: readonly KeyValueRecord[]
  readonly bytes: number
  readonly isLast: boolean
  readonly kind?: BatchKind | undefined
}

/** Length fields and offsets of a record, roughly. */
const recordOverheadBytes = 16

export class AppendQueue {
  readonly #options: AppendQueueOptions
  #parts: Part[] = []
  /** The draining under way, if any. */
  #drained: Promise<void> | undefined
  #closed = false

  constructor(options: AppendQueueOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#parts.length
  }

  push(write: QueuedWrite): void {
    if (write.divisible) this.#parts.push(...divided(write))
    else this.#parts.push(wholePart(write))
    this.#drained ??= this.#drain()
  }

  /** These are not to be appended any more. Those in flight are told when their append ends. */
  retract(writeIds: readonly number[], error: KafkaErrorName): void {
    const retracted = new Set(writeIds)
    const parts = this.#parts.filter(({ writeId }) => retracted.has(writeId))
    this.#parts = this.#parts.filter(({ writeId }) => !retracted.has(writeId))
    for (const { writeId, isLast } of parts) {
      if (isLast && !this.#closed) this.#options.onWritten(writeId, error)
    }
  }

  /** Nothing more is told or begun. Resolves when the append in flight, if any, has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#parts = []
    await this.#drained
  }

  async #drain(): Promise<void> {
    // After the sockets of this turn of the event loop have been read: their commits share a batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#closed && this.#parts.length > 0) {
      const batch = this.#takeBatch()
      const error = await this.#append(batch)
      if (this.#closed) return
      this.#tell(batch, error)
    }
    this.#drained = undefined
  }

  #takeBatch(): Part[] {
    let bytes = 0
    let count = 0
    for (const part of this.#parts) {
      bytes += part.bytes
      const isAlone = part.kind !== undefined
      if (count > 0 && (isAlone || bytes > appendBytesMax)) break
      count++
      if (isAlone) break
    }
    return this.#parts.splice(0, count)
  }

  async #append(batch: readonly Part[]): Promise<KafkaErrorName | null> {
    try {
      await this.#options.append(
        batch.flatMap((part) => part.records),
        batch[0]?.kind,
      )
      return null
    } catch (error) {
      if (error instanceof BrokerError) return error.kafkaError
      if (!this.#closed) this.#options.onFault(error)
      return 'UNKNOWN_SERVER_ERROR'
    }
  }

  #tell(batch: readonly Part[], error: KafkaErrorName | null): void {
    for (const { writeId, isLast } of batch) {
      if (error !== null && !isLast) {
        // Its other parts would follow something that is not there.
        this.#parts = this.#parts.filter((part) => part.writeId !== writeId)
      }
      const isOver = isLast || error !== null
      if (isOver && !this.#closed) this.#options.onWritten(writeId, error)
    }
  }
}

function bytesOf({ key, value }: KeyValueRecord): number {
  return key.length + (value?.length ?? 0) + recordOverheadBytes
}

function wholePart({ writeId, records, kind }: QueuedWrite): Part {
  const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0)
  return { writeId, records, bytes, isLast: true, kind }
}

function divided({ writeId, records }: QueuedWrite): Part[] {
  const parts: Part[] = []
  let part: KeyValueRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = bytesOf(record)
    if (part.length > 0 && bytes + size > appendBytesMax) {
      parts.push({ writeId, records: part, bytes, isLast: false })
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  parts.push({ writeId, records: part, bytes, isLast: true })
  return parts
}
