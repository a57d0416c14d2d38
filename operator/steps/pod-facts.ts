// What the pods of a cluster are made from in this pass: the nodes, those that are leaving and are
// still needed, and the addresses that they tell to clients.

import { addressesOf } from '../desired/addresses.ts'
import { annotationKeys, type ClusterNode, hasRole, type Listener } from '../desired/names.ts'
import type { PodFacts } from '../desired/pods.ts'
import { servedListeners } from '../desired/served-listeners.ts'
import { serverProperties } from '../desired/server-properties.ts'
import { isDynamicConfig } from './dynamic-config.ts'
import type { Pass } from './step.ts'

export function podFacts(pass: Pass, node: ClusterNode): PodFacts {
  const { cluster, nodes, image } = pass
  const properties = serverProperties({
    cluster,
    node,
    controllers: nodes.filter(({ pool }) => hasRole(pool, 'controller')),
    addresses: addressesOf(pass.exposed, node.id),
    isDynamic: isDynamicConfig,
  })
  const restartAt = cluster.metadata.annotations?.[annotationKeys.restartAt]
  return { cluster, node, image, properties, restartAt }
}

/** What clients from outside would have to be told and nobody knows yet. */
export function unknownAddresses(pass: Pass): string[] {
  return servedListeners(pass.cluster).flatMap((listener) => {
    const without = withoutAddress(pass, listener)
    if (without.length === 0) return []
    return [`listener ${listener.name} has no address yet for brokers ${without.join(', ')}`]
  })
}

/** Pods of these brokers would be made anew as soon as their addresses are known. */
export function unaddressedBrokers(pass: Pass): ReadonlySet<number> {
  return new Set(servedListeners(pass.cluster).flatMap((one) => withoutAddress(pass, one)))
}

function withoutAddress({ nodes, exposed }: Pass, { name, type }: Listener): number[] {
  if (type === 'internal') return []
  const known = exposed.get(name)
  const brokers = nodes.filter(({ pool }) => hasRole(pool, 'broker'))
  return brokers.flatMap(({ id }) => (known?.has(id) === true ? [] : [id]))
}

/** Nodes that are to go and still have something to give away. */
export function leavingNodes({ cluster, surplus, live }: Pass): ClusterNode[] {
  if (live === null) return []
  return surplus.flatMap(({ id, pool: name, zone = null }) => {
    const pool = cluster.spec.nodePools.find((one) => one.name === name)
    const isNeeded =
      live.quorum.voters.includes(id) ||
      live.partitions.some(({ replicas }) => replicas.includes(id))
    return pool !== undefined && isNeeded ? [{ id, pool, zone }] : []
  })
}
