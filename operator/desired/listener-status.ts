// What the status tells of the listeners: where clients begin, and where each broker is. Pure.

import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { type Exposed, type ExposingService, hostPlaceholder } from './addresses.ts'
import { bootstrapServiceName, type ClusterNode, hostOf, type Listener } from './names.ts'
import { servedListeners } from './served-listeners.ts'

type ListenerStatus = NonNullable<NonNullable<KafkaCluster['status']>['listeners']>[number]

/** What clients give as bootstrap.servers, and where each broker is reached. */
export function listenerStatuses(
  cluster: KafkaCluster,
  brokers: readonly ClusterNode[],
  services: ReadonlyMap<string, ExposingService>,
  exposed: Exposed,
  /** The address of the Kubernetes node that a broker's pod runs on; null while it runs nowhere. */
  hostAddressOf: (nodeId: number) => string | null,
): ListenerStatus[] {
  return servedListeners(cluster).map((listener) => {
    const own = exposed.get(listener.name)
    const addresses = brokers.flatMap((broker) => {
      const address =
        listener.type === 'internal'
          ? { host: hostOf(cluster, broker), port: listener.port }
          : own?.get(broker.id)
      if (address === undefined) return []
      const isPlaced = address.host === hostPlaceholder
      const host = isPlaced ? hostAddressOf(broker.id) : address.host
      return host === null ? [] : [`${host}:${address.port}`]
    })
    const service = services.get(bootstrapServiceName(cluster.metadata.name, listener))
    const bootstrap = bootstrapOf(cluster, listener, service, addresses)
    return { name: listener.name, ...(bootstrap !== null && { bootstrap }), addresses }
  })
}

function bootstrapOf(
  { metadata }: KafkaCluster,
  listener: Listener,
  service: ExposingService | undefined,
  addresses: readonly string[],
): string | null {
  const { type, port } = listener
  if (type === 'internal' || type === 'cluster-ip') {
    return `${bootstrapServiceName(metadata.name, listener)}.${metadata.namespace}.svc:${port}`
  }
  if (type === 'loadbalancer') {
    const [ingress] = service?.status?.loadBalancer?.ingress ?? []
    const host = ingress?.hostname ?? ingress?.ip
    return host === undefined ? null : `${host}:${port}`
  }
  const nodePort = service?.spec?.ports?.[0]?.nodePort
  if (nodePort === undefined) return null
  const hosts = new Set(addresses.map((address) => address.slice(0, address.lastIndexOf(':'))))
  return hosts.size === 0 ? null : [...hosts].map((host) => `${host}:${nodePort}`).join(',')
}
