// Gathers calls that come in at about the same time into one: thousands of topics must not cost
// thousands of requests. What fails as a whole fails each of its calls.

export interface BatchOptions<Item, Result> {
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
  /** The first call waits for so long for others to join it. */
  readonly lingerMs: number
  readonly sizeMax: number
}

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options
  }

  /** `run` must answer in the order of the items. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      const { lingerMs, sizeMax } = this.#options
      if (this.#waiting.length >= sizeMax) this.#flush()
      else this.#timer ??= setTimeout(() => this.#flush(), lingerMs)
    })
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const calls = this.#waiting
    this.#waiting = []
    if (calls.length > 0) void this.#carryOut(calls)
  }

  /** Never rejects. */
  async #carryOut(calls: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(calls.map(({ item }) => item))
      for (const [index, call] of calls.entries()) call.resolve(results[index] as Result)
    } catch (error) {
      for (const call of calls) call.reject(error)
    }
  }
}
