// Puts appended batches into the file: everything that gathers while one write is under way goes
// down with the next, as one writev and, where asked for, one sync (group commit). Owns the queue
// between the append, which is synchronous, and the disk. Batches are published to readers in
// order, and only once the disk has them.

import { assert } from '../assert.ts'
import type { Segment } from './segment.ts'

/**
 * Bytes and buffers of one write; what is over waits for the next, so that no write holds the
 * others up for long.
 */
const cycleBytesMax = 8 * 1024 * 1024
const cycleBuffersMax = 1024

/** One write and those who wait for it. */
export interface WriteCycle {
  readonly segment: Segment
  /** Where in the segment's file. */
  readonly position: number
  readonly buffers: readonly Buffer[]
  readonly bytes: number
  readonly records: number
  /** Offset after the last batch. */
  readonly endOffset: number
}

/** What the log does around a write. */
export interface WriteHost {
  /** Before bytes of a cycle are written. */
  beforeWrite(cycle: WriteCycle): Promise<void> | undefined
  /** After they are written and before they are published: syncs where the topic asks for it. */
  beforePublish(cycle: WriteCycle): Promise<void> | undefined
  publish(cycle: WriteCycle): void
  /**
   * A write failed; nothing that is queued will be written. What this rejects with goes to those
   * who wait.
   */
  fail(error: unknown): Promise<never>
}

/** Starts the writers that got work in a turn of the event loop, all of them at its end. */
export class WriteTurn {
  /** Of all writers together. */
  pendingBytes = 0
  #ready: LogWriter[] = []

  add(writer: LogWriter): void {
    this.#ready.push(writer)
    if (this.#ready.length === 1) setImmediate(this.#start)
  }

  readonly #start = (): void => {
    const writers = this.#ready
    this.#ready = []
    // Failures reach those who wait for each cycle.
    for (const writer of writers) void writer.run()
  }
}

class Cycle implements WriteCycle {
  readonly segment: Segment
  readonly position: number
  readonly buffers: Buffer[] = []
  bytes = 0
  records = 0
  endOffset = 0
  readonly written: Promise<void>
  readonly settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void }

  constructor(segment: Segment, position: number) {
    this.segment = segment
    this.position = position
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.written = promise
    this.settle = { resolve, reject }
    // Whoever appended hears of a failure; that nobody waits is no reason to stop the process.
    promise.catch(() => undefined)
  }
}

export class LogWriter {
  readonly #host: WriteHost
  readonly #turn: WriteTurn
  /** The first one is being written while #busy. */
  #queue: Cycle[] = []
  #busy = false
  #isScheduled = false
  #pendingBytes = 0

  constructor(host: WriteHost, turn: WriteTurn) {
    this.#host = host
    this.#turn = turn
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** What settles when everything queued so far is written; undefined when nothing is queued. */
  get lastWritten(): Promise<void> | undefined {
    return this.#queue.at(-1)?.written
  }

  /**
   * Queues a batch for `position` of the segment's file; the bytes must not change until the
   * promise settles.
   */
  add(
    segment: Segment,
    position: number,
    bytes: Buffer,
    records: number,
    endOffset: number,
  ): Promise<void> {
    const cycle = this.#openCycle(segment, position, bytes.length)
    cycle.buffers.push(bytes)
    cycle.bytes += bytes.length
    cycle.records += records
    cycle.endOffset = endOffset
    this.#countPending(bytes.length)
    return cycle.written
  }

  #openCycle(segment: Segment, position: number, size: number): Cycle {
    const last = this.#queue.at(-1)
    const isOpen = last !== undefined && !(this.#busy && this.#queue.length === 1)
    const fits =
      isOpen &&
      last.segment === segment &&
      last.bytes + size <= cycleBytesMax &&
      last.buffers.length < cycleBuffersMax
    if (fits) return last
    const cycle = new Cycle(segment, position)
    this.#queue.push(cycle)
    this.#schedule()
    return cycle
  }

  #schedule(): void {
    if (this.#busy || this.#isScheduled || this.#queue.length === 0) return
    this.#isScheduled = true
    this.#turn.add(this)
  }

  #countPending(bytes: number): void {
    this.#pendingBytes += bytes
    this.#turn.pendingBytes += bytes
  }

  /**
   * Writes what has gathered. What comes meanwhile is written in a later turn, with what that
   * brings.
   */
  async run(): Promise<void> {
    const cycle = this.#queue[0]
    assert(cycle !== undefined && !this.#busy, 'a writer runs when it has work, and once')
    this.#isScheduled = false
    this.#busy = true
    try {
      await this.#write(cycle)
      this.#countPending(-cycle.bytes)
      this.#queue.shift()
      this.#host.publish(cycle)
      cycle.settle.resolve()
    } catch (error) {
      await this.#failAll(error)
    }
    this.#busy = false
    this.#schedule()
  }

  async #write(cycle: Cycle): Promise<void> {
    const prepared = this.#host.beforeWrite(cycle)
    if (prepared !== undefined) await prepared
    await cycle.segment.file.useOrMake((file) => file.write(cycle.buffers, cycle.position))
    cycle.segment.writtenBytes = cycle.position + cycle.bytes
    const synced = this.#host.beforePublish(cycle)
    if (synced !== undefined) await synced
  }

  /** The host takes no appends until it has settled, so the queue does not grow here. */
  async #failAll(cause: unknown): Promise<void> {
    const error: unknown = await this.#host.fail(cause).catch((reason: unknown) => reason)
    const failed = this.#queue
    this.#queue = []
    this.#countPending(-this.#pendingBytes)
    for (const cycle of failed) cycle.settle.reject(error)
  }

  /**
   * Waits until what is queued now is written, or has failed and is undone. Not for what comes
   * meanwhile: where appends never pause, that would be for ever.
   */
  async settled(): Promise<void> {
    await this.lastWritten?.catch(() => undefined)
  }

  /** Waits until nothing is queued or under way: for who keeps appends out. */
  async idle(): Promise<void> {
    for (let last = this.lastWritten; last !== undefined; last = this.lastWritten) {
      await last.catch(() => undefined)
    }
  }
}
