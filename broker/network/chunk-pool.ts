// Reusable memory for what is received and what is read from disk to be sent. Owns free chunks by
// size class. A chunk is reference-counted: it returns to the pool when its last holder releases
// it, and nobody may touch it afterwards (CVE-2026-35554 was a pool that forgot this). Only the
// produce and fetch paths hold chunks beyond a turn; every other request gets memory of its own.

import { assert } from '../assert.ts'
import { pooledBytesMax, receiveBytesMax, receiveBytesMin } from './limits.ts'

export class Chunk {
  readonly buffer: Buffer
  readonly #pool: ChunkPool
  #holders = 1

  constructor(buffer: Buffer, pool: ChunkPool) {
    this.buffer = buffer
    this.#pool = pool
  }

  get holders(): number {
    return this.#holders
  }

  retain(): void {
    assert(this.#holders > 0, 'a released chunk is retained')
    this.#holders++
  }

  release(): void {
    assert(this.#holders > 0, 'a chunk is released twice')
    this.#holders--
    if (this.#holders === 0) this.#pool.recycle(this.buffer)
  }
}

export class ChunkPool {
  /** Free buffers by size class: powers of two from receiveBytesMin to receiveBytesMax. */
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0
  #usedBytes = 0

  /** Bytes in chunks that somebody holds. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /**
   * A chunk of at least `sizeBytes`. Sizes past the largest class are made for the occasion and not
   * kept.
   */
  acquire(sizeBytes: number): Chunk {
    const size = classOf(sizeBytes)
    this.#usedBytes += size
    const free = this.#free.get(size)?.pop()
    if (free !== undefined) {
      this.#freeBytes -= size
      return new Chunk(free, this)
    }
    return new Chunk(Buffer.allocUnsafeSlow(size), this)
  }

  recycle(buffer: Buffer): void {
    const size = buffer.length
    this.#usedBytes -= size
    if (size > receiveBytesMax || this.#freeBytes + size > pooledBytesMax) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
    this.#freeBytes += size
  }

  /** Gives free memory back: an idle node should not hold what its last burst needed. */
  trim(): void {
    this.#free.clear()
    this.#freeBytes = 0
  }
}

function classOf(sizeBytes: number): number {
  if (sizeBytes > receiveBytesMax) return sizeBytes
  let size = receiveBytesMin
  while (size < sizeBytes) size *= 2
  return size
}
