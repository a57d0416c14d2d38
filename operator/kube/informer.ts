// A kind of objects as it is now, and a word for each change: list, then watch, for ever. Whatever
// ends the watch (closed, silent, half open, 410, 429, an error in its stream) ends only that
// watch. Owns the cache of one kind; never tells of an object that it did not see.

import type { Timers } from '../timers.ts'
import { errorOf, type KubeClient } from './client.ts'
import { isExpired, KubeError } from './errors.ts'
import { type Kind, type KubeObject, keyOf, pathOf } from './objects.ts'

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient
  readonly kind: Kind
  readonly namespace?: string
  readonly labelSelector?: string
  /** The object is new or changed; with `null` as `now` it is gone. */
  readonly onChange: (key: string, now: T | null, before: T | null) => void
  /** Each time that the list or the watch had to begin anew, with why. */
  readonly onTrouble: (error: unknown) => void
  readonly timers: Timers
  readonly random: () => number
}

/** A watch is asked to end between these, so that no connection is older than an answer can be. */
const watchSecondsMin = 240
const watchSecondsMax = 360
/** Bookmarks come about once a minute: who is silent for so long is not there any more. */
const silenceMaxMs = 150_000
const backoffMinMs = 100
/** Short: what changed while nobody could ask is seen soon after. A server that is busy says so. */
const backoffMaxMs = 3_000

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>
  readonly #objects = new Map<string, T>()
  readonly #closing = new AbortController()
  #running: Promise<void> | null = null
  /** '' : everything must be listed again. */
  #resourceVersion = ''
  #failures = 0
  #listed: () => void = () => {}
  /** Resolves once everything has been listed for the first time. */
  readonly synced = new Promise<void>((resolve) => {
    this.#listed = resolve
  })

  constructor(options: InformerOptions<T>) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  all(): Iterable<T> {
    return this.#objects.values()
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list()
        const startedMs = this.#options.timers.nowMs()
        await this.#watch()
        // A server that ends each watch at once must not be asked without a pause.
        if (this.#options.timers.nowMs() - startedMs < backoffMinMs) await this.#pause(null)
        else this.#failures = 0
      } catch (error) {
        if (this.#closing.signal.aborted) return
        this.#options.onTrouble(error)
        if (isExpired(error)) this.#resourceVersion = ''
        else await this.#pause(error)
      }
    }
  }

  async #list(): Promise<void> {
    const { client, kind, namespace, labelSelector } = this.#options
    const where = {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
    }
    const { items, resourceVersion } = await client.list<T>(kind, where, this.#closing.signal)
    const gone = new Set(this.#objects.keys())
    for (const item of items) {
      gone.delete(keyOf(item))
      this.#set(item)
    }
    for (const key of gone) this.#remove(key)
    this.#resourceVersion = resourceVersion
    this.#listed()
  }

  /** Returns when the server ended the watch in order; its next one goes on from there. */
  async #watch(): Promise<void> {
    const { client, kind, namespace, labelSelector, timers, random } = this.#options
    const ending = new AbortController()
    const signal = AbortSignal.any([this.#closing.signal, ending.signal])
    const seconds = watchSecondsMin + Math.floor(random() * (watchSecondsMax - watchSecondsMin))
    const silent = () => ending.abort(new Error(`silent for ${silenceMaxMs / 1000} s, begun anew`))
    let silence = timers.schedule(silenceMaxMs, silent)
    try {
      const stream = await client.transport.stream({
        method: 'GET',
        path: pathOf(kind, namespace),
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: this.#resourceVersion,
          timeoutSeconds: String(seconds),
          ...(labelSelector !== undefined && { labelSelector }),
        },
        signal,
      })
      try {
        for await (const line of stream.lines) {
          silence.cancel()
          silence = timers.schedule(silenceMaxMs, silent)
          if (stream.status >= 300) throw errorOf(stream.status, parsed(line), stream.retryAfterMs)
          this.#take(parsed(line) as WatchEvent<T>)
          this.#failures = 0
        }
        if (stream.status >= 300) throw errorOf(stream.status, null, stream.retryAfterMs)
      } finally {
        stream.close()
      }
    } finally {
      silence.cancel()
    }
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') {
      const { code, reason, message } = object as unknown as {
        code?: number
        reason?: string
        message?: string
      }
      throw new KubeError(code ?? 500, reason ?? 'Unknown', message ?? 'the watch failed')
    }
    if (type === 'DELETED') this.#remove(keyOf(object))
    else if (type !== 'BOOKMARK') this.#set(object)
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion
  }

  #set(told: T): void {
    const object = withoutManagers(told)
    const key = keyOf(object)
    const before = this.#objects.get(key) ?? null
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion && before !== null)
      return
    this.#objects.set(key, object)
    this.#options.onChange(key, object, before)
  }

  #remove(key: string): void {
    const before = this.#objects.get(key)
    if (before === undefined) return
    this.#objects.delete(key)
    this.#options.onChange(key, null, before)
  }

  /** Longer each time, and never the same for two of us. */
  #pause(error: unknown): Promise<void> {
    const { timers, random } = this.#options
    const grown = Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#failures)
    this.#failures++
    const askedMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0
    const delayMs = Math.max(askedMs, grown * (0.5 + random() / 2))
    return new Promise((resolve) => {
      const timer = timers.schedule(delayMs, resolve)
      this.#closing.signal.addEventListener(
        'abort',
        () => {
          timer.cancel()
          resolve()
        },
        { once: true },
      )
    })
  }
}

/** Whose fields are whose is half of a small object, and nobody here asks for it. */
function withoutManagers<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & {
    readonly managedFields?: unknown
  }
  return { ...object, metadata }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new KubeError(500, 'BadStream', 'the watch sent what is no JSON', null)
  }
}
