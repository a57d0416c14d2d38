// Resources by the name of what they are for. Several may want the same; looking for them among
// thousands, for each of thousands, would cost minutes.

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string }
}

export class NameIndex<T extends Named> {
  readonly #nameOf: (resource: T) => string
  readonly #byName = new Map<string, Map<string, T>>()

  constructor(nameOf: (resource: T) => string) {
    this.#nameOf = nameOf
  }

  /** `key` tells the resource from all others. */
  change(key: string, now: T | null, before: T | null): void {
    if (before !== null) this.#remove(this.#nameOf(before), key)
    if (now === null) return
    const name = this.#nameOf(now)
    const known = this.#byName.get(name)
    if (known === undefined) this.#byName.set(name, new Map([[key, now]]))
    else known.set(key, now)
  }

  of(name: string): Iterable<T> {
    return this.#byName.get(name)?.values() ?? []
  }

  #remove(name: string, key: string): void {
    const known = this.#byName.get(name)
    known?.delete(key)
    if (known?.size === 0) this.#byName.delete(name)
  }
}
