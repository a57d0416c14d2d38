// The access control entries of a metadata image, found by the resource that they are about. Made
// anew when the image's entries change. Pure.

import type { AccessControlEntry } from '@samsa/controller/image'
import { patternTypes, wildcard } from './acl.ts'

export class AclIndex {
  /** By type and name. */
  readonly #literal = new Map<string, AccessControlEntry[]>()
  readonly #prefixed = new Map<string, AccessControlEntry[]>()
  readonly #byType = new Map<number, AccessControlEntry[]>()
  /** By type: how long its prefixes are, each length once. */
  readonly #prefixLengths = new Map<number, number[]>()

  constructor(entries: Iterable<AccessControlEntry>) {
    for (const entry of entries) {
      const { resourceType, resourceName, patternType } = entry
      const isPrefix = patternType === patternTypes.PREFIXED
      const map = isPrefix ? this.#prefixed : this.#literal
      add(map, keyOf(resourceType, resourceName), entry)
      add(this.#byType, resourceType, entry)
      if (!isPrefix) continue
      const lengths = this.#prefixLengths.get(resourceType) ?? []
      if (!lengths.includes(resourceName.length)) lengths.push(resourceName.length)
      this.#prefixLengths.set(resourceType, lengths)
    }
  }

  /** All that is said of a resource: by its name, by its beginning, and of all of its type. */
  *about(resourceType: number, name: string): Generator<AccessControlEntry> {
    yield* this.#literal.get(keyOf(resourceType, name)) ?? []
    if (name !== wildcard) yield* this.#literal.get(keyOf(resourceType, wildcard)) ?? []
    for (const length of this.#prefixLengths.get(resourceType) ?? []) {
      if (length > name.length) continue
      yield* this.#prefixed.get(keyOf(resourceType, name.slice(0, length))) ?? []
    }
  }

  ofType(resourceType: number): readonly AccessControlEntry[] {
    return this.#byType.get(resourceType) ?? []
  }
}

function keyOf(resourceType: number, name: string): string {
  return `${resourceType} ${name}`
}

function add<K>(map: Map<K, AccessControlEntry[]>, key: K, entry: AccessControlEntry): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [entry])
  else known.push(entry)
}
