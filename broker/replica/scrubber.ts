// Reads every log of this node again and again, slowly, and checks what was written long ago:
// recovery looks only at what may not have reached the device, and a bit may flip later. Never more
// than one read at a time. What is damaged is told; the rest is the replica manager's.

import type { Timers } from '../clock.ts'
import type { LogEvents } from '../log/log-manager.ts'
import type { Partition } from './partition.ts'
import type { ReplicaMetrics } from './replica-metrics.ts'

export interface ScrubberOptions {
  readonly partitions: () => Iterable<Partition>
  readonly timers: Timers
  readonly events: LogEvents
  readonly metrics: Pick<ReplicaMetrics, 'scrubbedBytes'>
  readonly onDamage: (partition: Partition, error: Error) => void
  /** samsa.log.scrub.bytes.per.second; 0: none. Read at each use. */
  readonly bytesPerSecond: () => number
  /** From the start to the first round. */
  readonly firstDelayMs?: number
}

/** A start has better things to do. */
const firstDelayMsDefault = 10_000
/** Small logs are not read over and over: from the end of a round to the next. */
const intervalMs = 60 * 60 * 1000
/** How soon a scrub that was off notices that it is on. */
const offMs = 10_000
/** One read's; less where the rate is lower, so that no second has more than its share. */
const readBytesMax = 256 * 1024

export class Scrubber {
  readonly #options: ScrubberOptions
  #timer: { cancel(): void } | null = null
  #wake: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #isClosed = false
  /** Times that all logs were looked at. */
  rounds = 0

  constructor(options: ScrubberOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    await this.#wait(this.#options.firstDelayMs ?? firstDelayMsDefault)
    while (!this.#isClosed) {
      await this.#round()
      await this.#wait(intervalMs)
    }
  }

  async #round(): Promise<void> {
    // They come and go meanwhile.
    const partitions = [...this.#options.partitions()]
    for (const partition of partitions) {
      try {
        await this.#scrub(partition)
      } catch (error) {
        const fields = { topic: partition.topic, partition: partition.index, error }
        this.#options.events.warn(fields, 'a log could not be checked for damage in this round')
      }
      if (this.#isClosed) return
    }
    this.rounds++
  }

  async #scrub(partition: Partition): Promise<void> {
    const { log } = partition
    const { metrics, onDamage } = this.#options
    if (log === null) return
    const check = log.check()
    for (;;) {
      const rate = await this.#rate()
      if (this.#isClosed || partition.log !== log || !partition.online) return
      const piece = await check.next(Math.min(readBytesMax, rate))
      metrics.scrubbedBytes += piece.bytes
      if (this.#isClosed || partition.log !== log || !partition.online) return
      if (piece.damage !== null) onDamage(partition, piece.damage)
      // What was read is paid for, whatever comes next.
      if (piece.bytes > 0) await this.#wait((piece.bytes * 1000) / rate)
      if (piece.isLast) return
    }
  }

  /** Waits while there is none. */
  async #rate(): Promise<number> {
    while (!this.#isClosed) {
      const rate = this.#options.bytesPerSecond()
      if (rate > 0) return rate
      await this.#wait(offMs)
    }
    return 1
  }

  async #wait(delayMs: number): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#timer = this.#options.timers.schedule(delayMs, resolve)
    })
  }

  /** Resolves once nothing is read any more: at once, but for a read that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#wake?.()
    await this.#running
  }
}
