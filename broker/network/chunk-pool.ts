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

/** Free buffers of one size. */
interface FreeList {
  readonly buffers: Buffer[]
  /** How few there were since the last trim: so many were not needed in all that time. */
  least: number
}

export class ChunkPool {
  /** By size class: powers of two from receiveBytesMin to receiveBytesMax. */
  readonly #free = new Map<number, FreeList>()
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
    const list = this.#free.get(size)
    const free = list?.buffers.pop()
    if (list === undefined || free === undefined) {
      return new Chunk(Buffer.allocUnsafeSlow(size), this)
    }
    list.least = Math.min(list.least, list.buffers.length)
    this.#freeBytes -= size
    return new Chunk(free, this)
  }

  recycle(buffer: Buffer): void {
    const size = buffer.length
    this.#usedBytes -= size
    if (size > receiveBytesMax || this.#freeBytes + size > pooledBytesMax) return
    const list = this.#free.get(size)
    if (list === undefined) this.#free.set(size, { buffers: [buffer], least: 0 })
    else list.buffers.push(buffer)
    this.#freeBytes += size
  }

  /** Gives back what nobody needed since the last trim: a node should not hold its last burst. */
  trim(): void {
    for (const [size, list] of this.#free) {
      list.buffers.length -= list.least
      this.#freeBytes -= list.least * size
      list.least = list.buffers.length
    }
  }
}

function classOf(sizeBytes: number): number {
  if (sizeBytes > receiveBytesMax) return sizeBytes
  let size = receiveBytesMin
  while (size < sizeBytes) size *= 2
  return size
}
