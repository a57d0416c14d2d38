// Cuts a stream of bytes into the protocol's frames: an int32 size, then as many bytes. A frame
// that spans chunks is put together once, when it is complete.

import { responseBytesMax } from './limits.ts'

export class FrameReader {
  #chunks: Buffer[] = []
  #bufferedBytes = 0
  readonly #onFrame: (frame: Buffer) => void

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /**
   * Takes the next chunk and hands on every frame that it completes. Throws when it cannot be a
   * frame.
   */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bufferedBytes += chunk.length
    for (;;) {
      if (this.#bufferedBytes < 4) return
      const first = this.#chunks[0]
      if (first === undefined || first.length < 4) this.#join()
      const sizeBytes = this.#chunks[0]?.readInt32BE(0) ?? 0
      if (sizeBytes < 4 || sizeBytes > responseBytesMax) {
        throw new Error('what answers there does not speak the Kafka protocol in plain text')
      }
      if (this.#bufferedBytes < sizeBytes + 4) return
      this.#onFrame(this.#take(sizeBytes))
    }
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)]
  }

  #take(sizeBytes: number): Buffer {
    if ((this.#chunks[0]?.length ?? 0) < sizeBytes + 4) this.#join()
    const [first = Buffer.alloc(0), ...rest] = this.#chunks
    const left = first.subarray(sizeBytes + 4)
    this.#chunks = left.length > 0 ? [left, ...rest] : rest
    this.#bufferedBytes -= sizeBytes + 4
    return first.subarray(4, sizeBytes + 4)
  }
}
