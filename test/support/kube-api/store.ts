// The objects of an API server in memory: versions, generations, conflicts, finalizers, owners,
// status apart from spec, and the history that watches go on from. Behaves as Kubernetes documents
// it; what it does not know it does not pretend to.

import { randomUUID } from 'node:crypto'
import { isObject, type Json, leafPaths, merge, mergePatch, without } from './field-sets.ts'

export interface StoredObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    uid: string
    resourceVersion: string
    generation: number
    creationTimestamp: string
    deletionTimestamp?: string
    finalizers?: string[]
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: { uid: string; kind: string; name: string }[]
  }
  [field: string]: unknown
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly collection: string
  readonly version: number
  readonly object: StoredObject
}

export class ApiError extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export interface Place {
  /** `v1/pods`, `samsa.io/v1/kafkatopics`. */
  readonly collection: string
  readonly namespace: string | undefined
  readonly name: string
}

interface Entry {
  object: StoredObject
  /** Leaves that each field manager has applied, main resource and status apart. */
  readonly applied: Map<string, Set<string>>
}

const keyOf = ({ collection, namespace = '', name }: Place) => `${collection}|${namespace}|${name}`

export class ObjectStore {
  readonly #entries = new Map<string, Entry>()
  readonly #history: Change[] = []
  readonly #listeners = new Set<(change: Change) => void>()
  #version = 1
  /** Changes up to this version are forgotten: watches from before get 410. */
  #compactedVersion = 0

  /** What it makes of an object before it is kept; throws ApiError for what it does not take. */
  admit: (collection: string, object: StoredObject, before?: StoredObject) => StoredObject = (
    _collection,
    object,
  ) => object

  get version(): number {
    return this.#version
  }

  get(place: Place): StoredObject {
    const entry = this.#entries.get(keyOf(place))
    if (entry === undefined) throw notFound(place)
    return entry.object
  }

  find(place: Place): StoredObject | undefined {
    return this.#entries.get(keyOf(place))?.object
  }

  list(collection: string, namespace?: string): StoredObject[] {
    const prefix = namespace === undefined ? `${collection}|` : `${collection}|${namespace}|`
    return [...this.#entries].flatMap(([key, { object }]) =>
      key.startsWith(prefix) ? [object] : [],
    )
  }

  create(place: Place, given: Json): StoredObject {
    if (this.find(place) !== undefined) {
      throw new ApiError(409, 'AlreadyExists', `${place.name} already exists`)
    }
    const body = { ...(given as Record<string, unknown>) } as StoredObject
    const metadata = {
      ...body.metadata,
      name: place.name,
      ...(place.namespace !== undefined && { namespace: place.namespace }),
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: new Date().toISOString(),
      resourceVersion: '',
    }
    const admitted = this.admit(place.collection, { ...body, metadata })
    return this.#put(place, admitted, 'ADDED', new Map())
  }

  replace(place: Place, given: Json): StoredObject {
    const entry = this.#entry(place)
    const body = given as unknown as StoredObject
    this.#checkVersion(entry, body)
    const { status } = entry.object
    const next = { ...body, ...(status !== undefined && { status }) } as StoredObject
    return this.#update(place, entry, next)
  }

  mergePatch(place: Place, patch: Json, subresource?: 'status'): StoredObject {
    const entry = this.#entry(place)
    this.#checkVersion(entry, patch as unknown as Partial<StoredObject>)
    const allowed = subresource === 'status' ? onlyStatus(patch) : withoutStatus(patch)
    const next = mergePatch(entry.object as unknown as Json, allowed)
    return this.#update(place, entry, next as unknown as StoredObject)
  }

  apply(place: Place, manager: string, given: Json, subresource?: 'status'): StoredObject {
    const config = subresource === 'status' ? onlyStatus(given) : withoutStatus(given)
    const known = this.#entries.get(keyOf(place))
    if (known === undefined) {
      if (subresource === 'status') throw notFound(place)
      const created = this.create(place, config)
      this.#entry(place).applied.set(manager, new Set(leafPaths(ownable(config))))
      return created
    }
    this.#checkVersion(known, given as unknown as Partial<StoredObject>)
    const slot = `${manager}${subresource ?? ''}`
    const now = new Set(leafPaths(ownable(config)))
    const others = [...known.applied].flatMap(([name, paths]) => (name === slot ? [] : [...paths]))
    let next: Json = known.object as unknown as Json
    for (const path of known.applied.get(slot) ?? []) {
      if (now.has(path) || others.includes(path)) continue
      next = without(next, JSON.parse(path) as string[]) ?? {}
    }
    next = merge(next, config)
    known.applied.set(slot, now)
    return this.#update(place, known, next as unknown as StoredObject)
  }

