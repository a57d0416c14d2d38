// What is to be installed beside dist/: the packages that are not inside its files, at the versions
// that the repository's lockfile has, with all that they need.

export interface LockedPackage {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** package-lock.json, version 3: packages by where they lie. */
export interface Lockfile {
  readonly name: string
  readonly version: string
  readonly lockfileVersion: number
  readonly requires: boolean
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** The lockfile of a package that needs no more than `root` names. */
export function lockfileFor(root: LockedPackage & { name: string }, whole: Lockfile): Lockfile {
  const { version, lockfileVersion, requires } = whole
  const kept = new Map<string, LockedPackage>()
  const add = (name: string, from: string) => {
    const path = placeOf(name, from, whole)
    // An optional package of another platform need not be there.
    if (path === null || kept.has(path)) return
    const found = whole.packages[path] ?? {}
    kept.set(path, found)
    for (const needed of neededBy(found)) add(needed, path)
  }
  for (const name of neededBy(root)) add(name, '')
  const sorted = [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const packages = { '': root, ...Object.fromEntries(sorted) }
  return { name: root.name, version, lockfileVersion, requires, packages }
}

function neededBy(found: LockedPackage): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = found
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}

/** As Node looks for it: beside the package that needs it, then further and further up. */
function placeOf(name: string, from: string, { packages }: Lockfile): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (at === '') return null
  }
}
