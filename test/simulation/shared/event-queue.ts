// What will happen, in order of time; of two things at the same time, the one that was planned
// first. A binary heap.

interface Planned {
  readonly atMs: number
  readonly order: number
  readonly happen: () => void
}

function isEarlier(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

export class EventQueue {
  readonly #heap: Planned[] = []
  #order = 0
  #nowMs = 0

  get nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, happen: () => void): void {
    const planned = { atMs: this.#nowMs + delayMs, order: this.#order++, happen }
    const heap = this.#heap
    let at = heap.length
    heap.push(planned)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isEarlier(planned, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = planned
  }

  /** Lets the next thing happen; false when there is none before `untilMs`. */
  next(untilMs: number): boolean {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > untilMs) return false
    const last = this.#heap.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    this.#nowMs = first.atMs
    first.happen()
    return true
  }

  #sink(planned: Planned): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = left
      const [a, b] = [heap[left], heap[right]]
      if (a === undefined) break
      if (b !== undefined && isEarlier(b, a)) least = right
      const child = least === right && b !== undefined ? b : a
      if (!isEarlier(child, planned)) break
      heap[at] = child
      at = least
    }
    heap[at] = planned
  }
}