  /** Marks what has finalizers, removes what has none, and takes along what it owns. */
  delete(place: Place, preconditionUid?: string): void {
    const entry = this.#entry(place)
    const { metadata } = entry.object
    if (preconditionUid !== undefined && preconditionUid !== metadata.uid) {
      throw new ApiError(409, 'Conflict', `the uid of ${place.name} is ${metadata.uid}`)
    }
    if ((metadata.finalizers ?? []).length > 0) {
      if (metadata.deletionTimestamp !== undefined) return
      const marked = { ...metadata, deletionTimestamp: new Date().toISOString() }
      this.#put(place, { ...entry.object, metadata: marked }, 'MODIFIED', entry.applied)
      return
    }
    this.#remove(place, entry)
  }

  /** Changes of a collection after `version`. Throws 410 when they are not known any more. */
  since(collection: string, version: number): Change[] {
    if (version < this.#compactedVersion) {
      throw new ApiError(410, 'Expired', `too old resource version: ${version}`)
    }
    return this.#history.filter((c) => c.collection === collection && c.version > version)
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets all changes so far, as etcd does when it compacts. */
  compact(): void {
    this.#history.length = 0
    this.#compactedVersion = this.#version
  }

  #entry(place: Place): Entry {
    const entry = this.#entries.get(keyOf(place))
    if (entry === undefined) throw notFound(place)
    return entry
  }

  #checkVersion({ object }: Entry, given: Partial<StoredObject>): void {
    const { resourceVersion } = given.metadata ?? {}
    if (resourceVersion === undefined || resourceVersion === '') return
    if (resourceVersion !== object.metadata.resourceVersion) {
      throw new ApiError(409, 'Conflict', `${object.metadata.name} has been modified`)
    }
  }

  #update(place: Place, entry: Entry, next: StoredObject): StoredObject {
    const { object } = entry
    const isSpecChanged = JSON.stringify(next['spec']) !== JSON.stringify(object['spec'])
    const { uid, creationTimestamp, resourceVersion, generation } = object.metadata
    const metadata = {
      ...next.metadata,
      uid,
      creationTimestamp,
      resourceVersion,
      generation: isSpecChanged ? generation + 1 : generation,
    }
    const updated = this.admit(place.collection, { ...next, metadata }, object)
    if (JSON.stringify(updated) === JSON.stringify(object)) return object
    const isDone = metadata.deletionTimestamp !== undefined && !metadata.finalizers?.length
    if (isDone) {
      this.#remove(place, entry)
      return updated
    }
    return this.#put(place, updated, 'MODIFIED', entry.applied)
  }

  #put(
    place: Place,
    object: StoredObject,
    type: Change['type'],
    applied: Entry['applied'],
  ): StoredObject {
    this.#version++
    const stored = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    }
    this.#entries.set(keyOf(place), { object: stored, applied })
    this.#tell({ type, collection: place.collection, version: this.#version, object: stored })
    return stored
  }

  #remove(place: Place, { object }: Entry): void {
    this.#version++
    this.#entries.delete(keyOf(place))
    const gone = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    }
    const { collection } = place
    this.#tell({ type: 'DELETED', collection, version: this.#version, object: gone })
    this.#collectGarbage(object.metadata.uid)
  }

  #collectGarbage(ownerUid: string): void {
    const entries = Array.from(this.#entries)
    for (const [key, { object }] of entries) {
      const isOwned = object.metadata.ownerReferences?.some(({ uid }) => uid === ownerUid)
      if (isOwned !== true) continue
      const [collection = '', namespace = '', name = ''] = key.split('|')
      const place = { collection, namespace: namespace === '' ? undefined : namespace, name }
      if (this.find(place) !== undefined) this.delete(place)
    }
  }

  #tell(change: Change): void {
    this.#history.push(change)
    for (const listener of this.#listeners) listener(change)
  }
}

function notFound({ collection, name }: Place): ApiError {
  return new ApiError(404, 'NotFound', `${collection} "${name}" not found`)
}

function onlyStatus(value: Json): Json {
  return isObject(value) && value['status'] !== undefined ? { status: value['status'] } : {}
}

function withoutStatus(value: Json): Json {
  if (!isObject(value)) return value
  const { status: _, ...rest } = value
  return rest
}

/** What tells the object apart belongs to no manager. */
function ownable(value: Json): Json {
  if (!isObject(value)) return value
  const { apiVersion: _a, kind: _k, metadata, ...rest } = value
  if (!isObject(metadata)) return rest
  const { name: _n, namespace: _s, uid: _u, resourceVersion: _r, ...owned } = metadata
  return Object.keys(owned).length === 0 ? rest : { ...rest, metadata: owned }
}
