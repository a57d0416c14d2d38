// Reads every log of this node now and then, slowly, and checks what was written long ago: recovery
// looks only at what may not have reached the device, and a bit may flip later. What is damaged is
// told to its partition; a doubt is looked at twice.

import { batchSize } from '@samsa/proto/record/batch'
import { checkCrc } from '@samsa/proto/record/batches'
import type { Timers } from '../clock.ts'
import { NoBatchError } from '../log/log-errors.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Partition } from './partition.ts'

export interface ScrubberOptions {
  readonly partitions: () => Iterable<Partition>
  readonly timers: Timers
  readonly onDamage: (partition: Partition, error: Error) => void
  /** Bytes a second. */
  readonly rate?: number
  /** From the start to the first round, and from one round to the next. */
  readonly firstDelayMs?: number
  readonly intervalMs?: number
}

/** About half a percent of a core, and little next to what a disk can do; 1.4 TB a day. */
const rateDefault = 16 * 1024 * 1024
const readBytes = 256 * 1024
/** A start has better things to do. */
const firstDelayMsDefault = 10_000
const intervalMsDefault = 24 * 60 * 60 * 1000

export class Scrubber {
  readonly #options: ScrubberOptions
  #timer: { cancel(): void } | null = null
  #isClosed = false
  /** Times that all logs were looked at. */
  rounds = 0

  constructor(options: ScrubberOptions) {
    this.#options = options
  }

  start(): void {
    this.#startIn(this.#options.firstDelayMs ?? firstDelayMsDefault)
  }

  #startIn(delayMs: number): void {
    if (this.#isClosed) return
    this.#timer = this.#options.timers.schedule(delayMs, () => void this.#round())
  }

  async #round(): Promise<void> {
    // They come and go meanwhile.
    const partitions = [...this.#options.partitions()]
    for (const partition of partitions) {
      if (this.#isClosed) return
      await this.#scrub(partition)
    }
    this.rounds++
    this.#startIn(this.#options.intervalMs ?? intervalMsDefault)
  }

  async #scrub(partition: Partition): Promise<void> {
    const { log } = partition
    if (log === null) return
    for (let offset = log.logStartOffset; offset < log.logEndOffset && !this.#isClosed; ) {
      const found = await checkFrom(log, offset)
      if (partition.log !== log || !log.online) return
      if (found.damage !== null) {
        this.#options.onDamage(partition, found.damage)
        return
      }
      if (found.nextOffset === offset) return
      offset = found.nextOffset
      await this.#pause(found.bytes)
    }
  }

  #pause(bytes: number): Promise<void> {
    const delayMs = (bytes / (this.#options.rate ?? rateDefault)) * 1000
    return new Promise((resolve) => {
      this.#timer = this.#options.timers.schedule(delayMs, resolve)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }
}

interface Checked {
  readonly nextOffset: number
  readonly bytes: number
  readonly damage: Error | null
}

/** What is there once may be the log being cut meanwhile; what is there twice is damage. */
async function checkFrom(log: PartitionLog, offset: number): Promise<Checked> {
  const first = await check(log, offset)
  return first.damage === null ? first : check(log, offset)
}

async function check(log: PartitionLog, offset: number): Promise<Checked> {
  // What was deleted meanwhile needs no check.
  const from = Math.max(offset, log.logStartOffset)
  const nothing = { nextOffset: offset, bytes: 0, damage: null }
  let records: Buffer
  let nextOffset: number
  try {
    const options = { maxBytes: readBytes, minOneBatch: true, upTo: log.logEndOffset }
    const read = await log.read({ ...options, offset: from, abortedTransactions: false })
    ;({ records, nextOffset } = read)
  } catch (error) {
    const { cause } = error instanceof Error ? error : { cause: null }
    // The disk's errors, and logs that are cut or deleted, are told elsewhere.
    return cause instanceof NoBatchError ? { ...nothing, damage: cause } : nothing
  }
  try {
    for (let at = 0; at < records.length; at += batchSize(records, at)) checkCrc(records, at)
  } catch (error) {
    return { ...nothing, damage: error instanceof Error ? error : new Error(String(error)) }
  }
  return { nextOffset, bytes: records.length, damage: null }
}
