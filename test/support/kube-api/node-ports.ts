// Gives out node ports as the API server does: one to each port of a Service that names none,
// the one that is named where it is free, 422 where it is not. Never chooses the same one twice.

import { ApiError, type ObjectStore, type StoredObject } from './store.ts'

interface Port {
  readonly port: number
  readonly nodePort?: number
}

const portsOf = (object: StoredObject | undefined): readonly Port[] =>
  (object?.['spec'] as { ports?: readonly Port[] } | undefined)?.ports ?? []

export function giveOutNodePorts(store: ObjectStore): void {
  let last = 30_000
  store.admit = (collection, object, before) => {
    const spec = object['spec'] as { type?: string } | undefined
    if (collection !== 'v1/services' || spec?.type !== 'NodePort') return object
    const { uid } = object.metadata
    const others = store.list(collection).filter(({ metadata }) => metadata.uid !== uid)
    const taken = new Set(others.flatMap(portsOf).map(({ nodePort }) => nodePort))
    const ports = portsOf(object).map((one) => {
      const had = portsOf(before).find(({ port }) => port === one.port)?.nodePort
      const nodePort = one.nodePort ?? had ?? ++last
      if (!taken.has(nodePort)) return { ...one, nodePort }
      throw new ApiError(422, 'Invalid', `${nodePort}: provided port is already allocated`)
    })
    return { ...object, spec: { ...spec, ports } }
  }
}
