// What is to be reconciled, by key: each key once, one pass at a time, again after a failure with
// growing patience, and at once when something newer is known. A pass has a deadline; one that
// overruns it is aborted and counted, so that nothing can hang for good. Owns the order of work,
// and knows nothing of what the work is.

import type { Timers } from '../timers.ts'

export interface WorkQueueOptions {
  /** Keys worked on at the same time. */
  readonly concurrency: number
  readonly passTimeoutMs: number
  /** Every key is looked at again after so long, whatever was heard. */
  readonly resyncMs: number
  readonly retryMinMs: number
  readonly retryMaxMs: number
  readonly timers: Timers
  readonly random: () => number
  /**
   * One pass. Resolves with how long to wait before the next look (null: only when told). Must
   * stop soon after `signal` aborts.
   */
  readonly work: (key: string, signal: AbortSignal) => Promise<number | null>
  readonly onFailure: (key: string, error: unknown, attempts: number) => void
}

export class PassTimeoutError extends Error {
  override readonly name = 'PassTimeoutError'
}

export class PreemptedError extends Error {
  override readonly name = 'PreemptedError'
}

interface Item {
  readonly key: string
  state: 'waiting' | 'queued' | 'running'
  /** Told again while its pass was under way. */
  isDirty: boolean
  failures: number
  timer: { cancel(): void } | null
  abort: AbortController | null
}

export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #items = new Map<string, Item>()
  readonly #queue: Item[] = []
  readonly #passes = new Set<Promise<void>>()
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** For the gauges: keys known, queued, and under way. */
  get counts(): { known: number; queued: number; running: number } {
    return {
      known: this.#items.size,
      queued: this.#queue.length,
      running: this.#passes.size,
    }
  }

  /** The key needs a look. With `preempt` the pass under way rests on what is not true any more. */
  add(key: string, { preempt = false } = {}): void {
    if (this.#closed) return
    const item = this.#items.get(key) ?? this.#newItem(key)
    if (item.state === 'running') {
      item.isDirty = true
      if (preempt) item.abort?.abort(new PreemptedError(`${key} has changed`))
      return
    }
    if (item.state === 'queued') return
    item.timer?.cancel()
    item.timer = null
    this.#enqueue(item)
  }

  /** The key is no more: nothing is done for it again, unless it is added again. */
  forget(key: string): void {
    const item = this.#items.get(key)
    if (item === undefined) return
    item.timer?.cancel()
    this.#items.delete(key)
    const position = this.#queue.indexOf(item)
    if (position >= 0) this.#queue.splice(position, 1)
  }

  /** Aborts what is under way and resolves when it has stopped. */
  async close(): Promise<void> {
    this.#closed = true
    this.#queue.length = 0
    for (const item of this.#items.values()) {
      item.timer?.cancel()
      item.abort?.abort(new PreemptedError('the operator is stopping'))
    }
    await Promise.all(this.#passes)
  }

  #newItem(key: string): Item {
    const item: Item = {
      key,
      state: 'waiting',
      isDirty: false,
      failures: 0,
      timer: null,
      abort: null,
    }
    this.#items.set(key, item)
    return item
  }

  #enqueue(item: Item): void {
    item.state = 'queued'
    this.#queue.push(item)
    this.#startPasses()
  }

  #startPasses(): void {
    while (!this.#closed && this.#passes.size < this.#options.concurrency) {
      const item = this.#queue.shift()
      if (item === undefined) return
      const pass = this.#pass(item).finally(() => {
        this.#passes.delete(pass)
        this.#startPasses()
      })
      this.#passes.add(pass)
    }
  }

  /** Never rejects. */
  async #pass(item: Item): Promise<void> {
    const { work, passTimeoutMs, timers, onFailure } = this.#options
    const abort = new AbortController()
    item.state = 'running'
    item.isDirty = false
    item.abort = abort
    const deadline = timers.schedule(passTimeoutMs, () =>
      abort.abort(new PassTimeoutError(`${item.key}: no end after ${passTimeoutMs} ms`)),
    )
    let againMs: number | null = null
    try {
      againMs = await untilAborted(work(item.key, abort.signal), abort.signal)
      item.failures = 0
    } catch (error) {
      if (error instanceof PreemptedError) againMs = 0
      else {
        item.failures++
        onFailure(item.key, error, item.failures)
        againMs = this.#retryDelayMs(item.failures)
      }
    } finally {
      deadline.cancel()
      item.abort = null
    }
    this.#after(item, againMs)
  }

  #after(item: Item, againMs: number | null): void {
    item.state = 'waiting'
    if (this.#closed || this.#items.get(item.key) !== item) return
    if (item.isDirty) return this.#enqueue(item)
    const { resyncMs, timers } = this.#options
    const delayMs = Math.min(againMs ?? resyncMs, resyncMs)
    item.timer = timers.schedule(delayMs, () => {
      item.timer = null
      this.#enqueue(item)
    })
  }

  #retryDelayMs(failures: number): number {
    const { retryMinMs, retryMaxMs, random } = this.#options
    const grown = Math.min(retryMaxMs, retryMinMs * 2 ** (failures - 1))
    return grown * (0.5 + random() / 2)
  }
}

/** Work that does not heed its signal is left behind: its key goes on without it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
