// Where clients from outside reach each broker, as Kubernetes has given it out. Pure.

import type { KubeObject } from '../kube/objects.ts'
import type { KafkaCluster } from '../resources/kafka-cluster.ts'
import { brokerServiceName, type ClusterNode, type Listener } from './names.ts'
import type { NodePorts } from './node-ports.ts'
import { servedListeners } from './served-listeners.ts'

/**
 * Stands for the address of the pod's Kubernetes node. The kubelet fills it in: a pod need not be
 * made anew once it has a place.
 */
export const hostPlaceholder = '$(HOST_IP)'

export interface Address {
  readonly host: string
  readonly port: number
}

/** By listener name, then by node id. */
export type Exposed = ReadonlyMap<string, ReadonlyMap<number, Address>>

export interface ExposingService extends KubeObject {
  readonly spec?: {
    readonly ports?: readonly { readonly nodePort?: number }[]
    readonly selector?: Readonly<Record<string, string>>
  }
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[]
    }
  }
}

export function exposedAddresses(
  cluster: KafkaCluster,
  brokers: readonly ClusterNode[],
  services: ReadonlyMap<string, ExposingService>,
  /** Of Services that are not there and will be. */
  nodePorts: NodePorts,
): Exposed {
  const exposed = new Map<string, Map<number, Address>>()
  for (const listener of servedListeners(cluster)) {
    if (listener.type === 'internal') continue
    const addresses = new Map<number, Address>()
    for (const { id } of brokers) {
      const name = brokerServiceName(cluster.metadata.name, listener, id)
      const address = addressOf(listener, id, services.get(name), nodePorts.get(name))
      if (address !== null) addresses.set(id, address)
    }
    exposed.set(listener.name, addresses)
  }
  return exposed
}

function addressOf(
  listener: Listener,
  nodeId: number,
  service: ExposingService | undefined,
  keptPort: number | undefined,
): Address | null {
  const given = listener.brokers?.find((broker) => broker.nodeId === nodeId)
  const templated = listener.advertisedHostTemplate?.replaceAll('{nodeId}', String(nodeId))
  const host = given?.advertisedHost ?? templated ?? placeOf(listener, service)
  const nodePort = service?.spec?.ports?.[0]?.nodePort ?? keptPort
  const port = given?.advertisedPort ?? (listener.type === 'nodeport' ? nodePort : listener.port)
  return host === null || port === undefined ? null : { host, port }
}

function placeOf({ type }: Listener, service: ExposingService | undefined): string | null {
  switch (type) {
    case 'nodeport':
      return hostPlaceholder
    case 'loadbalancer': {
      const [ingress] = service?.status?.loadBalancer?.ingress ?? []
      return ingress?.hostname ?? ingress?.ip ?? null
    }
    default: {
      const { name, namespace } = service?.metadata ?? {}
      return name === undefined ? null : `${name}.${namespace}.svc`
    }
  }
}

/** Of one broker: by listener name. */
export function addressesOf(exposed: Exposed, nodeId: number): Map<string, Address> {
  const own = new Map<string, Address>()
  for (const [listener, addresses] of exposed) {
    const address = addresses.get(nodeId)
    if (address !== undefined) own.set(listener, address)
  }
  return own
}
