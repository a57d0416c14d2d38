// An immutable map whose copies share what did not change: keys are spread over a fixed number of
// small maps, and a change copies only those it touches. Creating one topic among 100,000 copies
// 400 entries instead of all of them.

export type MapKey = string | number

/**
 * A power of two. A change costs one copy of this many pointers, and of size / bucketCount entries.
 */
const bucketCount = 256

type Bucket<K, V> = Map<K, V> | undefined

/**
 * FNV-1a over the UTF-16 units of a string; the low bits of a number, so that few broker ids come
 * in order.
 */
function bucketOf(key: MapKey): number {
  if (typeof key === 'number') return key & (bucketCount - 1)
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  return (hash ^ (hash >>> 16)) & (bucketCount - 1)
}

export class PersistentMap<K extends MapKey, V> implements ReadonlyMap<K, V> {
  readonly size: number
  readonly #buckets: readonly Bucket<K, V>[]

  private constructor(buckets: readonly Bucket<K, V>[], size: number) {
    this.#buckets = buckets
    this.size = size
  }

  static empty<K extends MapKey, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>(
      Array.from({ length: bucketCount }, () => undefined),
      0,
    )
  }

  get(key: K): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key)
  }

  has(key: K): boolean {
    return this.#buckets[bucketOf(key)]?.has(key) ?? false
  }

  /** Entries in the fullest bucket: what the dearest change of one key copies. */
  get largestBucket(): number {
    return Math.max(...this.#buckets.map((bucket) => bucket?.size ?? 0))
  }

  /** This map with `changes` made: undefined as a value removes the key. */
  with(changes: ReadonlyMap<K, V | undefined>): PersistentMap<K, V> {
    if (changes.size === 0) return this
    const buckets = [...this.#buckets]
    const copied = new Set<number>()
    let size = this.size
    for (const [key, value] of changes) {
      const index = bucketOf(key)
      let bucket = buckets[index]
      if (bucket === undefined || !copied.has(index)) {
        bucket = new Map(bucket)
        buckets[index] = bucket
        copied.add(index)
      }
      const before = bucket.size
      if (value === undefined) bucket.delete(key)
      else bucket.set(key, value)
      size += bucket.size - before
    }
    return new PersistentMap(buckets, size)
  }

  *entries(): Generator<[K, V], undefined> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket
  }

  *keys(): Generator<K, undefined> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.keys()
  }

  *values(): Generator<V, undefined> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.values()
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries()
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this)
  }
}

/** Changes being made to a PersistentMap, visible at once to whoever reads through the draft. */
export class MapDraft<K extends MapKey, V> {
  readonly base: PersistentMap<K, V>
  readonly #changes = new Map<K, V | undefined>()

  constructor(base: PersistentMap<K, V>) {
    this.base = base
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.base.get(key)
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value)
  }

  delete(key: K): void {
    this.#changes.set(key, undefined)
  }

  get changed(): boolean {
    return this.#changes.size > 0
  }

  changedKeys(): IterableIterator<K> {
    return this.#changes.keys()
  }

  finish(): PersistentMap<K, V> {
    return this.base.with(this.#changes)
  }
}
