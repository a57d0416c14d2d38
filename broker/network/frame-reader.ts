// Cuts a connection's byte stream into the protocol's frames: int32 size, then that many bytes.
// Owns the receive chunk. The socket reads straight into it, so a frame that fits is never copied;
// one that does not is continued in a larger chunk. A size is checked before anything is allocated
// for it.

import type { Chunk, ChunkPool } from './chunk-pool.ts'
import { receiveBytesMax, receiveBytesMin } from './limits.ts'

const sizeBytes = 4

export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/**
 * Called for each whole frame. The chunk is the receiver's to retain if the bytes outlive the call.
 * Returning false keeps further frames back until `deliver` is called.
 */
export type FrameListener = (frame: Buffer, chunk: Chunk) => boolean

/** Reads in a row that used less than a quarter of the chunk after which it may become smaller. */
const smallReadsMax = 16

export class FrameReader {
  /** May change between frames; counts from the next one. */
  frameBytesMax: number
  readonly #pool: ChunkPool
  readonly #onFrame: FrameListener
  #chunk: Chunk
  #start = 0
  #end = 0
  #preferredBytes = receiveBytesMin
  #smallReads = 0

  constructor(pool: ChunkPool, frameBytesMax: number, onFrame: FrameListener) {
    this.#pool = pool
    this.frameBytesMax = frameBytesMax
    this.#onFrame = onFrame
    this.#chunk = pool.acquire(this.#preferredBytes)
  }

  /**
   * Where the next bytes from the socket go. What an earlier call returned must not be written to
   * any more.
   */
  space(): Buffer {
    const pending = this.#end - this.#start
    const wanted = Math.max(this.#pendingFrameBytes(), this.#preferredBytes)
    const size = this.#chunk.buffer.length
    if (pending === 0 && this.#chunk.holders === 1 && size >= wanted && size <= wanted * 2) {
      this.#start = 0
      this.#end = 0
    } else if (this.#roomIsPoor(wanted - pending) || (pending === 0 && size > wanted * 2)) {
      this.#moveTo(this.#pool.acquire(wanted))
    }
    return this.#chunk.buffer.subarray(this.#end)
  }

  /** The size of the frame that is arriving, its size field included; 0 while that is unknown. */
  #pendingFrameBytes(): number {
    if (this.#end - this.#start < sizeBytes) return 0
    return sizeBytes + this.#chunk.buffer.readInt32BE(this.#start)
  }

  /** The rest of a known frame must fit; otherwise a quarter of a chunk is worth filling up. */
  #roomIsPoor(missingBytes: number): boolean {
    const room = this.#chunk.buffer.length - this.#end
    const rest = this.#pendingFrameBytes() - (this.#end - this.#start)
    if (rest > 0) return room < rest
    return room < Math.min(missingBytes, this.#chunk.buffer.length / 4)
  }

  #moveTo(next: Chunk): void {
    const pending = this.#end - this.#start
    this.#chunk.buffer.copy(next.buffer, 0, this.#start, this.#end)
    this.#chunk.release()
    this.#chunk = next
    this.#start = 0
    this.#end = pending
  }

  /** Takes note of `count` bytes read into `space()` and delivers the frames that are whole now. */
  filled(count: number): void {
    const size = this.#chunk.buffer.length
    const room = size - this.#end
    this.#end += count
    if (count === room) this.#preferredBytes = Math.min(receiveBytesMax, this.#preferredBytes * 2)
    this.#smallReads = count < size / 4 ? this.#smallReads + 1 : 0
    if (this.#smallReads > smallReadsMax) {
      this.#smallReads = 0
      this.#preferredBytes = Math.max(receiveBytesMin, this.#preferredBytes / 2)
    }
    this.deliver()
  }

  /**
   * Delivers whole frames until the listener says stop. True if every whole frame has been
   * delivered.
   */
  deliver(): boolean {
    for (;;) {
      const { buffer } = this.#chunk
      if (this.#end - this.#start < sizeBytes) return true
      const size = buffer.readInt32BE(this.#start)
      if (size < 0 || size > this.frameBytesMax) {
        throw new FrameError(`a frame of ${size} bytes; the limit is ${this.frameBytesMax}`)
      }
      if (this.#end - this.#start < sizeBytes + size) return true
      const at = this.#start + sizeBytes
      this.#start = at + size
      if (!this.#onFrame(buffer.subarray(at, at + size), this.#chunk)) return false
    }
  }

  close(): void {
    this.#chunk.release()
  }
}
