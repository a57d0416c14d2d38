// Cuts a stream of bytes at a delimiter. Keeps what follows the last one; a piece may be of any
// bytes but those.

import { CommandError } from '../errors.ts'

/**
 * No broker takes a record near this size: what grows past it has another delimiter than the one
 * given.
 */
export const recordBytesMax = 256 * 1024 * 1024

export class Splitter {
  readonly #delimiter: Buffer
  #kept: Buffer[] = []
  #keptBytes = 0

  constructor(delimiter: Buffer) {
    this.#delimiter = delimiter
  }

  /** The pieces that this chunk completes. */
  *push(chunk: Buffer): Generator<Buffer, void> {
    const delimiterBytes = this.#delimiter.length
    // A delimiter may lie across chunks: its first bytes are then the last ones kept.
    const overlap = Math.min(this.#keptBytes, delimiterBytes - 1)
    const data = overlap > 0 ? Buffer.concat([this.#takeLast(overlap), chunk]) : chunk
    let start = 0
    for (;;) {
      const end = data.indexOf(this.#delimiter, start)
      if (end < 0) break
      yield this.#complete(data.subarray(start, end))
      start = end + delimiterBytes
    }
    this.#keep(data.subarray(start))
  }

  /** What follows the last delimiter; undefined when nothing does. */
  end(): Buffer | undefined {
    return this.#keptBytes === 0 ? undefined : this.#complete(Buffer.alloc(0))
  }

  #complete(tail: Buffer): Buffer {
    if (this.#keptBytes === 0) return tail
    const whole = Buffer.concat([...this.#kept, tail])
    this.#kept = []
    this.#keptBytes = 0
    return whole
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return
    this.#kept.push(rest)
    this.#keptBytes += rest.length
    if (this.#keptBytes > recordBytesMax) {
      throw new CommandError(
        `no delimiter in ${recordBytesMax} bytes of input; is --delimiter the right one?`,
      )
    }
  }

  #takeLast(sizeBytes: number): Buffer {
    const whole = Buffer.concat(this.#kept)
    const at = whole.length - sizeBytes
    this.#kept = at > 0 ? [whole.subarray(0, at)] : []
    this.#keptBytes = at
    return whole.subarray(at)
  }
}
