// Who waits for records of one partition to be committed, in the order of their offsets, and how
// long. Owns the waits of all partitions' timeouts together: one timer while anybody waits at all.

import type { KafkaErrorName } from '@samsa/proto/kafka/errors'
import type { Clock, Timers } from '../clock.ts'

/** A wait ends at most this long after its time is up. */
const expiryIntervalMs = 50

interface Wait {
  readonly lastOffset: number
  readonly deadlineMs: number
  readonly settle: (error: KafkaErrorName | null) => void
}

/** Ends waits whose time is up. One for all partitions of a node. */
export class CommitTimeouts {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #waiting = new Set<CommitWaits>()
  #timer: { cancel(): void } | null = null

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock
    this.#timers = timers
  }

  /** When a wait that begins now ends. */
  deadline(timeoutMs: number): number {
    return this.#clock.monotonicMs() + timeoutMs
  }

  watch(waits: CommitWaits): void {
    this.#waiting.add(waits)
    this.#timer ??= this.#timers.schedule(expiryIntervalMs, () => this.#expire())
  }

  #expire(): void {
    this.#timer = null
    const nowMs = this.#clock.monotonicMs()
    for (const waits of this.#waiting) {
      waits.expire(nowMs)
      if (waits.size === 0) this.#waiting.delete(waits)
    }
    if (this.#waiting.size === 0) return
    this.#timer = this.#timers.schedule(expiryIntervalMs, () => this.#expire())
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}

export class CommitWaits {
  readonly #timeouts: CommitTimeouts
  /** By offset. */
  #waits: Wait[] = []

  constructor(timeouts: CommitTimeouts) {
    this.#timeouts = timeouts
  }

  get size(): number {
    return this.#waits.length
  }

  /** Resolves with null once `lastOffset` is committed, else with the error that ended the wait. */
  add(lastOffset: number, timeoutMs: number): Promise<KafkaErrorName | null> {
    return new Promise((settle) => {
      const wait = { lastOffset, deadlineMs: this.#timeouts.deadline(timeoutMs), settle }
      // Only a repeated batch has an offset below one that is waited for already.
      let at = this.#waits.length
      while (at > 0 && (this.#waits[at - 1]?.lastOffset ?? -1) > lastOffset) at--
      if (at === this.#waits.length) this.#waits.push(wait)
      else this.#waits.splice(at, 0, wait)
      if (this.#waits.length === 1) this.#timeouts.watch(this)
    })
  }

  /** Everything below the high watermark is committed; `error` where too few hold it now. */
  advance(highWatermark: number, error: KafkaErrorName | null): void {
    let count = 0
    while ((this.#waits[count]?.lastOffset ?? highWatermark) < highWatermark) count++
    if (count === 0) return
    for (const wait of this.#waits.splice(0, count)) wait.settle(error)
  }

  expire(nowMs: number): void {
    const due = this.#waits.filter(({ deadlineMs }) => deadlineMs <= nowMs)
    if (due.length === 0) return
    this.#waits = this.#waits.filter(({ deadlineMs }) => deadlineMs > nowMs)
    for (const wait of due) wait.settle('REQUEST_TIMED_OUT')
  }

  /** Nobody will ever tell: leadership is gone, or the log. */
  end(error: KafkaErrorName): void {
    for (const wait of this.#waits.splice(0)) wait.settle(error)
  }
}
