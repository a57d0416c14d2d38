// Gives out, one after the other, the member with the least and the one with the most partitions
// among those that subscribe to one topic, while partitions move from these to those. Keeps the
// members sorted in two ranges instead of sorting again after each move, as Kafka does.

export class LoadBalancer {
  readonly #sizes: readonly number[]
  #sorted: number[] = []
  #leastEnd = 0
  #leastCount = -1
  #nextLeast = 0
  #mostStart = 0
  #mostEnd = 0
  #mostCount = 1
  #nextMost = -1

  /** `sizes` by member: how many partitions each has; changed by the caller meanwhile. */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes
  }

  /** Begins with these members; returns by how much the fullest exceeds the emptiest. */
  begin(members: readonly number[]): number {
    this.#sorted = [...members].sort((a, b) => this.#size(a) - this.#size(b) || a - b)
    const least = this.#sizeAt(0)
    const most = this.#sizeAt(this.#sorted.length - 1)
    this.#leastEnd = 0
    this.#leastCount = least - 1
    this.#nextLeast = 0
    this.#mostStart = this.#sorted.length
    this.#mostEnd = this.#sorted.length
    this.#mostCount = most + 1
    this.#nextMost = this.#sorted.length - 1
    return most - least
  }

  get isBalanced(): boolean {
    return this.#mostCount - this.#leastCount <= 1
  }

  /** The next of those that have least; the caller gives it a partition. */
  takeLeast(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastCount++
      while (
        this.#leastEnd < this.#sorted.length &&
        this.#sizeAt(this.#leastEnd) === this.#leastCount
      ) {
        this.#leastEnd++
      }
      this.#nextLeast = 0
    }
    return this.#at(this.#nextLeast++)
  }

  /** The next of those that have most; the caller takes a partition from it. -1: none is left. */
  takeMost(): number {
    if (this.#nextMost < this.#mostStart) {
      if (this.#mostEnd <= this.#mostStart && this.#mostStart > 0) {
        this.#mostCount = this.#sizeAt(this.#mostStart - 1)
      } else {
        this.#mostCount--
      }
      while (this.#mostStart > 0 && this.#sizeAt(this.#mostStart - 1) === this.#mostCount) {
        this.#mostStart--
      }
      this.#nextMost = this.#mostEnd - 1
    }
    return this.#nextMost < 0 ? -1 : this.#at(this.#nextMost--)
  }

  /** The one just taken has nothing that could be taken from it. */
  excludeMost(): void {
    const taken = this.#nextMost + 1
    const last = this.#mostEnd - 1
    const member = this.#at(taken)
    this.#sorted[taken] = this.#at(last)
    this.#sorted[last] = member
    this.#mostEnd--
  }

  #at(index: number): number {
    return this.#sorted[index] ?? -1
  }

  #size(member: number): number {
    return this.#sizes[member] ?? 0
  }

  #sizeAt(index: number): number {
    return this.#size(this.#at(index))
  }
}
