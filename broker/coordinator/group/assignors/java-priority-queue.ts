// A binary heap that moves its elements as java.util.PriorityQueue does: which of several equal
// ones comes first follows from that, and equal results need an equal order. Owns its elements.

export class JavaPriorityQueue<T> {
  readonly #heap: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(elements: Iterable<T>, compare: (a: T, b: T) => number) {
    this.#compare = compare
    for (const element of elements) this.add(element)
  }

  get size(): number {
    return this.#heap.length
  }

  add(element: T): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(element)
    while (at > 0) {
      const above = (at - 1) >>> 1
      const parent = heap[above] as T
      if (this.#compare(element, parent) >= 0) break
      heap[at] = parent
      at = above
    }
    heap[at] = element
  }

  /** Takes the least one; undefined where there is none. */
  poll(): T | undefined {
    const heap = this.#heap
    const least = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return least
  }

  #sink(element: T): void {
    const heap = this.#heap
    const half = heap.length >>> 1
    let at = 0
    while (at < half) {
      let below = 2 * at + 1
      const right = below + 1
      if (right < heap.length && this.#compare(heap[below] as T, heap[right] as T) > 0) {
        below = right
      }
      const child = heap[below] as T
      if (this.#compare(element, child) <= 0) break
      heap[at] = child
      at = below
    }
    heap[at] = element
  }
}
