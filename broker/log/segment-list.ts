// The segments of a log in the order of their base offsets. The last one is active: batches are
// appended to it.

import { assert } from '../assert.ts'
import type { Segment } from './segment.ts'

export class SegmentList {
  #segments: Segment[]

  constructor(segments: readonly Segment[]) {
    assert(segments.length > 0, 'a log has at least one segment')
    this.#segments = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  get count(): number {
    return this.#segments.length
  }

  get active(): Segment {
    return this.at(this.#segments.length - 1)
  }

  get first(): Segment {
    return this.at(0)
  }

  at(index: number): Segment {
    const segment = this.#segments[index]
    assert(segment !== undefined, `segment ${index} of ${this.#segments.length}`)
    return segment
  }

  /** Index of the segment that holds `offset`, or would; 0 for an offset below all. */
  indexFor(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.at(middle).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  get sizeBytes(): number {
    let sum = 0
    for (const segment of this.#segments) sum += segment.writtenBytes
    return sum
  }

  push(segment: Segment): void {
    assert(segment.baseOffset >= this.active.baseOffset, 'segments are pushed in order')
    this.#segments = [...this.#segments, segment]
  }

  /** Takes the first `count` segments out. */
  removeFirst(count: number): Segment[] {
    const removed = this.#segments.slice(0, count)
    this.#segments = this.#segments.slice(count)
    return removed
  }

  /** Takes the segments from `index` on out. */
  removeFrom(index: number): Segment[] {
    const removed = this.#segments.slice(index)
    this.#segments = this.#segments.slice(0, index)
    return removed
  }

  /** Puts one in the place of a run of them. */
  replace(old: readonly Segment[], fresh: Segment): void {
    const first = this.#segments.findIndex((segment) => segment === old[0])
    const isRun = first >= 0 && old.every((segment, at) => this.#segments[first + at] === segment)
    assert(isRun, 'segments that are replaced are next to each other')
    this.#segments = this.#segments.toSpliced(first, old.length, fresh)
  }

  /** Begins anew, with this one. */
  restart(segment: Segment): void {
    this.#segments = [segment]
  }
}
