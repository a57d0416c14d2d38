// Which entry of the Raft log holds which metadata offsets. Offsets count records, entries count
// batches and what the quorum itself writes, so neither follows from the other. Knows what was
// applied since the last snapshot.

export interface Applied {
  readonly index: number
  /** Of the last metadata record up to this entry; -1 before the first. */
  readonly offset: number
}

export class OffsetMap {
  #base: Applied = { index: 0, offset: -1 }
  #entries: Applied[] = []

  get last(): Applied {
    return this.#entries.at(-1) ?? this.#base
  }

  restart(at: Applied): void {
    this.#base = at
    this.#entries = []
  }

  applied(index: number, recordCount: number): void {
    this.#entries.push({ index, offset: this.last.offset + recordCount })
  }

  /** The first entry by which `offset` was there, if that is known. */
  indexOf(offset: number): number | undefined {
    if (offset === this.#base.offset) return this.#base.index
    return this.#entries[this.#position((entry) => entry.offset >= offset)]?.index
  }

  /** What was there at `index`: at least, where entries are not applied yet. */
  offsetAt(index: number): number {
    const after = this.#position((entry) => entry.index > index)
    return (this.#entries[after - 1] ?? this.#base).offset
  }

  /** A snapshot has taken the place of everything up to `index`. */
  forget(index: number): void {
    const after = this.#position((entry) => entry.index > index)
    const base = this.#entries[after - 1]
    if (base === undefined) return
    this.#base = base
    this.#entries = this.#entries.slice(after)
  }

  /** Of the first entry that `is` holds for; it holds for all behind it. */
  #position(is: (entry: Applied) => boolean): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      const entry = this.#entries[middle]
      if (entry !== undefined && is(entry)) high = middle
      else low = middle + 1
    }
    return low
  }
}
