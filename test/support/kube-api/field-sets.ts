// Server-side apply, as far as tests need it: which leaf fields a manager gave, merging what it
// gives now and removing what it gave before and does not any more. Lists are whole values, except
// those that Kubernetes merges by a key.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/** Lists that are merged item by item, by the name of their field: by which key. */
const mergeKeys: Readonly<Record<string, string>> = {
  conditions: 'type',
  ownerReferences: 'uid',
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  ports: 'port',
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keyedItems(field: string, value: Json | undefined): Map<string, JsonObject> | null {
  const key = mergeKeys[field]
  if (key === undefined || !Array.isArray(value)) return null
  const items = new Map<string, JsonObject>()
  for (const item of value) {
    if (!isObject(item) || item[key] === undefined) return null
    items.set(JSON.stringify(item[key]), item)
  }
  return items
}

/** Paths of all leaves; an item of a keyed list is a step `[key]`. */
export function leafPaths(value: Json, path: readonly string[] = []): string[] {
  const items = keyedItems(path.at(-1) ?? '', value)
  if (items !== null) {
    return [...items].flatMap(([key, item]) => leafPaths(item, [...path, `[${key}]`]))
  }
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([name, inner]) => leafPaths(inner, [...path, name]))
  }
  return [JSON.stringify(path)]
}

/** `base` with all that `given` says on top. Neither is changed. */
export function merge(base: Json | undefined, given: Json, field = ''): Json {
  const items = keyedItems(field, given)
  const before = keyedItems(field, base ?? [])
  if (items !== null && before !== null) {
    const merged = new Map<string, Json>(before)
    for (const [key, item] of items) merged.set(key, merge(before.get(key), item))
    return [...merged.values()]
  }
  if (!isObject(given)) return given
  const result: JsonObject = isObject(base) ? { ...base } : {}
  for (const [name, inner] of Object.entries(given)) {
    result[name] = merge(result[name], inner, name)
  }
  return result
}

/** `value` without the leaf at `path`, and without what becomes empty by that. */
export function without(value: Json, path: readonly string[], field = ''): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined) return undefined
  if (step.startsWith('[') && Array.isArray(value)) {
    const key = mergeKeys[field] ?? ''
    const left = value.flatMap((item) => {
      if (!isObject(item) || `[${JSON.stringify(item[key])}]` !== step) return [item]
      const inner = without(item, rest)
      const isEmpty = inner === undefined || Object.keys(inner as JsonObject).length === 0
      return isEmpty ? [] : [inner]
    })
    return left.length === 0 ? undefined : left
  }
  if (!isObject(value) || !(step in value)) return value
  const inner = without(value[step] ?? null, rest, step)
  const result = { ...value }
  if (inner === undefined) delete result[step]
  else result[step] = inner
  return Object.keys(result).length === 0 ? undefined : result
}

/** RFC 7386: null removes. */
export function mergePatch(base: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(base) ? { ...base } : {}
  for (const [name, inner] of Object.entries(patch)) {
    if (inner === null) delete result[name]
    else result[name] = mergePatch(result[name], inner)
  }
  return result
}
