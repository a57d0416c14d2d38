// Where recent readers of a log left off: offset, segment and position. A reader that goes on from
// there (nearly all do) needs no index look-up and reads not one byte too many.

import { readHintsMax } from './limits.ts'
import type { Segment } from './segment.ts'

interface Hint {
  offset: number
  segment: Segment
  position: number
}

export class ReadHints {
  readonly #hints: Hint[] = []
  #oldest = 0

  /** The position of the batch at `offset` in `segment`, or -1 when nobody left off there. */
  find(offset: number, segment: Segment): number {
    for (const hint of this.#hints) {
      if (hint.offset === offset && hint.segment === segment) return hint.position
    }
    return -1
  }

  /** A reader has moved from `from` (its former hint, if it had one) to `offset`. */
  move(from: number, offset: number, segment: Segment, position: number): void {
    if (
      this.#put((hint) => hint.offset === offset || hint.offset === from, offset, segment, position)
    )
      return
    if (this.#hints.length < readHintsMax) {
      this.#hints.push({ offset, segment, position })
      return
    }
    const oldest = this.#hints[this.#oldest]
    this.#oldest = (this.#oldest + 1) % readHintsMax
    if (oldest !== undefined) Object.assign(oldest, { offset, segment, position })
  }

  #put(
    matches: (hint: Hint) => boolean,
    offset: number,
    segment: Segment,
    position: number,
  ): boolean {
    for (const hint of this.#hints) {
      if (!matches(hint)) continue
      hint.offset = offset
      hint.segment = segment
      hint.position = position
      return true
    }
    return false
  }

  /** After the log was cut or segments went. */
  clear(): void {
    this.#hints.length = 0
    this.#oldest = 0
  }
}
